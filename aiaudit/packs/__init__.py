"""Check packs: load and validate YAML, judge checks on facts, lint, run cases, explain."""
