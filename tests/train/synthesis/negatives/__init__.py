"""Tests of train/synthesis/negatives/."""
