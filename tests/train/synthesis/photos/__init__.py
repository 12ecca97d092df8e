"""Tests of train/synthesis/photos/."""
