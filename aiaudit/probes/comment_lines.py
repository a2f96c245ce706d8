"""What is a comment, by the kind of file: what stands there is not done, and proves nothing.

Of most kinds a whole line is known by how it begins. Python's comments are found wherever they stand, with the texts
that document or keep code that was switched off.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from aiaudit.probes.unspoken import Unspoken
from aiaudit.project.entry import Entry

STARTS: Final[dict[str, tuple[bytes, ...]]] = {
    "#": (b"#",),
    "//": (b"//", b"/*", b"* ", b"*/", b"*\n"),
    "--": (b"--",),
    ";": (b";", b"#"),
    "nb": (b"#", b'"#', b'" #', b'"\\t#', b'"  #', b'"    #', b'"        #'),
}
"""Kind -> how its comments begin, behind the spaces. `nb`: the lines of a notebook, of which some are texts of JSON."""

PYTHON: Final = "py"
_HASH: Final = (
    ".yaml .yml .sh .bash .zsh .toml .tf .tfvars .hcl .cfg .conf .properties .r .jl .rb .pl .mk .cmake"
    " .env .dockerfile .service .graphql .nix .ex .exs .ps1"
)
_SLASHES: Final = (
    ".ts .tsx .js .jsx .mjs .mts .cjs .cts .go .java .kt .kts .rs .cs .c .h .cc .cpp .hpp .scala .swift .php .dart"
    " .groovy .gradle .proto .bicep .scss .less .css .vue .svelte .cu .jenkinsfile"
)
_BY_SUFFIX: Final[dict[str, str]] = {
    **dict.fromkeys((".py", ".pyi", ".pyw"), PYTHON),
    **dict.fromkeys(_HASH.split(), "#"),
    **dict.fromkeys(_SLASHES.split(), "//"),
    **dict.fromkeys((".sql", ".lua", ".hs"), "--"),
    ".ini": ";",
    ".ipynb": "nb",
}
_BY_NAME: Final = (
    ("dockerfile", "#"), ("containerfile", "#"), ("makefile", "#"), ("procfile", "#"), ("jenkinsfile", "//"),
    (".env", "#"), ("requirements", "#"), ("codeowners", "#"), (".gitignore", "#"), (".dockerignore", "#"),
)  # fmt: skip


def comments_of(entry: Entry) -> str:
    """The kind of comments in a file, `PYTHON` or as in `STARTS`; empty where it is not known, or where there are
    none."""
    kind = _BY_SUFFIX.get(entry.suffix)
    if kind is not None:
        return kind
    name = entry.path.rpartition("/")[2].lower()
    return next((kind for start, kind in _BY_NAME if name.startswith(start)), "")


class Comments:
    """The comments of one text, by their kind."""

    def __init__(self, kind: str, text: bytes) -> None:
        self._text = text
        self._starts = STARTS.get(kind)
        self._python = kind == PYTHON

    @cached_property
    def _unspoken(self) -> Unspoken:
        return Unspoken(self._text)

    def have(self, start: int, end: int) -> bool:
        """Whether a place stands in one of them: its first character that is no space does."""
        text = self._text
        while start < end and text[start] in b" \t\r\n":
            start += 1
        if self._python:
            return self._unspoken.has(start)
        first = text.rfind(b"\n", 0, start) + 1
        return self._starts is not None and _is_comment(text, first, start, self._starts)


def _is_comment(text: bytes, first: int, start: int, starts: tuple[bytes, ...]) -> bool:
    """Whether a place stands in a line that is a comment. `first`: the line's first character; `#!` names the program
    that runs a script. Behind the end of a block comment stands code, and a `*` may multiply where no block is open."""
    line = text[first : first + 200].lstrip()
    if not line.startswith(starts) or line.startswith(b"#!"):
        return False
    if line[:1] not in b"/*" or line.startswith(b"//"):
        return True
    if b"*/" in text[first:start]:
        return False
    return line.startswith(b"/*") or text.rfind(b"/*", 0, first) > text.rfind(b"*/", 0, first)
