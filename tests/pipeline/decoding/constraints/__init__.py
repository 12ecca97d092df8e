"""Tests of pipeline/decoding/constraints/."""
