"""Tests of pipeline/layout/."""
