"""The command line: one module a command, wiring only. Heavy imports happen inside the commands."""
