"""Tests of train/figures/."""
