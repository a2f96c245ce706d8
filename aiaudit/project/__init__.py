"""The audited tree, read safely: walk, guarded readers and parsers, file roles, cache, and the project file."""
