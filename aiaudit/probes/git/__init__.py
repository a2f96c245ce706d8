"""What git knows of the project, read without running anything that the repository brings."""
