"""Tests of pipeline/, a folder for each sub-package."""
