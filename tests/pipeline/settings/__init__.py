"""Tests of pipeline/settings/."""
