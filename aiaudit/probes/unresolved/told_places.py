"""In which folders the commands of a document are meant to be run: what `cd` leads to, where the document lies, and
what folders the prose around them speaks of. Where that is not to be told, nothing is."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.docs.commands import typed
from aiaudit.probes.docs.document import CodeBlock, Document, Section

LATER: Final = lazy.regex(
    r"(?i)\b(?:roadmap|future|planned|to-?do|coming soon|next steps|contribut\w+|structure|layout|troubleshoot\w*|faq"
    r"|deprecated|legacy|example output|alternativ\w+|optional)\b"
)
# `<your file>`, `$NAME`, `{name}`, `*.py`, `path/to/x.py`, `your_script.py`, `…`
BLANK: Final = lazy.regex(
    r"[<>$*{}\[\]…%|]|\.\.\.|(?i:path/to|(?:^|[/_-])(?:your|my|some|name|foo|xxx+)(?:[_.-]|$)|^https?:"
    r"|(?:^|/)(?:script|example|file|filename|app_name)\.\w+$)|^[-/~]"
)
_CLONE: Final = lazy.regex(r"\bgit\s+clone\b.{0,120}?([\w.-]{1,100}?)(?:\.git)?/?(?:\s+[\w./-]+)?\s*$")
_COMMENT: Final = lazy.regex(r"\s#\s.*$")
_GONE: Final = lazy.regex(r"^\(?(?:cd|pushd|set-location)\s+([^\s;&]+)")
_NAMED: Final = lazy.regex(
    r"(?i)\b(?:in|from|inside|within|into|under|to|at|open|folder|directory)\s+(?:the\s+)?"
    r"[`'\"*]{1,3}\.?/?([\w./-]+?)/?[`'\"*]"
)
_WORD: Final = lazy.regex(r"[\w.-]*\w")
_ASCII: Final = lazy.regex(r"[A-Za-z0-9_.-]+")  # where no blank stands between them and the words of another script
_ABSOLUTE: Final = lazy.regex(r"^(?:[A-Za-z]:)?/|^~")
# What is typed on another machine, or within a container, is run in a folder that nothing here tells.
_REMOTE: Final = lazy.regex(
    r"(?i)\b(?:ssh|colab|kaggle|sagemaker|codespaces?)\b|\b(?:docker|podman|kubectl|oc|compose)\s+(?:-\S+\s+)*exec\b"
    r"|\bcompose\s+(?:-\S+\s+)*run\b"
)
_HEDGED: Final = lazy.regex(
    r"(?i)\b(?:if|when|where|once|as soon as)\s+(?:\w+\s+){0,3}(?:available|present|exists?|any|needed|have|there)\b"
    r"|\boptional|\bcoming soon\b|\bplanned\b"
)


class Step(Struct, frozen=True):
    """A command line. `folders`: those in which it may be meant to be run; none where that is not to be told."""

    line: int
    text: str
    folders: frozenset[str] = frozenset()


class Folders:
    """The folders of a tree, by their paths and their last names."""

    def __init__(self, paths: Collection[str]) -> None:
        self.paths: set[str] = set()
        self.named: dict[str, set[str]] = {}
        for path in paths:
            folder = path.rpartition("/")[0]
            while folder and folder not in self.paths:
                self.paths.add(folder)
                self.named.setdefault(folder.rpartition("/")[2].lower(), set()).add(folder)
                folder = folder.rpartition("/")[0]

    def below(self, homes: Collection[str], written: str) -> frozenset[str]:
        """What a path leads to from any of these folders; any folder that ends so where it leads to none."""
        found = {posixpath.normpath(posixpath.join(home, written)) for home in homes}
        there = {"" if path == "." else path for path in found if path == "." or path in self.paths}
        if there or written.startswith(".."):
            return frozenset(there)
        plain = posixpath.normpath(written)
        alike = self.named.get(plain.rpartition("/")[2].lower(), ())
        return frozenset(path for path in alike if f"/{path}".endswith(f"/{plain}"))

    def spoken_of(self, text: str) -> set[str]:
        """Those of which a text has the name as a word."""
        found: set[str] = set()
        for word in {*_WORD.findall(text.lower()), *_ASCII.findall(text.lower())}:
            found |= self.named.get(word.rstrip("."), set())
        return found


class _Walk:
    """Where the reader of a document has got to."""

    def __init__(self, document: Document, folders: Folders) -> None:
        self.folders = folders
        self.bases = frozenset({"", document.path.rpartition("/")[0]})
        self.reached: set[str] = set()
        self.cloned: set[str] = set()
        prose = "\n".join(line for section in document.sections for _, line in section.lines)
        for name in _NAMED.findall(prose):
            self.reached |= folders.below(self.bases, name)
        code = (line for section in document.sections for block in section.code for line in block.lines)
        self.remote = _REMOTE.search("\n".join(code)) is not None

    def go(self, here: frozenset[str], written: str) -> frozenset[str] | None:
        """Where a `cd` leads: nowhere that can be told (the project's own folder, as a reader would call it), or None
        where it leads out of the project."""
        path = written.strip("\"'").rstrip("/").replace("\\", "/")
        last = path.rpartition("/")[2]
        if path in ("", ".", "-"):
            return here
        if last in self.cloned:
            return self.bases | self.folders.below(self.bases, last)
        if _ABSOLUTE.search(path):  # on the machine of whoever wrote it: only the last name is of use
            found = self.folders.below((), last)
            self.reached |= found
            return found or None
        if BLANK.search(path):
            return frozenset()
        found = self.folders.below(here or self.bases, path) or self.folders.below(self.bases | self.reached, path)
        if not found:
            return None if (path.startswith("..") and last != "..") or (self.cloned and last != "..") else frozenset()
        self.reached |= found
        return found


def steps(document: Document, folders: Folders) -> Iterator[Step]:
    """The commands of a document that are about its own project, as things are today."""
    walk = _Walk(document, folders)
    above: list[Section] = []
    for section in document.sections:
        above = [one for one in above if one.level < section.level]
        above.append(section)
        if LATER.search(section.title):
            continue
        said = " ".join((*(one.title for one in above), *(line for _, line in section.lines)))[:20_000]
        spoken = None if _REMOTE.search(said) else folders.spoken_of(said)
        for block in section.code:
            for step in _of_block(block, walk, spoken):
                if len(walk.cloned) > 1:
                    return
                yield step


def _of_block(block: CodeBlock, walk: _Walk, spoken: Collection[str] | None) -> Iterator[Step]:
    """`spoken`: None where it is run on another machine."""
    here: frozenset[str] | None = frozenset()
    since = 0  # the line of the last `cd` of this block
    alone = True  # nothing else stands on that line, so that it holds for those below
    for command in typed(block):
        text = _COMMENT.sub("", command.text)
        if (clone := _CLONE.search(text)) is not None:
            walk.cloned.add(clone.group(1))
        if (gone := _GONE.match(text)) is not None:
            here, since, alone = walk.go(here or frozenset(), gone.group(1)), command.line, True
            continue
        alone = alone and command.line != since
        if here is None or _hedged(block, command.line):
            continue
        if spoken is None or (walk.remote and "/" not in text.replace("./", "")):
            yield Step(command.line, text)
        elif here and (command.line == since or (alone and not _paused(block, since, command.line))):
            yield Step(command.line, text, here)
        else:
            yield Step(command.line, text, here.union(walk.bases, walk.reached, spoken))


def _paused(block: CodeBlock, since: int, line: int) -> bool:
    """Whether a blank line or a comment stands between, behind which another window may be meant."""
    between = block.lines[max(since - block.line + 1, 0) : max(line - block.line, 0)]
    return any(not one.strip() or one.lstrip().startswith(("#", "//", "REM ")) for one in between)


def _hedged(block: CodeBlock, line: int) -> bool:
    """Whether a comment, beside a command or right above, says that it need not be there."""
    at = line - block.line
    beside = block.lines[at].partition("#")[2]
    above = block.lines[at - 1].lstrip() if at > 0 else ""
    return _HEDGED.search(beside) is not None or (above.startswith("#") and _HEDGED.search(above) is not None)
