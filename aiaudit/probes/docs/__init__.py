"""Documents: their sections and what stands in them, README commands, licence texts."""
