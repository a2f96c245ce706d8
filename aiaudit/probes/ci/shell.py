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
from aiaudit.probes.ci.shell_tree import Node, parse

_ASSIGNMENT: Final = lazy.regex(r"^[A-Za-z_]\w*(\[[^\]]*\])?\+?=")
_STATUS: Final = lazy.regex(r"^([A-Za-z_]\w*)=\$(?:\{?\?\}?|\{PIPESTATUS\[0\]\})$")
_HELD: Final = lazy.regex(r"(?s)^[A-Za-z_]\w*=\$\(([^(].*)\)$")
_FAILED: Final = lazy.regex(r"^([A-Za-z_]\w*)(?:=(?:[1-9]\d*|true|yes|\$\?|\$\{\?\}|\$\(\(.*\)\))|\+=.+)$")
_TESTS: Final = frozenset({"[", "[[", "test"})
_LOCAL: Final = frozenset({"local", "declare", "typeset"})
_HANDED_ON: Final = frozenset({"$@", "${@}", "$*", "${*}"})  # all that a function was given
_NAMED: Final = lazy.regex(r"\$(?:\{(\w+)\}|(\w+))")
_SHEBANG: Final = lazy.regex(r"#![ \t]*/\S{0,60}\b(?:env[ \t]+)?(?:ba|z|da|k)?sh\b")
MOST_NAMELESS: Final = 100  # files without a suffix that are looked at for a shell script
_MAX_COMMANDS: Final = 5_000
_MAX_HELD: Final = 3  # an output that is kept, inside one that is kept
_MAX_TURNS: Final = 200  # of all loops of a script whose list is written down
_PATTERN: Final = frozenset("*?[{")
HERE: Final = "\0"  # the folder of the script's own file, at the beginning of a folder
_DIRNAME: Final = r"""\$\(\s*dirname\s+(?:--\s+)?"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?\s*\)"""
_OWN_FOLDER: Final = lazy.regex(
    rf"""(?:\$\(\s*cd\s+"?(?:{_DIRNAME})"?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\)|{_DIRNAME}|`dirname\s+"?\$0"?`|\$\{{0%/\*\}})(?=/|$)"""
)


class ShellCommand(Struct, frozen=True):
    """A simple command. `line` counts from 1 in the script; `fatal`: where it fails, the script fails; `halts`: and
    nothing behind it is run.

    `folder` is where `cd` has led, relative to where the script began ("" = there, None = not known), or to the folder
    of its file (`HERE/…`). `piped`: its
    output goes on through a pipe.
    """

    words: tuple[str, ...]
    line: int
    fatal: bool
    folder: str | None = ""
    piped: bool = False
    halts: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)


def is_script(name: str, text: str) -> bool:
    """Whether a file is a shell script: by its suffix, or by its first line."""
    return name.endswith(".sh") or _SHEBANG.match(text) is not None


def commands(script: str, *, errexit: bool = False, pipefail: bool = False, held: int = 0) -> list[ShellCommand]:
    """The commands a script runs, in order, with functions of the script expanded where they are called. `held`: how
    many outputs are kept around the script (`ID=$(aws …)`)."""
    return _Flow(parse(script), errexit, pipefail, held).run()


class _State(Struct):
    errexit: bool
    pipefail: bool
    folder: str | None = ""


