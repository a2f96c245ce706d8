"""Shell scripts as the commands they run, each with whether its failure fails the script.

The rules are those of POSIX and Bash: `errexit` spares conditions and all but the last command of `&&` and `||` lists,
a pipeline ends with its last command's status unless `pipefail` is set, a script without `errexit` ends with the status
of its last command. Text that is not a shell script still gives commands, never an exception.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.ci.shell_words import Token, tokenize

_ASSIGNMENT: Final = lazy.regex(r"^[A-Za-z_]\w*(\[[^\]]*\])?\+?=")
_STATUS: Final = lazy.regex(r"^([A-Za-z_]\w*)=\$(?:\{?\?\}?|\{PIPESTATUS\[0\]\})$")
_HELD: Final = lazy.regex(r"(?s)^[A-Za-z_]\w*=\$\(([^(].*)\)$")
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
_MAX_COMMANDS: Final = 5_000
_MAX_HELD: Final = 3  # an output that is kept, inside one that is kept


class ShellCommand(Struct, frozen=True):
    """A simple command. `line` counts from 1 in the script; `fatal`: where it fails, the script fails.

    `folder` is where `cd` has led, relative to where the script began ("" = there, None = not known). `piped`: its
    output goes on through a pipe.
    """

    words: tuple[str, ...]
    line: int
    fatal: bool
    folder: str | None = ""
    piped: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)


class _Node(Struct, frozen=True):
    """`kind`: command, pipe, and_or, seq, group, subshell, if, loop, case, function."""

    kind: str
    children: tuple[_Node, ...] = ()
    words: tuple[str, ...] = ()
    line: int = 0
    marks: tuple[
        str, ...
    ] = ()  # and_or: the operators; pipe: "!" where negated; seq: "&" per background item; if: roles


def commands(script: str, *, errexit: bool = False, pipefail: bool = False, held: int = 0) -> list[ShellCommand]:
    """The commands a script runs, in order, with functions of the script expanded where they are called. `held`: how
    many outputs are kept around the script (`ID=$(aws …)`)."""
    return _Flow(_Parser(tokenize(script)).script(), errexit, pipefail, held).run()


class _Parser:
    """Recursive descent over tokens. On anything unexpected it goes on with the next token."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def script(self) -> _Node:
        parts: list[_Node] = []
        while self.at < len(self.tokens):
            parts.append(self._sequence(frozenset()))
            if self.at < len(self.tokens):
                self.at += 1  # a stray `)`, `;;` or closing word
        children = tuple(child for part in parts for child in part.children)
        return _Node("seq", children, marks=tuple(mark for part in parts for mark in part.marks))

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token is not None and token.text in texts and (token.operator or token.raw == token.text)

    def _skip_newlines(self) -> None:
        while self._is("\n", ";"):
            self.at += 1

    def _sequence(self, ends: frozenset[str]) -> _Node:
        items: list[_Node] = []
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
        return _Node("seq", tuple(items), marks=tuple(marks))

    def _and_or(self) -> _Node:
        nodes, operators = [self._pipeline()], []
        while self._is("&&", "||"):
            operators.append(self.tokens[self.at].text)
            self.at += 1
            self._skip_newlines()
            nodes.append(self._pipeline())
        return nodes[0] if not operators else _Node("and_or", tuple(nodes), marks=tuple(operators))

    def _pipeline(self) -> _Node:
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
        return _Node("pipe", tuple(nodes), marks=("!",) if negated else ())

    def _command(self) -> _Node:
        token = self._peek()
        if token is None or self.depth > _MAX_DEPTH:
            self.at += token is not None
            return _Node("command")
        self.depth += 1
        try:
            if token.operator and token.text == "(":
                self.at += 1
                body = self._sequence(frozenset({")"}))
                self.at += 1
                return _Node("subshell", (body,))
            if not token.operator and token.raw in _CLOSING:
                return self._compound(token.raw)
            return self._simple()
        finally:
            self.depth -= 1

    def _compound(self, word: str) -> _Node:
        self.at += 1
        match word:
            case "if":
                return self._if()
            case "{":
                body = self._sequence(frozenset({"}"}))
                self.at += 1
                return _Node("group", (body,))
            case "case":
                return self._case()
            case _:
                condition = self._sequence(frozenset({"do", "done"})) if word in ("while", "until") else None
                while condition is None and self._peek() is not None and not self._is("do", "done"):
                    self.at += 1
                self.at += self._is("do")
                body = self._sequence(frozenset({"done"}))
                self.at += 1
                return _Node("loop", (condition or _Node("seq"), body))

    def _if(self) -> _Node:
        parts: list[_Node] = []
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
        return _Node("if", tuple(parts), marks=tuple(roles))

    def _case(self) -> _Node:
        bodies: list[_Node] = []
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
        return _Node("case", tuple(bodies))

    def _simple(self) -> _Node:
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
                return self._function(token)
        line = words[0].line if words else 0
        return _Node("command", words=tuple(word.text for word in words), line=line)

    def _function(self, name: Token) -> _Node:
        self._skip_newlines()
        return _Node("function", (self._command(),), words=(name.text,), line=name.line)


