"""Tests of pipeline/remote/."""
