"""Tests of pipeline/live/."""
