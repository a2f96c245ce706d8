"""Kingfisher compiles its rules once, which takes it six seconds, and keeps them in the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def with_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own for all tests in which Kingfisher runs."""
    return tmp_path_factory.mktemp("with-rules")
