"""Tests of train/datasets/."""
