"""Preference data (DPO, reward models): a chosen and a rejected answer a row, to a prompt where one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.engine import Engine, Relation
from aiaudit.data.model import Preference

if TYPE_CHECKING:
    import ibis.expr.types as ir

_SIDES: Final = (("chosen", "rejected"), ("preferred", "rejected"), ("response_chosen", "response_rejected"))
_PROMPTS: Final = ("prompt", "question", "instruction", "input")
_EMPTY: Final = ("", "[]", "{}", "null", '""')


def sides_of(relation: Relation) -> tuple[str, str] | None:
    """The columns of the two answers; None where the set is no preference data."""
    names = {name.lower(): name for name in relation.columns}
    for chosen, rejected in _SIDES:
        if chosen in names and rejected in names:
            kinds = [relation.table[names[side]].type() for side in (chosen, rejected)]
            if all(kind.is_string() or kind.is_array() or kind.is_struct() for kind in kinds):
                return names[chosen], names[rejected]
    return None


def preference(engine: Engine, relation: Relation) -> Preference | None:
    """Counts of what teaches nothing, or its opposite. Raises the engine's errors."""
    sides = sides_of(relation)
    if sides is None:
        return None
    names = {name.lower(): name for name in relation.columns}
    prompt = next((names[name] for name in _PROMPTS if name in names), None)
    table = relation.table.select(
        p=_text(relation.table[prompt]) if prompt else _text(relation.table[sides[0]]).substr(0, 0),
        a=_text(relation.table[sides[0]]),
        b=_text(relation.table[sides[1]]),
    )
    no_a, no_b = table.a.isin(_EMPTY), table.b.isin(_EMPTY)
    both = ~no_a & ~no_b
    counted = table.aggregate(
        n=table.count(),
        same=(both & (table.a == table.b)).sum(),
        no_a=no_a.sum(),
        no_b=no_b.sum(),
        compared=both.sum(),
        longer=(both & (table.a.length() > table.b.length())).sum(),
        of_a=table.a.length().sum(),
        of_b=table.b.length().sum(),
    )
    n, same, empty_a, empty_b, compared, longer, of_a, of_b = (int(v or 0) for v in engine.counts(counted)[0])
    return Preference(
        pairs=n,
        identical=same,
        empty_chosen=empty_a,
        empty_rejected=empty_b,
        contradicted=_contradicted(engine, table.filter(both & (table.a != table.b))),
        chosen_longer=longer / compared if compared else None,
        chosen_length_mean=of_a / n if n else None,
        rejected_length_mean=of_b / n if n else None,
    )


def _contradicted(engine: Engine, told: ir.Table) -> int:
    """Rows whose rejected answer is chosen over their chosen one in another row, to the same prompt."""
    reverse = told.select(p="p", a="b", b="a").distinct()
    found = told.semi_join(reverse, ["p", "a", "b"])
    return int(engine.counts(found.aggregate(n=found.count()))[0][0])


def _text(column: Any) -> Any:
    text = column if column.type().is_string() and not column.type().is_json() else column.cast("string")
    return text.fill_null("").strip()
