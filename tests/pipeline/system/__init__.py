"""Tests of pipeline/system/."""
