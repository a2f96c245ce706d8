"""What the queries of `python.calls` and `javascript.calls` share: names of calls, alone or with conditions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator

from aiaudit.probes.base import Query, was_checked


class CallConditions(Query, defer_build=True):
    """Base of one pattern: qualified names, and the conditions that both languages know."""

    call: str | list[str]
    kw: dict[str, Any] = Field(default={})
    unless_kw: dict[str, Any] = Field(default={})
    missing_kw: list[str] = Field(default=[])
    has_kw: list[str] = Field(default=[])
    or_ctor: bool = False
    arg0_dynamic: bool | None = None
    min_args: int = Field(default=0, ge=0, le=20)

    @classmethod
    def expanded(cls, names: Iterable[str]) -> list[str]:
        """The names, with those that groups (`group:llm.completion`) stand for. Raises `ValueError` where none is."""
        raise NotImplementedError

    @classmethod
    def check(cls, name: str) -> None:
        """Raises `ValueError` for what is no name of the language."""
        raise NotImplementedError

    @field_validator("call")
    @classmethod
    def _is_name(cls, value: str | list[str], info: ValidationInfo) -> str | list[str]:
        if not was_checked(info):
            for one in cls.expanded([value] if isinstance(value, str) else value):
                cls.check(one)
        return value

    @cached_property
    def names(self) -> list[str]:
        return self.expanded([self.call] if isinstance(self.call, str) else self.call)

    @classmethod
    def checked(cls, given: list[str | Self]) -> list[str | Self]:
        """The list `any` of a query. Raises `ValueError` for a name that is none."""
        for name in cls.expanded(one for one in given if isinstance(one, str)):
            cls.check(name)
        return given

    @classmethod
    def names_of(cls, given: Iterable[str | Self]) -> list[str]:
        """All names of the list `any` of a query: what the engine looks for."""
        return [name for one in given for name in (cls.expanded([one]) if isinstance(one, str) else one.names)]

    @classmethod
    def all_of(cls, given: Iterable[str | Self]) -> list[tuple[list[str], Self]]:
        """The list `any` of a query: names, and the conditions on a call of one of them."""
        free = cls(call=[])  # no condition
        return [(cls.expanded([one]), free) if isinstance(one, str) else (one.names, one) for one in given]
