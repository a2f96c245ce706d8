"""What the project refers to and does not hold: modules, files that an image copies, programs that a start names."""
