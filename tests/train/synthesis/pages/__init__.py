"""Tests of train/synthesis/pages/."""
