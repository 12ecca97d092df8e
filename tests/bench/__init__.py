"""Benchmarks: run by hand (`python -m tests.bench`), each next to what it is compared with. No test asserts a time."""