class _State(Struct):
    errexit: bool
    pipefail: bool
    folder: str | None = ""


class _Flow:
    """Walks the parsed script in execution order and says of each command whether its failure fails the script."""

    def __init__(self, root: _Node, errexit: bool, pipefail: bool, held: int) -> None:
        self.root = root
        self.held = held
        self.state = _State(errexit, pipefail)
        self.functions: dict[str, _Node] = {}
        self.found: list[ShellCommand] = []
        self.calls: list[str] = []
        self.piped = False

    def run(self) -> list[ShellCommand]:
        self._walk(self.root, counts=True)
        return self._with_saved_status()

    def _walk(self, node: _Node, *, counts: bool, spared: bool = False) -> None:
        """`counts`: the node's status becomes the script's. `spared`: errexit does not act on it."""
        if len(self.found) >= _MAX_COMMANDS:
            return
        match node.kind:
            case "command":
                self._simple(node, counts, spared)
            case "function":
                self.functions[node.words[0]] = node.children[0]
            case "seq":
                for index, child in enumerate(node.children):
                    last = index == len(node.children) - 1
                    background = node.marks[index] == "&"
                    self._walk(child, counts=counts and last and not background, spared=spared or background)
            case "and_or":
                self._and_or(node, counts, spared)
            case "pipe":
                negated = bool(node.marks)
                for index, child in enumerate(node.children):
                    last = index == len(node.children) - 1
                    matters = (last or self.state.pipefail) and not negated
                    before, self.piped = self.piped, not last
                    self._walk(child, counts=counts and matters, spared=spared or not matters)
                    self.piped = before
            case "subshell":
                saved = replace(self.state)
                self._walk(node.children[0], counts=counts or (self.state.errexit and not spared), spared=spared)
                self.state = saved
            case "if":
                self._if(node, counts, spared)
            case "loop":
                self._walk(node.children[0], counts=False, spared=True)
                self._walk(node.children[1], counts=counts, spared=spared)
            case _:
                for child in node.children:
                    self._walk(child, counts=counts, spared=spared)

    def _and_or(self, node: _Node, counts: bool, spared: bool) -> None:
        for index, child in enumerate(node.children):
            following = node.marks[index:]
            if not following:
                self._walk(child, counts=counts, spared=spared)
            elif "||" in following:
                rescue = node.children[index + following.index("||") + 1]
                stops = self._stops(rescue, counts, spared)
                self._walk(child, counts=stops, spared=not stops or spared)
            else:
                self._walk(child, counts=counts, spared=True)

    def _if(self, node: _Node, counts: bool, spared: bool) -> None:
        for index, (part, role) in enumerate(zip(node.children, node.marks, strict=True)):
            if role != "condition":
                self._walk(part, counts=counts, spared=spared)
                continue
            last = part.children[-1] if part.children else _Node("seq")
            negated = last.kind == "pipe" and bool(last.marks)
            body = node.children[index + 1] if index + 1 < len(node.children) else _Node("seq")
            others = [p for p, r in zip(node.children, node.marks, strict=True) if r == "else"]
            stops = self._stops(body if negated else others[0], counts, spared) if negated or others else False
            for child in last.children if negated else ():
                self._walk(child, counts=stops, spared=not stops or spared)
            for child in part.children[:-1] if negated else part.children:
                self._walk(child, counts=stops, spared=not stops or spared)

    def _stops(self, node: _Node, counts: bool, spared: bool) -> bool:
        """Whether what runs after a failure (`|| …`, `if ! …; then …`) makes the script fail as well."""
        ends = _ending(node)
        return ends == "script" or (ends == "status" and (counts or (self.state.errexit and not spared)))

    def _simple(self, node: _Node, counts: bool, spared: bool) -> None:
        words = list(node.words)
        assignments = []
        while words and _ASSIGNMENT.match(words[0]):
            assignments.append(words.pop(0))
        fatal = counts or (self.state.errexit and not spared)
        if not words:
            if assignments and _STATUS.match(assignments[0]):
                self.found.append(ShellCommand((assignments[0],), node.line, False))
            elif assignments and self.held < _MAX_HELD and (kept := _HELD.match(assignments[-1])):
                for inner in commands(kept[1], held=self.held + 1)[:20]:
                    ends = fatal and inner.fatal  # the status of `X=$(…)` is that of what stands in it
                    line = node.line + inner.line - 1
                    self.found.append(replace(inner, line=line, fatal=ends, folder=self.state.folder))
            return
        name = words[0]
        if name in self.functions and name not in self.calls and len(self.calls) < 8:
            self.calls.append(name)
            self._walk(self.functions[name], counts=counts, spared=spared)
            self.calls.pop()
            return
        self.found.append(ShellCommand(tuple(words), node.line, fatal, self.state.folder, self.piped))
        if name == "set":
            self._set(words[1:])
        elif name in ("cd", "pushd"):
            self.state.folder = _cd(self.state.folder, words[1] if len(words) > 1 else "~")

    def _set(self, options: list[str]) -> None:
        for index, option in enumerate(options):
            on = option.startswith("-")
            if option[:1] not in "-+" or len(option) < 2:
                continue
            if "e" in option[1:]:
                self.state.errexit = on
            if "o" in option[1:] and index + 1 < len(options):
                match options[index + 1]:
                    case "errexit":
                        self.state.errexit = on
                    case "pipefail":
                        self.state.pipefail = on

    def _with_saved_status(self) -> list[ShellCommand]:
        """`cmd; status=$?; … exit $status`: the command is fatal although errexit did not act on it."""
        exits = {word.strip('${}"') for c in self.found if c.words[0] in ("exit", "return") for word in c.words[1:2]}
        result: list[ShellCommand] = []
        for command in self.found:
            saved = _STATUS.match(command.words[0]) if len(command.words) == 1 else None
            saves = bool(saved) and saved is not None and saved.group(1) in exits
            if (saves or command.words[:2] in (("exit", "$?"), ("exit", "${?}"))) and result:
                at = len(result) - 1
                while "PIPESTATUS" in command.words[0] and at > 0 and result[at - 1].piped:
                    at -= 1
                result[at] = replace(result[at], fatal=True)
            if saved is None:
                result.append(command)
        return result


def _ending(node: _Node) -> str:
    """What running the node surely ends in: "script" (it exits with a failure), "status" (it gives one), or ""."""
    if node.kind == "command":
        words = node.words
        if not words or words[0] not in ("exit", "return", "false"):
            return ""
        if words[0] == "false":
            return "status"
        fails = len(words) > 1 and words[1] != "0"
        return ("script" if words[0] == "exit" else "status") if fails else ""
    endings = [_ending(child) for child in node.children] if node.kind in ("seq", "group", "subshell", "and_or") else []
    if "script" in endings:
        return "status" if node.kind == "subshell" else "script"
    return "status" if endings and endings[-1] == "status" else ""


def _cd(folder: str | None, target: str) -> str | None:
    if folder is None or target.startswith(("/", "~", "-")) or "$" in target:
        return None
    parts = [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part == "..":
            return None
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
