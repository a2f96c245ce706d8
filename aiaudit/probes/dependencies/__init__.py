"""What the project says it depends on (manifests), what it locks, and what installs from the lock."""
