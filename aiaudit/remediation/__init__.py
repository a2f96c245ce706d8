"""Beginnings of what is missing, made from facts: documents and configurations with TODO where a person must think."""
