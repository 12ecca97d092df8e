"""Everything that is written: records and their formats, annotated pictures, crops to review, traces."""
