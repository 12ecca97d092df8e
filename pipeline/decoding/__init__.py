"""Scores -> numbers: the best path through a lattice, and what is not sure."""
