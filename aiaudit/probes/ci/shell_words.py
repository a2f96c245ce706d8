"""Splits shell text into words and operators (POSIX shell and the common parts of Bash). Any text gives tokens."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_OPERATORS: Final = (
    "&&",
    "||",
    ";;",
    "|&",
    "<<<",
    "<<-",
    "<<",
    ">>",
    "&>",
    ">&",
    "<&",
    ";",
    "|",
    "&",
    "(",
    ")",
    "<",
    ">",
)
_REDIRECTS: Final = frozenset({"<<<", "<<-", "<<", ">>", "&>", ">&", "<&", "<", ">"})
_BLANK: Final = " \t\r"
_CLOSERS: Final = {"(": ")", "{": "}"}
MAX_SCRIPT: Final = 200_000  # characters; a longer script is cut


class Token(Struct, frozen=True):
    """A word or an operator. `text`: the word without quotes, `raw`: as written; a newline is the operator ``\\n``."""

    text: str
    raw: str
    line: int
    operator: bool = False
    end: int = 0  # offset behind it in the script


def tokenize(script: str) -> list[Token]:
    """All words and operators, without comments, redirections and the bodies of here-documents."""
    return _Lexer(script[:MAX_SCRIPT]).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.tokens: list[Token] = []
        self.heredocs: list[tuple[str, bool]] = []

    def run(self) -> list[Token]:
        end = len(self.text)
        while self.at < end:
            char = self.text[self.at]
            if char in _BLANK:
                self.at += 1
            elif self.text.startswith(("\\\n", "\\\r\n"), self.at):
                self.at = self.text.index("\n", self.at) + 1
                self.line += 1
            elif char == "\n":
                self._newline()
            elif char == "#" and (self.at == 0 or self.text[self.at - 1] in _BLANK + "\n;&|("):
                stop = self.text.find("\n", self.at)
                self.at = end if stop < 0 else stop
            elif operator := next((o for o in _OPERATORS if self.text.startswith(o, self.at)), None):
                self._operator(operator)
            else:
                self.tokens.append(self._word())
        return self.tokens

    def _newline(self) -> None:
        self.tokens.append(Token("\n", "\n", self.line, operator=True, end=self.at))
        self.at += 1
        self.line += 1
        for delimiter, strip_tabs in self.heredocs:
            self._skip_heredoc(delimiter, strip_tabs)
        self.heredocs.clear()

    def _skip_heredoc(self, delimiter: str, strip_tabs: bool) -> None:
        while self.at < len(self.text):
            stop = self.text.find("\n", self.at)
            stop = len(self.text) if stop < 0 else stop
            line = self.text[self.at : stop].rstrip("\r")
            self.at = min(stop + 1, len(self.text))
            self.line += 1
            if (line.lstrip("\t") if strip_tabs else line) == delimiter or line.strip() == delimiter:
                return

    def _operator(self, operator: str) -> None:
        self.at += len(operator)
        if operator not in _REDIRECTS:
            self.tokens.append(Token(operator, operator, self.line, operator=True, end=self.at))
            return
        # A number glued to the redirection (2>&1) belongs to it, and so does the word that follows.
        last = self.tokens[-1] if self.tokens else None
        if last and not last.operator and last.raw.isdigit() and last.end == self.at - len(operator):
            self.tokens.pop()
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] not in "\n;|&()<>":
            target = self._word()
            if operator in ("<<", "<<-"):
                self.heredocs.append((target.text, operator == "<<-"))
        elif operator in (">", "<") and self.text.startswith("(", self.at):
            self.at = self._balanced(self.at)

    def _word(self) -> Token:
        start, line, plain = self.at, self.line, []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in _BLANK + "\n;&|()<>":
                break
            plain.append(self._piece(char))
        raw = self.text[start : self.at]
        if self.at == start:  # an unexpected character: take it, so that the scan always moves on
            self.at += 1
            raw = self.text[start : self.at]
            plain = [raw]
        return Token("".join(plain), raw, line, end=self.at)

    def _piece(self, char: str) -> str:
        """Consumes one quoted string, expansion, escape or run of plain characters; gives its text without quotes."""
        start = self.at
        if char == "'":
            stop = self.text.find("'", start + 1)
            stop = len(self.text) if stop < 0 else stop
            self._advance(stop + 1)
            return self.text[start + 1 : stop]
        if char == '"':
            return self._double_quoted()
        if char == "`":
            stop = self.text.find("`", start + 1)
            self._advance(len(self.text) if stop < 0 else stop + 1)
            return self.text[start : self.at]
        if char == "$" and self.text[start + 1 : start + 2] in ("(", "{"):
            self._advance(self._balanced(start + 1))
            return self.text[start : self.at]
        if char == "\\":
            self._advance(start + 2)
            escaped = self.text[start + 1 : self.at]
            return "" if escaped == "\n" else escaped
        match = re.compile(r"[^\s;&|()<>'\"`$\\]+").match(self.text, start)
        self._advance(match.end() if match else start + 1)
        return self.text[start : self.at]

    def _double_quoted(self) -> str:
        plain: list[str] = []
        self._advance(self.at + 1)
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self._advance(self.at + 1)
                break
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`", "\n"):
                plain.append(self.text[self.at + 1].replace("\n", ""))
                self._advance(self.at + 2)
            elif char == "$" and self.text[self.at + 1 : self.at + 2] in ("(", "{"):
                start = self.at
                self._advance(self._balanced(self.at + 1))
                plain.append(self.text[start : self.at])
            else:
                plain.append(char)
                self._advance(self.at + 1)
        return "".join(plain)

    def _balanced(self, opened: int) -> int:
        """The offset behind the bracket that closes the one at `opened`; quotes inside are respected."""
        opener = self.text[opened]
        closer, depth, at = _CLOSERS[opener], 0, opened
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 1
            elif char in "'\"" and (stop := self._end_of_quotes(char, at)) > 0:
                at = stop
            elif char == opener:
                depth += 1
            elif char == closer:
                depth -= 1
                if depth == 0:
                    return at + 1
            at += 1
        return len(self.text)

    def _end_of_quotes(self, quote: str, opened: int) -> int:
        """Where the quotes end that open at `opened`; -1 where they do not. A backslash keeps a double quote open."""
        stop = self.text.find(quote, opened + 1)
        while stop > 0 and quote == '"':
            before = stop - 1
            while before > opened and self.text[before] == "\\":
                before -= 1
            if (stop - before) % 2 == 1:
                break
            stop = self.text.find(quote, stop + 1)
        return stop

    def _advance(self, to: int) -> None:
        to = min(to, len(self.text))
        self.line += self.text.count("\n", self.at, to)
        self.at = to
