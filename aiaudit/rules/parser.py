"""Parser of the rule language: precedence climbing, so that depth costs few stack frames; bounds are checked here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn, cast

from aiaudit.rules.errors import error_at, show
from aiaudit.rules.lexer import INT_MAX, Token, tokenize
from aiaudit.rules.nodes import (
    Binary,
    Call,
    Const,
    Has,
    Ident,
    Index,
    ListLiteral,
    Logic,
    Macro,
    MacroKind,
    MapLiteral,
    Node,
    Select,
    Ternary,
    Unary,
)

MAX_DEPTH: Final = 64
_BINDING: Final = {
    "||": 1, "&&": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip
_LITERALS: Final = {"true": True, "false": False, "null": None}
_RESERVED: Final = frozenset({
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "namespace",
    "package", "return", "var", "void", "while",
})  # fmt: skip
_FROM_PYTHON: Final = {
    "and": "`&&`", "or": "`||`", "not": "`!`", "is": "`==`", "True": "`true`", "False": "`false`", "None": "`null`",
    "if": "`condition ? a : b`",
}  # fmt: skip
MACROS: Final[dict[str, tuple[int, ...]]] = {
    "all": (2,), "exists": (2,), "exists_one": (2,), "filter": (2,), "map": (2, 3), "count": (2,),
    "sortBy": (2,),
}  # fmt: skip


def parse(source: str) -> Node:
    """The tree of a whole source. Raises `RuleError`."""
    return _Parser(source, tokenize(source)).whole()


def parse_place(source: str, start: int) -> tuple[Node, int]:
    """The tree of the expression from `start` to the `}` that closes it, and that brace's offset (templates)."""
    tokens = tokenize(source, start, inside_braces=True)
    return _Parser(source, tokens).whole(), tokens[-1].end


