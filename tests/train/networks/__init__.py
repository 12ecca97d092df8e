"""Tests of train/networks/."""
