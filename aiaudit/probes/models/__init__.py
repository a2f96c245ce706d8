"""Model files: what they are (`models.files`) and whether loading them may run code (`models.scan`)."""
