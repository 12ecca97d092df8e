"""Tests of train/tuning/."""
