"""Tests of train/synthesis/forms/."""
