"""Names for expressions: where one is used, the expression it stands for is read in its place."""

from __future__ import annotations

from aiaudit.rules.lexer import Token, check_length, tokenize


class Definitions:
    """Names and what they stand for, in full: a later one may use those before it."""

    def __init__(self) -> None:
        self._full: dict[str, str] = {}

    def add(self, name: str, source: str) -> None:
        """Take a definition. Raises `RuleError`."""
        self._full[name] = self.expanded(source)

    def expanded(self, source: str) -> str:
        """An expression with all names replaced. Raises `RuleError`, also where it gets too long by that."""
        return self._between(source, 0, len(source)) if self._full else source

    def expanded_places(self, text: str) -> str:
        """A sentence whose `{places}` have all names replaced. Raises `RuleError`."""
        if not self._full:
            return text
        said: list[str] = []
        done = at = 0
        while at < len(text):
            if text[at] in "{}" and text.startswith(text[at], at + 1):
                at += 2
            elif text[at] == "{":
                close = tokenize(text, at + 1, inside_braces=True)[-1].end
                said += [text[done : at + 1], self._between(text, at + 1, close)]
                done = at = close
            else:
                at += 1
        return _checked("".join([*said, text[done:]]))

    def _between(self, source: str, start: int, end: int) -> str:
        said: list[str] = []
        done = start
        for token in self._tokens(source, start, end):
            full = self._full[token.text]
            alone = not source[start : token.start].strip() and not source[token.end : end].strip()
            said += [source[done : token.start], full if alone else f"({full})"]
            done = token.end
        return _checked("".join([*said, source[done:end]]))

    def _tokens(self, source: str, start: int, end: int) -> list[Token]:
        """The tokens that are such a name: no field of something, no function that is called."""
        tokens = tokenize(source, start, inside_braces=end < len(source))
        found = []
        for number, token in enumerate(tokens):
            before = tokens[number - 1].text if number else ""
            after = tokens[number + 1].text if number + 1 < len(tokens) else ""
            if token.kind == "name" and token.text in self._full and before != "." and after != "(":
                found.append(token)
        return found


def _checked(source: str) -> str:
    check_length(source)
    return source
