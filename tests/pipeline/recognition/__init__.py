"""Tests of pipeline/recognition/."""
