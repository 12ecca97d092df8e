"""Tests, one file per room of the project; `bench/` holds the benchmarks."""
