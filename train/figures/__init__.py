"""The pictures in README and docs, drawn by code."""