class _Flow:
    """Walks the parsed script in execution order and says of each command whether its failure fails the script."""

    def __init__(self, root: Node, errexit: bool, pipefail: bool, held: int) -> None:
        self.root = root
        self.held = held
        self.state = _State(errexit, pipefail)
        self.functions: dict[str, Node] = {}
        self.found: list[ShellCommand] = []
        self.calls: list[str] = []
        self.piped = False
        self.bound: dict[str, str] = {}
        self.given: tuple[str, ...] = ()
        self.noted = False  # a failure is kept in a variable, and the script goes on
        self.turns = 0
        self.kept = _kept(root)

    def run(self) -> list[ShellCommand]:
        self._walk(self.root, counts=True)
        return self._with_saved_status()

    def _walk(self, node: Node, *, counts: bool, spared: bool = False) -> None:
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
                self._loop(node, counts, spared)
            case _:
                for child in node.children:
                    self._walk(child, counts=counts, spared=spared)

    def _loop(self, node: Node, counts: bool, spared: bool) -> None:
        """A loop over words that are written down is walked word by word: its status is that of the last turn, and
        without errexit a failure of an earlier one is lost. So is one of a loop over the files of a pattern."""
        body = node.children[1]
        name, items = (node.words[0], node.words[2:]) if node.words[1:2] == ("in",) else ("", ())
        plain = bool(items) and not any("$" in item or "`" in item or _PATTERN & set(item) for item in items)
        if plain and self.turns + len(items) <= _MAX_TURNS:
            self.turns += len(items)
            before = self.bound
            for at, item in enumerate(items):
                self.bound = {**before, name: item}
                self._walk(body, counts=counts and at == len(items) - 1, spared=spared)
            self.bound = before
            return
        self._walk(body, counts=counts and not any(_PATTERN & set(item) for item in items), spared=spared)

    def _told(self, word: str) -> str:
        """A word with the variables of the loops around it filled in."""
        if "$" not in word:
            return word
        return _NAMED.sub(lambda hit: self.bound.get(hit[1] or hit[2], hit[0]), word)

    def _and_or(self, node: Node, counts: bool, spared: bool) -> None:
        for index, child in enumerate(node.children):
            following = node.marks[index:]
            if not following:
                self._walk(child, counts=counts, spared=spared)
            elif "||" in following:
                rescue = node.children[index + following.index("||") + 1]
                stops = self._stops(rescue, counts, spared)
                before, self.noted = self.noted, self.noted or (stops and _ending(rescue, frozenset()) == "")
                self._walk(child, counts=stops, spared=not stops or spared)
                self.noted = before
            else:
                self._walk(child, counts=counts, spared=True)

    def _if(self, node: Node, counts: bool, spared: bool) -> None:
        for index, (part, role) in enumerate(zip(node.children, node.marks, strict=True)):
            if role != "condition":
                self._walk(part, counts=counts, spared=spared)
                continue
            last = part.children[-1] if part.children else Node("seq")
            negated = last.kind == "pipe" and bool(last.marks)
            body = node.children[index + 1] if index + 1 < len(node.children) else Node("seq")
            others = [p for p, r in zip(node.children, node.marks, strict=True) if r == "else"]
            stops = self._stops(body if negated else others[0], counts, spared) if negated or others else False
            for child in last.children if negated else ():
                self._walk(child, counts=stops, spared=not stops or spared)
            for child in part.children[:-1] if negated else part.children:
                self._walk(child, counts=stops, spared=not stops or spared)

    def _stops(self, node: Node, counts: bool, spared: bool) -> bool:
        """Whether what runs after a failure (`|| …`, `if ! …; then …`) makes the script fail as well."""
        ends = _ending(node, self.kept)
        return ends == "script" or (ends == "status" and (counts or (self.state.errexit and not spared)))

    def _simple(self, node: Node, counts: bool, spared: bool) -> None:
        words = [self._told(word) for word in node.words] if self.bound else list(node.words)
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
                    line, halts = node.line + inner.line - 1, ends and not self.noted
                    self.found.append(replace(inner, line=line, fatal=ends, halts=halts, folder=self.state.folder))
            return
        if words[0] in _HANDED_ON and self.given:
            words = [*self.given, *words[1:]]
        elif words[0] == "eval" and self.given and set(words[1:]) & (_HANDED_ON | {"$1", "${1}"}):
            for inner in commands(" ".join(self.given), held=_MAX_HELD)[:20]:
                halts = fatal and not self.noted
                self.found.append(replace(inner, line=node.line, fatal=fatal, halts=halts, folder=self.state.folder))
            return
        name = words[0]
        if name in self.functions and name not in self.calls and len(self.calls) < 8:
            if noted := _noted(self.functions[name], self.kept):
                self.found.append(ShellCommand((f"{noted}=$?",), node.line, False))
            before, self.given = self.given, tuple(words[1:])
            self.calls.append(name)
            self._walk(self.functions[name], counts=counts, spared=spared)
            self.calls.pop()
            self.given = before
            return
        halts = fatal and not self.noted
        self.found.append(ShellCommand(tuple(words), node.line, fatal, self.state.folder, self.piped, halts))
        if name == "shift" and self.calls:
            self.given = self.given[int(words[1]) if words[1:2] and words[1].isdecimal() and len(words[1]) < 3 else 1 :]
        elif name == "set":
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
        exits |= self.kept
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


