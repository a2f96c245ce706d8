"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes depends on what else the machine does. Where a time is promised, the test names it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
