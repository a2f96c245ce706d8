"""What the parsers give besides plain data: where the parts of a YAML document stand, and what is wrong with a file."""

from __future__ import annotations

from typing import Any


class Malformed(Exception):  # noqa: N818
    """Bytes that are not of the format. `line` and `column` count from 1 where the parser knows them."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return self.reason if self.line is None else f"{self.reason} (line {self.line}, column {self.column})"


Mark = tuple[int, int]  # line and column, from 1


class Map(dict[str, Any]):
    """A YAML mapping. `at(key)`: where the key stands; `value_at(key)`: where its value begins; `mark`: its start."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    def at(self, key: str) -> Mark:
        return self.keys_at.get(key, self.mark)

    def value_at(self, key: str) -> Mark:
        return self.values_at.get(key, self.mark)


class Seq(list[Any]):
    """A YAML list. `at(index)` is where that item begins, `mark` its own start."""

    __slots__ = ("items_at", "mark")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.items_at: list[Mark] = []

    def at(self, index: int) -> Mark:
        return self.items_at[index] if -len(self.items_at) <= index < len(self.items_at) else self.mark


def plain_data(value: Any) -> Any:
    """A parsed value without its places: rules and queries take plain lists and mappings only."""
    if isinstance(value, dict):
        return {key: plain_data(item) for key, item in value.items()}
    return [plain_data(item) for item in value] if isinstance(value, list) else value


def line_of(node: object, key: str | int | None = None) -> int | None:
    """The line of a `Map`, a `Seq`, or of one of its parts; None for anything else (JSON, TOML, a scalar)."""
    if isinstance(node, Map):
        return node.at(key)[0] if isinstance(key, str) else node.mark[0]
    if isinstance(node, Seq):
        return node.at(key)[0] if isinstance(key, int) else node.mark[0]
    return None
