"""Tests of train/, a folder for each sub-package."""
