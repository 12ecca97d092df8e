"""Photographed pages of numbers, with a map of whose ink lies where."""
