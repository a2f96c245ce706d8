"""Results, cases and judges of evaluations."""
