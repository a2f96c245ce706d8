"""Fuzzing: every reader of foreign bytes, fed with what no one would write. See `make fuzz` and docs/trust.md."""
