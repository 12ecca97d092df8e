"""Tests of train/harvesting/."""
