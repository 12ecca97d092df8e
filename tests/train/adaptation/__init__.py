"""Tests of train/adaptation/."""
