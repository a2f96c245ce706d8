"""What is asked of the C library, and that another one, or none, is no trouble."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator

import pytest

from aiaudit.project import memory


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    kept = gc.get_threshold()
    yield
    gc.set_threshold(*kept)


class Library:
    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[int, ...]]] = []

    def mallopt(self, *given: int) -> int:
        self.asked.append(("mallopt", given))
        return 1

    def malloc_trim(self, *given: int) -> int:
        self.asked.append(("malloc_trim", given))
        return 1


def test_only_a_large_tree_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    memory.spare(memory.WORTH_FILES - 1)
    assert not library.asked
    memory.spare(memory.WORTH_FILES)
    memory.hand_back()
    assert library.asked == [("mallopt", (-3, 1024 * 1024)), ("malloc_trim", (0,))]


@pytest.mark.parametrize("trouble", [OSError("no such library"), TypeError("no name")])
def test_where_there_is_no_such_library_nothing_is_asked(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> object:
        raise trouble

    monkeypatch.setattr(ctypes, "CDLL", none)
    memory.spare(memory.WORTH_FILES)
    memory.hand_back()


def test_another_library_lacks_these_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.spare(memory.WORTH_FILES)
    memory.hand_back()
