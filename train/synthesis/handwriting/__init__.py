"""Handwriting drawn by code: pen paths, strokes, letters, writers."""
