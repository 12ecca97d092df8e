"""Tests of train/, room by room."""
