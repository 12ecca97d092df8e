"""Tests of pipeline/web/page/components/."""
