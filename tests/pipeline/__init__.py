"""Tests of pipeline/, room by room."""
