"""Digits made to look like other pens, papers and writers; non-digits."""
