"""Tests of train/synthesis/videos/."""
