"""Data sets as files: formats, columns by their header, schemas that describe them. No row is kept."""
