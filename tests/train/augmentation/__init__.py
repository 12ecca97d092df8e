"""Tests of train/augmentation/."""
