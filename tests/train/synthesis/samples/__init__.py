"""Tests of train/synthesis/samples/."""
