"""Tests of train/synthesis/documents/."""
