"""A type-directed generator of expressions on the subset that the rule language shares with CEL.

Every production is named and counted, so that a test can say how often each operator, macro and type was drawn.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, NULL, STRING, Type, list_of, map_of, record

FILE = record("file", path=STRING, line=INT, ok=BOOL, score=DOUBLE, tags=list_of(STRING))
NAMES: dict[str, Type] = {
    "i": INT, "j": INT, "x": DOUBLE, "y": DOUBLE, "s": STRING, "t": STRING, "b": BOOL, "c": BOOL,
    "li": list_of(INT), "lx": list_of(DOUBLE), "ls": list_of(STRING), "lb": list_of(BOOL), "ld": list_of(DYN),
    "mi": map_of(INT), "md": map_of(DYN), "d": DYN, "e": DYN, "nothing": NULL,
    "files": list_of(FILE), "deep": list_of(list_of(INT)),
}  # fmt: skip

_INTS = [0, 1, -1, 2, 3, 7, -5, 10, 100, 2**31, 2**62, 2**63 - 1, -(2**63), 2**63 - 2]
_DOUBLES = [0.0, -0.0, 1.0, 1.5, -2.25, 0.1, 3.0, 1e6, 1234567.0, 1e-5, 1e18, -1e30, 1e308, float("inf"), float("nan")]
_STRINGS = [
    "", "a", "ab", "abc", "Abc ", " x", "é", "日本", "1", "-12", "1.5", "a,b,c", "true", "src/a.py", "x" * 40, "\n",
]  # fmt: skip
_PATTERNS = ["a", "^a", "c$", "[a-c]+", "^$", "\\\\d", "(a|b)*c", "é", ".b", "(", "[", "a{2,1}", "(?i)ABC", "\\\\pL"]


def environment(draw: random.Random) -> dict[str, Any]:
    """Values for all names: small, with the edges of every type among them."""

    def some(choices: list[Any], most: int = 4) -> list[Any]:
        return [draw.choice(choices) for _ in range(draw.randint(0, most))]

    anything = [None, True, False, 0, 1, 3, 1.0, 1.5, "", "a", "abc", [], [1, 2], ["a"], {"a": 1}, {}]
    return {
        "i": draw.choice(_INTS), "j": draw.choice(_INTS), "x": draw.choice(_DOUBLES), "y": draw.choice(_DOUBLES),
        "s": draw.choice(_STRINGS), "t": draw.choice(_STRINGS), "b": draw.random() < 0.5, "c": draw.random() < 0.5,
        "li": some(_INTS), "lx": some(_DOUBLES), "ls": some(_STRINGS), "lb": some([True, False]), "ld": some(anything),
        "mi": {key: draw.choice(_INTS) for key in some(["a", "b", "zz", "é"])},
        "md": {key: draw.choice(anything) for key in some(["a", "b", "zz", "path"])},
        "d": draw.choice(anything), "e": draw.choice(anything), "nothing": None,
        "files": [
            {
                "path": draw.choice(_STRINGS), "line": draw.choice(_INTS), "ok": draw.random() < 0.5,
                "score": draw.choice(_DOUBLES), "tags": some(_STRINGS, 2),
            }
            for _ in range(draw.randint(0, 3))
        ],
        "deep": [some(_INTS, 2) for _ in range(draw.randint(0, 3))],
    }  # fmt: skip


class Generator:
    """Draws expressions; `drawn` counts productions."""

    def __init__(self, draw: random.Random, wrong: float = 0.0) -> None:
        self.draw = draw
        self.wrong = wrong  # how often a part gets a type that does not belong there
        self.drawn: Counter[str] = Counter()
        self.scope: list[tuple[str, Type]] = []
        self.fresh = 0

    def expression(self, of: Type, depth: int) -> str:
        """A well-typed expression of the type, at most about `depth` productions deep."""
        if self.wrong and self.draw.random() < self.wrong:
            of = self.draw.choice([BOOL, STRING, list_of(STRING), map_of(INT), *([INT] if of is not DOUBLE else [])])
        self.drawn[f"type {of.kind}"] += 1
        if depth <= 0:
            return self.leaf(of)
        options: list[Callable[[int], str]] = {
            "bool": self._bools, "int": self._ints, "double": self._doubles, "string": self._strings,
            "list": lambda: self._lists(of), "map": lambda: self._maps(of), "dyn": self._dyns,
        }.get(of.kind, list)()  # fmt: skip
        if not options or self.draw.random() < 0.08:
            return self.leaf(of)
        return self.draw.choice(options)(depth - 1)

    def count(self, what: str, text: str) -> str:
        self.drawn[what] += 1
        return text

    # -- leaves ----------------------------------------------------------------------------------------------------

    def leaf(self, of: Type) -> str:
        names = [name for name, known in [*NAMES.items(), *self.scope] if known == of]
        if names and self.draw.random() < 0.6:
            return self.draw.choice(names)
        return self.literal(of)

    def literal(self, of: Type) -> str:
        draw = self.draw
        match of.kind:
            case "bool":
                return draw.choice(["true", "false"])
            case "int":
                value = draw.choice(_INTS)
                return self.count("literal hex", hex(value)) if value > 0 and draw.random() < 0.1 else str(value)
            case "double":
                return repr(draw.choice([v for v in _DOUBLES if abs(v) < 1e300])).replace("e-05", "e-5")
            case "string":
                return self.string(draw.choice(_STRINGS))
            case "list":
                return f"[{', '.join(self.literal(of.item or INT) for _ in range(draw.randint(1, 3)))}]"
            case "map":
                keys = draw.sample(["a", "b", "c"], draw.randint(1, 2))
                return "{" + ", ".join(f"'{key}': {self.literal(of.item or INT)}" for key in keys) + "}"
            case "record":
                return "files[0]"
            case "null":
                return "null"
        kind = draw.choice([BOOL, INT, DOUBLE, STRING, NULL, list_of(INT), map_of(INT)])
        return f"dyn({self.literal(kind)})"

    def string(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "\\'")
        style = self.draw.random()
        if style < 0.1 and "\\" not in escaped:
            return self.count("literal raw string", f"r'{text}'")
        if style < 0.2:
            return self.count("literal triple quotes", f'"""{escaped}"""')
        if style < 0.3 and text:
            code = ord(text[0])
            start = f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}" if style < 0.25 else f"\\{code:03o}"
            return self.count("literal escape", f"'{start}{escaped[2 if text[0] == chr(10) else 1 :]}'")
        return f"'{escaped}'" if style < 0.7 else f'"{escaped}"'

    # -- productions -----------------------------------------------------------------------------------------------

    def binary(self, op: str, of: Type, left: Type | None = None) -> Callable[[int], str]:
        def make(depth: int) -> str:
            a, b = self.expression(left or of, depth), self.expression(of, depth)
            return self.count(f"operator {op}", f"({a} {op} {b})")

        return make

    def _bools(self) -> list[Callable[[int], str]]:
        simple = [INT, DOUBLE, STRING, BOOL]
        any_type = [*simple, DYN, list_of(INT), list_of(STRING), map_of(INT), DYN]
        ordered = [*simple, DYN]
        pick = self.draw.choice
        return [
            self.binary("&&", BOOL), self.binary("||", BOOL), self.binary("&&", BOOL, DYN),
            self.binary("||", DYN, BOOL),
            self.chain, lambda n: self.count("operator !", f"!({self.expression(pick([BOOL, BOOL, DYN]), n)})"),
            self.binary("==", pick(any_type)), self.binary("!=", pick(any_type)), self.binary("==", DYN), self.null,
            *[self.binary(op, pick(ordered)) for op in ("<", "<=", ">", ">=")],
            self.membership, lambda n: self.conditional(BOOL, n), self.has, self.has,
            *[lambda n, m=method: self.method(m, n) for method in ("startsWith", "endsWith", "contains")],
            self.matches, self.empty,
            *[lambda n, k=kind: self.quantifier(k, n) for kind in ("all", "exists", "exists_one", "all", "exists")],
            lambda n: self.element(BOOL, n),
        ]  # fmt: skip

    def chain(self, depth: int) -> str:
        op = self.draw.choice(["&&", "||"])
        return self.count(f"chain {op}", f"({f' {op} '.join(self.expression(BOOL, depth - 1) for _ in range(4))})")

    def null(self, depth: int) -> str:
        return self.count(
            "comparison with null", f"({self.expression(DYN, depth)} {self.draw.choice(['==', '!='])} null)"
        )

    def empty(self, depth: int) -> str:
        """Empty literals, where their missing element type does not matter."""
        of = self.draw.choice([list_of(INT), list_of(STRING)])
        text = self.draw.choice([
            f"([] == {self.expression(of, depth)})", f"({{}} != {self.expression(map_of(INT), depth)})",
            f"({self.expression(INT, depth)} in [])", f"(([] + {self.expression(of, depth)}).size() == size([]))",
        ])  # fmt: skip
        return self.count("literal empty", text)

    def membership(self, depth: int) -> str:
        item = self.draw.choice([INT, STRING, DYN, DOUBLE])
        if item is STRING and self.draw.random() < 0.7:
            return self.count(
                "operator in map", f"({self.expression(STRING, depth)} in {self.expression(map_of(INT), depth)})"
            )
        return self.count("operator in", f"({self.expression(item, depth)} in {self.expression(list_of(item), depth)})")

    def has(self, depth: int) -> str:
        field = self.draw.choice(["a", "b", "zz", "path"])
        of = self.draw.choice([map_of(INT), DYN, map_of(DYN)])
        return self.count("macro has", f"has({self.operand(of, depth)}.{field})")

    def operand(self, of: Type, depth: int) -> str:
        text = self.expression(of, depth)
        return text if text.isidentifier() or (text[-1] in ")]}" and text[0] in "([{") else f"({text})"

    def method(self, name: str, depth: int) -> str:
        receiver = self.operand(self.draw.choice([STRING, STRING, DYN]), depth)
        return self.count(f"function {name}", f"{receiver}.{name}({self.expression(STRING, depth)})")

    def matches(self, depth: int) -> str:
        receiver = self.operand(STRING, depth)
        pattern = f"'{self.draw.choice(_PATTERNS)}'"
        if (
            pattern[1] in "([" and pattern[2] == "'"
        ) or "{2,1}" in pattern:  # ours refuses a bad constant when compiling
            pattern = f"({pattern} + '')"
        if self.draw.random() < 0.2:
            return self.count("function matches", f"matches({receiver}, {pattern})")
        return self.count("function matches", f"{receiver}.matches({pattern})")

    def scoped(self, item: Type, body: Callable[[str], str]) -> tuple[str, str]:
        """A variable's name and a body drawn while it is in scope."""
        self.fresh += 1
        name = f"v{self.fresh % 5}"
        self.scope.append((name, item))
        shadowed = [pair for pair in self.scope[:-1] if pair[0] == name]
        for pair in shadowed:
            self.scope.remove(pair)
        text = body(name)
        self.scope.remove((name, item))
        self.scope.extend(shadowed)
        return name, text

    def source(self, depth: int) -> tuple[str, Type]:
        """Something to walk over, and the type of its elements."""
        item = self.draw.choice([INT, DOUBLE, STRING, BOOL, DYN, FILE, FILE, list_of(INT)])
        if item is FILE:
            return "files", FILE
        if item.kind == "list":
            return "deep", item
        return self.operand(list_of(item), depth - 1), item

    def predicate(self, item: Type, depth: int) -> Callable[[str], str]:
        def make(name: str) -> str:
            kind = self.draw.random()
            if kind < 0.25:
                return self.about(name, item, depth)
            return self.expression(BOOL, depth)

        return make

    def about(self, name: str, item: Type, depth: int) -> str:
        """A condition on the variable itself."""
        match item.kind:
            case "int":
                return f"({name} {self.draw.choice(['<', '>=', '=='])} {self.expression(INT, depth - 1)})"
            case "double":
                return f"({name} {self.draw.choice(['<', '>='])} {self.expression(DOUBLE, depth - 1)})"
            case "string":
                return f"{name}.contains({self.expression(STRING, depth - 1)})"
            case "record":
                return self.draw.choice(
                    [f"{name}.ok", f"({name}.line > {self.expression(INT, depth - 1)})", f"has({name}.path)"]
                )
            case "bool":
                return name
        return f"({name} == {self.expression(DYN, depth - 1)})"

    def quantifier(self, kind: str, depth: int) -> str:
        if self.draw.random() < 0.12:
            target, item = self.operand(map_of(INT), depth - 1), STRING
            self.drawn["macro over map"] += 1
        else:
            target, item = self.source(depth)
        name, body = self.scoped(item, self.predicate(item, depth - 1))
        return self.count(f"macro {kind}", f"{target}.{kind}({name}, {body})")

    def filtered(self, depth: int) -> tuple[str, Type]:
        target, item = self.source(depth)
        name, body = self.scoped(item, self.predicate(item, depth - 1))
        return self.count("macro filter", f"{target}.filter({name}, {body})"), item

    def mapped(self, of: Type, depth: int) -> str:
        target, item = self.source(depth)

        def both(name: str) -> str:
            if self.draw.random() < 0.3:
                self.drawn["macro map with condition"] += 1
                return f"{self.predicate(item, depth - 2)(name)}, {self.expression(of, depth - 1)}"
            return self.expression(of, depth - 1)

        name, body = self.scoped(item, both)
        return self.count("macro map", f"{target}.map({name}, {body})")

    def conditional(self, of: Type, depth: int) -> str:
        condition = self.expression(self.draw.choice([BOOL, BOOL, DYN]), depth - 1)
        return self.count("operator ?:", f"({condition} ? {self.expression(of, depth)} : {self.expression(of, depth)})")

    def element(self, of: Type, depth: int) -> str:
        """A value out of a list, a map or a record."""
        draw = self.draw
        fields = {"string": "path", "int": "line", "bool": "ok", "double": "score"}
        records = [name for name, known in self.scope if known == FILE] or [f"files[{draw.randint(0, 2)}]"]
        if of.kind in fields and draw.random() < 0.4:
            return self.count("select of record", f"{draw.choice(records)}.{fields[of.kind]}")
        if of.kind == "int" and draw.random() < 0.5:
            key = draw.choice(["a", "b", "zz"])
            if draw.random() < 0.5:
                return self.count("select of map", f"{self.operand(map_of(INT), depth)}.{key}")
            return self.count("index of map", f"{self.operand(map_of(INT), depth)}[{self.expression(STRING, depth)}]")
        at = (
            self.expression(INT, depth) if draw.random() < 0.3 else draw.choice(["0", "1", "2", "dyn(1.0)", "dyn('a')"])
        )
        return self.count("index of list", f"{self.operand(list_of(of), depth)}[{at}]")

    def size(self, depth: int) -> str:
        of = self.draw.choice([STRING, list_of(INT), list_of(STRING), map_of(INT), DYN])
        if self.draw.random() < 0.3:
            return self.count("size of filter", f"{self.filtered(depth)[0]}.size()")
        text = self.operand(of, depth)
        return self.count("function size", self.draw.choice([f"size({text})", f"{text}.size()"]))

    def convert(self, name: str, choices: list[Type], depth: int) -> str:
        of = self.draw.choice(choices)
        if name == "string" and of in (DOUBLE, DYN):  # the sign of a computed NaN, which CEL writes, is the processor's
            return self.count("function string of double", f"string({self.leaf(of)})")
        return self.count(f"function {name}", f"{name}({self.expression(of, depth)})")

    def _ints(self) -> list[Callable[[int], str]]:
        return [
            *[self.binary(op, INT) for op in ("+", "-", "*", "/", "%")],
            lambda n: self.count("operator unary -", f"-({self.expression(INT, n)})"),
            self.size, self.size, lambda n: self.convert("int", [INT, DOUBLE, STRING, DYN], n),
            lambda n: self.conditional(INT, n), lambda n: self.element(INT, n), lambda n: self.element(INT, n),
        ]  # fmt: skip

    def _doubles(self) -> list[Callable[[int], str]]:
        return [
            *[self.binary(op, DOUBLE) for op in ("+", "-", "*", "/")],
            lambda n: self.count("operator unary -", f"-({self.expression(DOUBLE, n)})"),
            lambda n: self.convert("double", [INT, DOUBLE, STRING, DYN], n),
            lambda n: self.conditional(DOUBLE, n), lambda n: self.element(DOUBLE, n),
        ]  # fmt: skip

    def _strings(self) -> list[Callable[[int], str]]:
        return [
            self.binary("+", STRING), lambda n: self.convert("string", [INT, DOUBLE, STRING, BOOL, DYN], n),
            lambda n: self.count("function lowerAscii", f"{self.operand(STRING, n)}.lowerAscii()"),
            lambda n: self.count("function trim", f"{self.operand(STRING, n)}.trim()"),
            lambda n: self.count("function join", f"{self.operand(list_of(STRING), n)}.join()"),
            self.join, lambda n: self.conditional(STRING, n), lambda n: self.element(STRING, n),
        ]  # fmt: skip

    def join(self, depth: int) -> str:
        parts, separator = self.operand(list_of(STRING), depth), self.expression(STRING, depth)
        return self.count("function join", f"{parts}.join({separator})")

    def _lists(self, of: Type) -> list[Callable[[int], str]]:
        item = of.item or DYN

        def literal(depth: int) -> str:
            items = [self.expression(item, depth) for _ in range(self.draw.randint(1, 3))]
            return self.count("list literal", f"[{', '.join(items)}]")

        options: list[Callable[[int], str]] = [
            self.binary("+", of), lambda n: self.mapped(item, n), lambda n: self.mapped(item, n), literal,
            lambda n: self.sieve(item, n), lambda n: self.conditional(of, n),
        ]  # fmt: skip
        if item is STRING:
            options.append(self.split)
        return options

    def sieve(self, item: Type, depth: int) -> str:
        """A filter whose elements are of a given type."""
        target = self.operand(list_of(item), depth)
        name, body = self.scoped(item, self.predicate(item, depth - 1))
        return self.count("macro filter", f"{target}.filter({name}, {body})")

    def split(self, depth: int) -> str:
        limit = f", {self.draw.choice(['0', '1', '2', '-1', 'i'])}" if self.draw.random() < 0.4 else ""
        return self.count("function split", f"{self.operand(STRING, depth)}.split({self.expression(STRING, 0)}{limit})")

    def _maps(self, of: Type) -> list[Callable[[int], str]]:
        def literal(depth: int) -> str:
            keys = self.draw.sample(["a", "b", "zz", "é"], self.draw.randint(1, 3))
            pairs = [f"'{key}': {self.expression(of.item or INT, depth)}" for key in keys]
            return self.count("map literal", "{" + ", ".join(pairs) + "}")

        return [literal, lambda n: self.conditional(of, n)]

    def _dyns(self) -> list[Callable[[int], str]]:
        kinds = [BOOL, INT, DOUBLE, STRING, list_of(INT), list_of(STRING), map_of(INT)]

        def wrapped(depth: int) -> str:
            return self.count("function dyn", f"dyn({self.expression(self.draw.choice(kinds), depth)})")

        def arithmetic(depth: int) -> str:
            op = self.draw.choice(["+", "-", "*", "/", "%"])
            a, b = self.expression(DYN, depth), self.expression(DYN, depth)
            return self.count(f"operator {op} on dyn", f"({a} {op} {b})")

        def select(depth: int) -> str:
            return self.count("select of dyn", f"{self.operand(DYN, depth)}.{self.draw.choice(['a', 'b', 'zz'])}")

        return [wrapped, wrapped, arithmetic, select, lambda n: f"md.{self.draw.choice(['a', 'b', 'path'])}"]
