"""Tests of pipeline/ink/."""
