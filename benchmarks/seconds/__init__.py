"""Encoders for benchmarks that need a second one."""
