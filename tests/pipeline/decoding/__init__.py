"""Tests of pipeline/decoding/."""