class _Parser:
    def __init__(self, source: str, tokens: Sequence[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.token = tokens[0]
        self.level = 0
        self.nodes = 0  # built so far; a macro's weight is how many its body has

    # -- helpers ---------------------------------------------------------------------------------------------------

    def advance(self) -> Token:
        token = self.token
        self.at += 1
        self.token = self.tokens[min(self.at, len(self.tokens) - 1)]
        return token

    def is_op(self, text: str) -> bool:
        return self.token.text == text and self.token.kind == "op"

    def take(self, text: str) -> bool:
        if self.is_op(text):
            self.advance()
            return True
        return False

    def expect(self, text: str, opened: Token | None = None) -> Token:
        if not self.is_op(text):
            if opened is not None and self.token.kind == "end":
                self.fail(f"this `{opened.text}` is not closed", opened.start)
            self.unexpected(f"expected `{text}`")
        return self.advance()

    def fail(self, message: str, start: int, suggestion: str | None = None) -> NoReturn:
        raise error_at(self.source, start, message, suggestion)

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.token
        if token.kind == "end":
            self.fail(f"{wanted}, found the end", token.start)
        said_before = self.tokens[self.at - 1].text if self.at else ""  # `not x`: the mistake is the word before
        meant = _FROM_PYTHON.get(token.text) or (_FROM_PYTHON["not"] if said_before == "not" else None)
        self.fail(f"{wanted}, found `{show(token.text)}`", token.start, meant)

    def depth(self, start: int, *below: Node) -> int:
        self.nodes += 1
        depth = 1 + max((node.depth for node in below), default=0)
        if depth > MAX_DEPTH:
            self.too_deep(start)
        return depth

    def too_deep(self, start: int) -> NoReturn:
        self.fail(f"nested deeper than {MAX_DEPTH}", start)

    # -- grammar ---------------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        if len(self.tokens) == 1:
            self.fail("an expression is missing", self.token.start)
        node = self.expression()
        if self.at < len(self.tokens) - 1:
            if self.token.text in (")", "]", "}"):
                self.fail(f"this `{self.token.text}` closes nothing", self.token.start)
            self.unexpected("expected an operator or the end")
        return node

    def expression(self) -> Node:
        self.level += 1
        if self.level > MAX_DEPTH:
            self.too_deep(self.token.start)
        node = self.binary(1)
        if self.take("?"):
            yes = self.binary(1)
            if self.is_op("?"):
                self.fail("an inner `?:` needs parentheses here", self.token.start, "`a ? (b ? c : d) : e`")
            self.expect(":")
            no = self.expression()
            node = Ternary(node.start, no.end, self.depth(node.start, node, yes, no), node, yes, no)
        self.level -= 1
        return node

    def binary(self, least: int) -> Node:
        left = self.unary()
        while True:
            op = self.token.text
            binding = _BINDING.get(op, 0) if self.token.kind in ("op", "name") else 0
            if binding < least or not binding:
                return left
            if binding <= 2:
                terms = [left]
                while self.is_op(op):
                    self.advance()
                    terms.append(self.binary(binding + 1))
                left = Logic(left.start, terms[-1].end, self.depth(left.start, *terms), op, terms)
            else:
                at = self.advance().start
                right = self.binary(binding + 1)
                left = Binary(left.start, right.end, self.depth(at, left, right), op, left, right, at)

    def unary(self) -> Node:
        token = self.token
        if token.kind != "op" or token.text not in "-!":
            return self.postfix(self.primary())
        self.advance()
        if token.text == "-" and self.token.kind in ("int", "double"):
            number = self.advance()
            value = -cast("int | float", number.value)
            return self.postfix(Const(token.start, number.end, self.depth(token.start), value))
        self.level += 1
        if self.level > MAX_DEPTH:
            self.too_deep(token.start)
        operand = self.unary()
        self.level -= 1
        return Unary(token.start, operand.end, self.depth(token.start, operand), token.text, operand)

    def primary(self) -> Node:
        token = self.token
        if token.kind in ("int", "double", "string"):
            self.advance()
            if token.kind == "int" and cast(int, token.value) > INT_MAX:
                self.fail("number beyond 64 bits", token.start)
            return Const(token.start, token.end, self.depth(token.start), token.value)
        if token.kind == "name":
            return self.name()
        if token.text == "(":
            self.advance()
            inner = self.expression()
            inner.start, inner.end = token.start, self.expect(")", token).end
            return inner
        if token.text == "[":
            return self.list_literal()
        if token.text != "{":
            self.unexpected("expected a value")
        return self.map_literal()

    def name(self) -> Node:
        token = self.advance()
        if token.text in _LITERALS:
            return Const(token.start, token.end, self.depth(token.start), _LITERALS[token.text])
        if token.text in _RESERVED or token.text == "in":
            self.fail(f"`{token.text}` is a reserved word", token.start, _FROM_PYTHON.get(token.text))
        if not self.is_op("("):
            return Ident(token.start, token.end, self.depth(token.start), token.text)
        if token.text == "has":
            return self.has(token)
        args, end = self.arguments()
        if token.text in MACROS and token.text != "count":
            self.fail(f"`{token.text}` is written after a list", token.start, f"`list.{token.text}(x, …)`")
        return Call(token.start, end, self.depth(token.start, *args), token.text, args, False, token.start)

    def has(self, token: Token) -> Node:
        args, end = self.arguments()
        if len(args) != 1 or not isinstance(args[0], Select):
            self.fail("has() takes one field, as in `has(image.user)`", token.start)
        operand = args[0].operand
        return Has(token.start, end, self.depth(token.start, operand), operand, args[0].field)

    def postfix(self, node: Node) -> Node:
        while True:
            token = self.token
            if token.kind != "op":
                return node
            if token.text == ".":
                self.advance()
                if self.token.kind != "name" or self.token.text in _LITERALS or self.token.text == "in":
                    self.unexpected("expected a name after `.`")
                word = self.advance()
                if self.is_op("("):
                    node = self.method(node, word)
                else:
                    node = Select(node.start, word.end, self.depth(node.start, node), node, word.text)
            elif token.text == "[":
                self.advance()
                key = self.expression()
                end = self.expect("]", token).end
                node = Index(node.start, end, self.depth(node.start, node, key), node, key)
            else:
                return node

    def method(self, target: Node, word: Token) -> Node:
        before = self.nodes
        args, end = self.arguments()
        counts = MACROS.get(word.text)
        if counts is None:
            args.insert(0, target)
            return Call(target.start, end, self.depth(word.start, *args), word.text, args, True, word.start)
        if len(args) not in counts:
            wanted = " or ".join(str(n) for n in counts)
            self.fail(f"`{word.text}` takes {wanted} arguments, a variable first, not {len(args)}", word.start)
        var = args[0]
        if not isinstance(var, Ident):
            self.fail(f"the first argument of `{word.text}` is a new variable's name", var.start)
        weight = 1 + (self.nodes - before) // 2
        self.nodes = before  # an outer macro does not pay for this body: it pays for itself
        kind, condition = cast(MacroKind, word.text), args[1] if len(args) == 3 else None
        depth = self.depth(word.start, target, *args)
        return Macro(target.start, end, depth, kind, target, var.name, args[-1], condition, weight, word.start)

    def arguments(self) -> tuple[list[Node], int]:
        opened = self.expect("(")
        args: list[Node] = []
        if not self.is_op(")"):
            args.append(self.expression())
            while self.take(","):
                args.append(self.expression())
        return args, self.expect(")", opened).end

    def list_literal(self) -> Node:
        opened = self.advance()
        items: list[Node] = []
        while not self.is_op("]"):
            items.append(self.expression())
            if not self.take(","):
                break
        end = self.expect("]", opened).end
        return ListLiteral(opened.start, end, self.depth(opened.start, *items), items)

    def map_literal(self) -> Node:
        opened = self.advance()
        entries: dict[str, Node] = {}
        while not self.is_op("}"):
            key = self.token
            if key.kind != "string":
                self.unexpected("expected a string as the key of a map")
            self.advance()
            if cast(str, key.value) in entries:
                self.fail(f"the key {show(key.text)} stands twice in this map", key.start)
            self.expect(":")
            entries[cast(str, key.value)] = self.expression()
            if not self.take(","):
                break
        end = self.expect("}", opened).end
        return MapLiteral(opened.start, end, self.depth(opened.start, *entries.values()), list(entries.items()))
