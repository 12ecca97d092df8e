"""Tests of train/synthesis/."""