def _kept(root: Node) -> frozenset[str]:
    """The variables by which the script fails in the end: it exits with one (`exit $failed`), tests one and then exits
    with a failure (`if [ $failed -ne 0 ]; then exit 1; fi`), or ends with such a test. What is noted in them counts."""
    names: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.kind == "command" and node.words[:1] == ("exit",) and node.words[1:2]:
            names.add(node.words[1].strip("${}"))
        elif node.kind in ("if", "and_or") and any(_ending(child, frozenset()) == "script" for child in node.children):
            names |= {name for child in node.children for name in _tested(child)}
    if root.children:
        names |= _tested(root.children[-1])
    return frozenset(names)


def _tested(node: Node) -> set[str]:
    """The variables that a test asks about (`[ $failed -eq 0 ]`), alone or as the condition of an `if`."""
    if node.kind in ("pipe", "seq") and len(node.children) == 1:
        return _tested(node.children[0])
    if node.kind != "command" or node.words[:1] == () or node.words[0] not in _TESTS:
        return set()
    return {hit[1] or hit[2] for word in node.words[1:] for hit in _NAMED.finditer(word)}


def _noted(function: Node, kept: frozenset[str]) -> str:
    """The kept variable in which a function notes how the command before its call has ended: it begins with `$?`, and
    sets that variable. "" where it does not."""
    waiting, first = [function], None
    while waiting:
        node = waiting.pop(0)
        waiting = [*node.children, *waiting]
        if node.kind != "command" or not node.words:
            continue
        words = node.words[1:] if node.words[0] in _LOCAL else node.words
        if first is None:
            first = _STATUS.match(words[0]) if words else None
            if first is None:
                return ""
        set_here = _ASSIGNMENT.match(words[0]) if words else None
        if set_here and (name := words[0].partition("=")[0].rstrip("+")) in kept:
            return name
    return ""


def _ending(node: Node, kept: frozenset[str]) -> str:
    """What running the node surely ends in: "script" (it exits with a failure), "status" (it gives one), or "".
    `kept`: variables that the script exits with in the end."""
    if node.kind == "command":
        words = node.words
        noted = _FAILED.match(words[0]) if len(words) == 1 else None
        if noted and noted[1] in kept:
            return "script"
        if not words or words[0] not in ("exit", "return", "false"):
            return ""
        if words[0] == "false":
            return "status"
        fails = len(words) > 1 and words[1] != "0"
        return ("script" if words[0] == "exit" else "status") if fails else ""
    endings = (
        [_ending(child, kept) for child in node.children] if node.kind in ("seq", "group", "subshell", "and_or") else []
    )
    if "script" in endings:
        return "status" if node.kind == "subshell" else "script"
    return "status" if endings and endings[-1] == "status" else ""


def _cd(folder: str | None, target: str) -> str | None:
    if own := _OWN_FOLDER.match(target):
        folder, target = HERE, target[own.end() :].lstrip("/")
    if folder is None or target.startswith(("/", "~", "-")) or "$" in target:
        return None
    parts = [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == ".." and parts and parts[-1] not in (HERE, ".."):
            parts.pop()
        elif part == ".." and not parts:
            return None
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
