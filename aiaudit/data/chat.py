"""Fine-tuning data: conversations of messages, prompts with completions, plain texts.

A conversation is looked at as a word with a letter a turn (u user, a assistant, t tool, x another role; system and
developer turns are left out), so that order is a matter of one pattern. An assistant's turn that calls a tool says
something even without content. Conversations without a turn are counted by themselves and in nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation
from aiaudit.data.exact import duplicate_rows
from aiaudit.data.model import Chat
from aiaudit.data.near import near_duplicates

if TYPE_CHECKING:
    import ibis.expr.types as ir

CHARACTERS_A_TOKEN: Final = 4  # English prose; code and other languages take more tokens
NEAR_TEXTS: Final = 20_000  # conversations that are compared for near duplicates
_LONGEST: Final = 20_000  # characters of one that are compared
_SKIPPED: Final = ("system", "developer")
_LETTERS: Final = {
    "u": ("user", "human", "prompter", "question"),
    "a": ("assistant", "gpt", "model", "bot", "chatbot", "chatgpt", "function_call", "answer"),
    "t": ("tool", "function", "observation", "ipython", "tool_response"),
}
_BAD_ORDER: Final = "^[at]|uu|aa|ut"
_LISTS: Final = (
    ("messages", ("role", "content")),
    ("conversations", ("from", "value")),
    ("conversations", ("role", "content")),
    ("conversation", ("role", "content")),
)
_PAIRS: Final = (("prompt", "completion"), ("prompt", "response"), ("instruction", "output"), ("question", "answer"))
_TEXT_BESIDE: Final = frozenset({"text", "id", "meta", "metadata", "source", "url", "timestamp"})
_MOST_ROLES: Final = 20


class Shape(Struct, frozen=True):
    """Where a set keeps its conversations. `style`: messages (a list of turns in `columns[0]`), pair or text."""

    style: str
    columns: tuple[str, ...]
    role: str = ""
    content: str = ""


def shape_of(relation: Relation) -> Shape | None:
    """How the set keeps conversations; None where it does not look like fine-tuning data."""
    names = {name.lower(): name for name in relation.columns}
    for column, keys in _LISTS:
        kind = relation.table[names[column]].type() if column in names else None
        if (
            kind is not None
            and kind.is_array()
            and kind.value_type.is_struct()
            and set(keys) <= set(kind.value_type.names)
        ):
            return Shape("messages", (names[column],), *keys)
    if relation.source.format not in ("jsonl", "json", ""):
        return None
    for first, second in _PAIRS:
        if first in names and second in names and all(relation.kinds[names[n]].word == "text" for n in (first, second)):
            return Shape("pair", (names[first], names[second]))
    if "text" in names and set(names) <= _TEXT_BESIDE and relation.kinds[names["text"]].word == "text":
        return Shape("text", (names["text"],))
    return None


def conversations(engine: Engine, relation: Relation, shape: Shape) -> Chat:
    """Turns, their order, lengths and duplicates. Raises the engine's errors."""
    per = _each(relation, shape)
    counted = per.aggregate(
        n=per.count(),
        turns=per.turns.sum(),
        none=(per.turns == 0).sum(),
        empty=per.empty.sum(),
        disorder=per.disorder.sum(),
        open=((per.turns > 0) & ~per.ended).sum(),
        characters=(per.turns > 0).ifelse(per.characters, None).sum(),
    )
    n, turns, none, empty, disorder, unfinished, characters = (int(v or 0) for v in engine.rows(counted)[0])
    told = n - none
    return Chat(
        turns=turns,
        empty_turns=empty,
        bad_alternation=disorder if shape.style == "messages" else 0,
        not_ending_with_assistant=unfinished if shape.style != "text" else 0,
        duplicates=duplicate_rows(engine, _with_turns(relation, shape), list(shape.columns)),
        style=shape.style,
        conversations=n,
        empty_conversations=none,
        roles=_roles(engine, relation, shape),
        characters_mean=characters / told if told else None,
        tokens_estimated=characters // CHARACTERS_A_TOKEN,
    )


