"""Tests of pipeline/images/."""
