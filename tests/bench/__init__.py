"""Benchmarks: run by hand, each beside what it is compared with. No test asserts a time."""
