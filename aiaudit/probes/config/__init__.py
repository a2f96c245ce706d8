"""Configuration files: containers, compose, Kubernetes, Terraform, monitoring rules, and values by key."""
