"""Tests of pipeline/checkup/."""
