"""Probes: one kind of question each. They answer queries with facts and never judge (see `aiaudit.probes.base`)."""
