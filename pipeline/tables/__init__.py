"""Tables: rows and columns found by their lines or by alignment, each cell read."""
