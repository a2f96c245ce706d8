"""Reports: one file a format. Each is made from the result JSON alone, and computes nothing."""
