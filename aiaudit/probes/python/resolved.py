"""One thing that an expression may stand for, and the few of several that are followed."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from aiaudit.probes.python.module import Scope

MAX_CANDIDATES: Final = 4  # what one name may stand for on different branches


class Resolved(Struct, frozen=True, eq=False):
    """One thing an expression may stand for.

    `instance`: the result of calling `name`. `local`: the class or function of this file that it is. `origin`: the
    import that the name begins with. `made_by`: the call that made the receiver; `settings`: further calls that
    changed it (`with_options`); `partial`: calls of `functools.partial` that bound arguments.
    """

    name: str
    instance: bool = False
    local: Scope | None = None
    origin: str = ""
    made_by: ast.Call | None = None
    made_in: Scope | None = None
    settings: tuple[tuple[ast.Call, Scope], ...] = ()
    partial: tuple[tuple[ast.Call, Scope], ...] = ()

    def dot(self, attribute: str) -> Resolved:
        """An attribute of it."""
        name = f"{self.name}.{attribute}"
        return Resolved(name, False, None, self.origin, self.made_by, self.made_in, self.settings, self.partial)

    def but(self, **changes: Any) -> Resolved:
        """The same with other values of these fields."""
        return replace(self, **changes)


Names = tuple[Resolved, ...]


def few(found: Iterable[Resolved]) -> Names:
    """The first few, each once."""
    found = tuple(found)
    if len(found) < 2:
        return found
    out: list[Resolved] = []
    for one in found:
        if not any(one.name == other.name and one.made_by is other.made_by for other in out):
            out.append(one)
            if len(out) == MAX_CANDIDATES:
                break
    return tuple(out)
