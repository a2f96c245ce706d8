"""One call in Python code, as the probes look at it."""

from __future__ import annotations

from typing import Any, Final


class Call(dict[str, Any]):
    """A call; what most calls do not have is not stored: of a large tree it would take as much memory as all else.
    `row`: the first record of a fact that was made of it."""

    __slots__ = ("row",)

    def __init__(self, call: dict[str, Any]) -> None:
        super().__init__(call)
        self.row: dict[str, Any] | None = None

    def __missing__(self, key: str) -> Any:
        return self["names"] if key == "written" else _DEFAULTS[key]


_DEFAULTS: Final[dict[str, Any]] = {
    "cell": 0,
    "function": "",
    "arg0": "",
    "star_kw": False,
    "perhaps": None,
    "reference": False,
    "in_loop": False,
    "in_handler": False,
    "in_try": False,
    "guarded": False,
    "at_module": False,
    "awaited": False,
    "retried": "",
    "result": "",
    "source": "literal",
    "dynamic": False,
    "other_names": False,
    "args": [],
    "kw": {},
    "ctor_kw": {},
    "defaults": {},
    "rests_on": [],
    "ctor_star": False,
    "ctor_known": False,
}
