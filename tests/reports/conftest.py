import copy

import pytest

from tests.reports import make_result


@pytest.fixture(scope="session")
def _made() -> dict:
    return make_result.make_result()


@pytest.fixture
def result(_made) -> dict:
    """A result over all 159 checks, with every status in it."""
    return copy.deepcopy(_made)
