"""How a line begins that is a comment, by the kind of file: what stands there is not done, and proves nothing."""

from __future__ import annotations

from typing import Final

from aiaudit.project.entry import Entry

STARTS: Final[dict[str, tuple[bytes, ...]]] = {
    "#": (b"#",),
    "//": (b"//", b"/*", b"* ", b"*/", b"*\n"),
    "--": (b"--",),
    ";": (b";", b"#"),
    "nb": (b'"#', b'" #', b'"\\t#', b'"  #', b'"    #', b'"        #'),
}
"""Kind -> how its comments begin, behind the spaces. `nb`: the lines of a notebook's cells, which are texts of JSON."""

_HASH: Final = (
    ".py .pyi .pyw .yaml .yml .sh .bash .zsh .toml .tf .tfvars .hcl .cfg .conf .properties .r .jl .rb .pl .mk .cmake"
    " .env .dockerfile .service .graphql .nix .ex .exs .ps1"
)
_SLASHES: Final = (
    ".ts .tsx .js .jsx .mjs .mts .cjs .cts .go .java .kt .kts .rs .cs .c .h .cc .cpp .hpp .scala .swift .php .dart"
    " .groovy .gradle .proto .bicep .scss .less .css .vue .svelte .cu .jenkinsfile"
)
_BY_SUFFIX: Final[dict[str, str]] = {
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
    """The kind of comments in a file, as in `STARTS`; empty where it is not known, or where there are none."""
    kind = _BY_SUFFIX.get(entry.suffix)
    if kind is not None:
        return kind
    name = entry.path.rpartition("/")[2].lower()
    return next((kind for start, kind in _BY_NAME if name.startswith(start)), "")


def is_comment(text: bytes, first: int, start: int, starts: tuple[bytes, ...]) -> bool:
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
