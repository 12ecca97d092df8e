"""Tests, one file per module of the project; `bench/` holds the benchmarks."""
