"""Tests of train/commands."""
