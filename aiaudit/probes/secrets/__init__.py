"""Secrets in text: found by shape, judged by content, never kept."""
