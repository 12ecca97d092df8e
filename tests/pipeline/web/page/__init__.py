"""Tests of pipeline/web/page/."""
