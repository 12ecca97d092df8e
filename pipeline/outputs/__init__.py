"""What is written for people and programs: records, tables, reports, annotated pictures, traces."""
