"""Functions that are named after a safeguard, and whether they do anything."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.probes.python.support import ask

NOTHING = {
    "input": """
        def redact(text):
            "Takes personal data out."
            return text
        """,
    "yes": """
        def is_grounded(answer, documents):
            return True
        """,
    "nothing": """
        def verify_model(path):
            print("checking", path)
        """,
}
INPUT = {
    "a decorator that returns the function": """
        def rate_limit(most):
            def around(function):
                return function
            return around
        """,
    "a wrapper that only calls": """
        def throttle(function):
            @wraps(function)
            async def inner(*args, **kwargs):
                return await function(*args, **kwargs)
            return inner
        """,
}
DOES = {
    "it takes something out": """
        def redact(text):
            return PATTERN.sub("[mail]", text)
        """,
    "it raises": """
        def validate_source(source):
            raise NotImplementedError
        """,
    "others are to write it": """
        class Mask:
            @abstractmethod
            def redact(self, text):
                return text
        """,
    "a wrapper that counts": """
        def rate_limit(function):
            def inner(*args, **kwargs):
                COUNTER.hit()
                return function(*args, **kwargs)
            return inner
        """,
    "it hands something else on": """
        def throttle(function):
            def inner(*args, **kwargs):
                return function(*args, slow=True, **kwargs)
            return inner
        """,
    "no name of a safeguard": """
        def same(text):
            return text
        """,
    "another of the same name does it": """
        class Plain:
            def redact(self, text):
                return text

        class Real(Plain):
            def redact(self, text):
                return text.replace(self.name, "")
        """,
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_does_nothing_is_told(tmp_path: Path, what: str) -> None:
    (row,) = ask(tmp_path, "python.hollow", {"a.py": dedent(NOTHING[what])}).value
    assert row["what"] == what


@pytest.mark.parametrize("case", INPUT)
def test_decorators_that_change_nothing(tmp_path: Path, case: str) -> None:
    (row,) = ask(tmp_path, "python.hollow", {"a.py": dedent(INPUT[case])}).value
    assert row["what"] == "input"


@pytest.mark.parametrize("case", DOES)
def test_what_does_something_is_left_out(tmp_path: Path, case: str) -> None:
    assert not ask(tmp_path, "python.hollow", {"a.py": dedent(DOES[case])}).value