def near(engine: Engine, relation: Relation, shape: Shape, conversations: int, seed: int) -> tuple[int | None, int]:
    """Near duplicates among (a sample of) the conversations, equal ones included, and how many were compared."""
    drawn = relation if conversations <= NEAR_TEXTS else engine.sample(relation, NEAR_TEXTS, seed)
    try:
        texts = [text for text in texts_of(engine, drawn, shape) if text]
    except (EngineError, OutOfMemory):
        return None, 0
    return near_duplicates(texts), len(texts)


def texts_of(engine: Engine, relation: Relation, shape: Shape, *, prompts: bool = False) -> list[str]:
    """The text of each conversation, or its prompt."""
    table = relation.table
    if prompts:
        value = prompt_of(table, shape)
    elif shape.style == "messages":
        value = table[shape.columns[0]].map(lambda turn: _content(turn, shape).fill_null("")).join("\n")
    else:
        value = table[shape.columns[0]]
        for name in shape.columns[1:]:
            value = value.fill_null("") + "\n" + table[name].fill_null("")
    rows = engine.rows(table.select(v=value.substr(0, _LONGEST)))
    return [str(row[0] or "") for row in rows]


def prompt_of(table: ir.Table, shape: Shape) -> Any:
    """The first user turn, the prompt, or the text."""
    if shape.style != "messages":
        return table[shape.columns[0]]
    asked = table[shape.columns[0]].filter(lambda turn: turn[shape.role].lower().isin(_LETTERS["u"]))
    return _content(asked[0], shape)


def _each(relation: Relation, shape: Shape) -> ir.Table:
    """One row a conversation: turns, empty ones, whether out of order, whether the assistant ends it, characters."""
    import ibis

    table = relation.table
    if shape.style == "messages":
        turns = table[shape.columns[0]]
        letters = turns.map(lambda turn: _letter(turn[shape.role])).filter(lambda letter: letter != "").join("")
        letters = letters.fill_null("")
        return table.select(
            turns=turns.length().fill_null(0),
            empty=turns.filter(lambda turn: _says_nothing(turn, shape)).length().fill_null(0),
            disorder=letters.re_search(_BAD_ORDER).cast("int64"),
            ended=letters.re_search("a$"),
            characters=turns.map(lambda turn: _content(turn, shape).fill_null("")).join("").length().fill_null(0),
        )
    parts = [table[name] for name in shape.columns]
    blank = [(part.isnull() | (part.strip() == "")).cast("int64") for part in parts]
    characters = parts[0].fill_null("").length()
    for part in parts[1:]:
        characters += part.fill_null("").length()
    return table.select(
        turns=ibis.literal(len(parts), "int64"),
        empty=sum(blank[1:], blank[0]),
        disorder=ibis.literal(0, "int64"),
        ended=blank[-1] == 0,
        characters=characters,
    )


def _with_turns(relation: Relation, shape: Shape) -> Relation:
    """Without the conversations that have no turn."""
    if shape.style != "messages":
        return relation
    table = relation.table
    return replace(relation, derived=table.filter(table[shape.columns[0]].length() > 0))


def _letter(role: Any) -> Any:
    import ibis

    lower = role.lower()
    named: list[tuple[Any, Any]] = [(lower.isin(names), letter) for letter, names in _LETTERS.items()]
    return ibis.cases((lower.isin(_SKIPPED), ""), *named, else_="x")


def _content(turn: Any, shape: Shape) -> Any:
    """The turn's content as text; lists of parts (text, images) as they are written in JSON."""
    content = turn[shape.content]
    return content if content.type().is_string() and not content.type().is_json() else content.cast("string")


def _says_nothing(turn: Any, shape: Shape) -> Any:
    content = _content(turn, shape)
    blank = content.isnull() | content.strip().isin(("", '""', "[]", "null"))
    for call in ("tool_calls", "function_call"):
        if call in turn.type().names:
            blank &= turn[call].isnull()
    return blank


def _roles(engine: Engine, relation: Relation, shape: Shape) -> dict[str, int]:
    """How many turns each role has: the twenty commonest."""
    if shape.style != "messages":
        return {}
    turns = relation.table.select(turn=relation.table[shape.columns[0]]).unnest("turn")
    counted = turns.select(r=turns.turn[shape.role].substr(0, 40)).group_by("r").aggregate(n=lambda t: t.count())
    rows = engine.rows(counted.order_by([counted.n.desc(), counted.r]).limit(_MOST_ROLES))
    return {str(role): int(n) for role, n in rows if role is not None}
