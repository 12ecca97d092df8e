"""Photographed pages of numbers, with a map of the mark that owns each pixel."""
