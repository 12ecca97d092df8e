"""Tests of pipeline/batch/."""
