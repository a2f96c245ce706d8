"""What evaluations and red-team runs left in the project: results, cases, and judges compared with people."""
