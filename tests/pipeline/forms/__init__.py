"""Tests of pipeline/forms/."""
