"""Tests of pipeline/detection/."""
