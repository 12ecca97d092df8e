"""Tests of train/synthesis/handwriting/."""
