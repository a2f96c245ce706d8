"""A shell script as a tree: commands, lists, pipelines, compounds. Any text gives a tree, never an exception."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from aiaudit.probes.ci.shell_words import Token, tokenize

_CLOSING: Final = {
    "if": "fi",
    "while": "done",
    "until": "done",
    "for": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
}
_ENDS: Final = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", ")", ";;"})
_MAX_DEPTH: Final = 40


class Node(Struct, frozen=True):
    """`kind`: command, pipe, and_or, seq, group, subshell, if, loop, case, function.

    `marks`: of and_or the operators, of a pipe "!" where it is negated, of seq "&" for each part in the background, of
    if the role of each part (condition, body, else). `words` of a loop: what stands between `for` and `do`.
    """

    kind: str
    children: tuple[Node, ...] = ()
    words: tuple[str, ...] = ()
    line: int = 0
    marks: tuple[str, ...] = ()


def parse(script: str) -> Node:
    """The tree of a script."""
    return _Parser(tokenize(script)).script()


class _Parser:
    """Recursive descent over tokens. On anything unexpected it goes on with the next token."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def script(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.tokens):
            parts.append(self._sequence(frozenset()))
            if self.at < len(self.tokens):
                self.at += 1  # a stray `)`, `;;` or closing word
        children = tuple(child for part in parts for child in part.children)
        return Node("seq", children, marks=tuple(mark for part in parts for mark in part.marks))

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token is not None and token.text in texts and (token.operator or token.raw == token.text)

    def _skip_newlines(self) -> None:
        while self._is("\n", ";"):
            self.at += 1

    def _sequence(self, ends: frozenset[str]) -> Node:
        items: list[Node] = []
        marks: list[str] = []
        stop = ends or _ENDS
        while (token := self._peek()) is not None:
            if token.operator and token.text in ("\n", ";", "&"):
                if token.text == "&" and items:
                    marks[-1] = "&"
                self.at += 1
                continue
            if token.text in stop and (token.operator or token.raw == token.text):
                break
            before = self.at
            items.append(self._and_or())
            marks.append("")
            if self.at == before:
                self.at += 1
                items.pop()
                marks.pop()
        return Node("seq", tuple(items), marks=tuple(marks))

    def _and_or(self) -> Node:
        nodes, operators = [self._pipeline()], []
        while self._is("&&", "||"):
            operators.append(self.tokens[self.at].text)
            self.at += 1
            self._skip_newlines()
            nodes.append(self._pipeline())
        return nodes[0] if not operators else Node("and_or", tuple(nodes), marks=tuple(operators))

    def _pipeline(self) -> Node:
        negated = False
        while self._is("!"):
            negated = not negated
            self.at += 1
        nodes = [self._command()]
        while self._is("|", "|&"):
            self.at += 1
            self._skip_newlines()
            nodes.append(self._command())
        if len(nodes) == 1 and not negated:
            return nodes[0]
        return Node("pipe", tuple(nodes), marks=("!",) if negated else ())

    def _command(self) -> Node:
        token = self._peek()
        if token is None or self.depth > _MAX_DEPTH:
            self.at += token is not None
            return Node("command")
        self.depth += 1
        try:
            if token.operator and token.text == "(":
                self.at += 1
                body = self._sequence(frozenset({")"}))
                self.at += 1
                return Node("subshell", (body,))
            if not token.operator and token.raw in _CLOSING:
                return self._compound(token.raw)
            return self._simple()
        finally:
            self.depth -= 1

    def _compound(self, word: str) -> Node:
        self.at += 1
        match word:
            case "if":
                return self._if()
            case "{":
                body = self._sequence(frozenset({"}"}))
                self.at += 1
                return Node("group", (body,))
            case "case":
                return self._case()
            case _:
                condition = self._sequence(frozenset({"do", "done"})) if word in ("while", "until") else None
                head = self.at
                while condition is None and self._peek() is not None and not self._is("do", "done"):
                    self.at += 1
                told = tuple(token.text for token in self.tokens[head : self.at] if token.text not in ("\n", ";"))
                self.at += self._is("do")
                body = self._sequence(frozenset({"done"}))
                self.at += 1
                return Node("loop", (condition or Node("seq"), body), told if word == "for" else ())

    def _if(self) -> Node:
        parts: list[Node] = []
        roles: list[str] = []
        role = "condition"
        while self._peek() is not None:
            parts.append(self._sequence(frozenset({"then", "elif", "else", "fi"})))
            roles.append(role)
            token = self._peek()
            self.at += 1
            if token is None or token.text == "fi":
                break
            role = {"then": "body", "elif": "condition", "else": "else"}[token.text]
        return Node("if", tuple(parts), marks=tuple(roles))

    def _case(self) -> Node:
        bodies: list[Node] = []
        while self._peek() is not None and not self._is("in", "esac"):
            self.at += 1
        self.at += self._is("in")
        while self._peek() is not None and not self._is("esac"):
            while self._peek() is not None and not self._is(")", "esac"):
                self.at += 1
            self.at += self._is(")")
            bodies.append(self._sequence(frozenset({";;", "esac"})))
            self.at += self._is(";;")
            self._skip_newlines()
        self.at += 1
        return Node("case", tuple(bodies))

    def _simple(self) -> Node:
        words: list[Token] = []
        while (token := self._peek()) is not None and not token.operator:
            words.append(token)
            self.at += 1
            if (
                len(words) == 1
                and self._is("(")
                and self.at + 1 < len(self.tokens)
                and self.tokens[self.at + 1].text == ")"
            ):
                self.at += 2
                return self._function(token)
            if len(words) == 2 and words[0].raw == "function":
                if self._is("(") and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text == ")":
                    self.at += 2  # Bash takes both at once
                return self._function(token)
        line = words[0].line if words else 0
        return Node("command", words=tuple(word.text for word in words), line=line)

    def _function(self, name: Token) -> Node:
        self._skip_newlines()
        return Node("function", (self._command(),), words=(name.text,), line=name.line)
