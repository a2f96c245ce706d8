"""What actually runs: CI jobs, steps and commands, followed through task runners and scripts of the tree."""
