"""Digits made to look like other pens, papers and hands; what is no digit."""
