"""Tests of pipeline/system/runtimes/."""
