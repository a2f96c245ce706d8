"""A file's imports as its bytes show them, before any parse: enough to tell what a receiver cannot be."""

from __future__ import annotations

import sys
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.outline import Outline

# Top-level modules that are never the project's own: calls through them are not kept for a second look.
FOREIGN: Final = sys.stdlib_module_names | name_set(
    "numpy torch pandas tensorflow jax jaxlib flax sklearn scipy matplotlib PIL cv2 transformers diffusers datasets"
    " accelerate tqdm yaml pytest parameterized safetensors tokenizers packaging seaborn plotly networkx sympy"
)
_FOREIGN_BYTES: Final = frozenset(name.encode() for name in FOREIGN)
_IDENTIFIER: Final = lazy.regex(rb"\w+|\*")
_ALIAS: Final = lazy.regex(rb"(\w+)(?:\.\w+)*(?:[ \t]+as[ \t]+(\w+))?")
# Modules that are imported by their name: `import_module("pickle")`, and by one that stands elsewhere.
_BY_NAME: Final = lazy.regex(rb"(?:import_module\(|__import__\(|\bmodules\[)\s*(?:[\"']([\w.]+)[\"']|(\w))")
_IMPORT: Final = lazy.regex(rb"\bimport\b[ \t\f\\\n]*(\()?")
# What is assigned from a call of a plain name: `bedrock = create_client(`, `self.llm: Any = await make_llm(`. A search
# begins at the `=`, which it can jump to; the name before it is read only where the call may matter.
_CALLED: Final = lazy.regex(rb"=[ \t]{0,20}(?:await[ \t]{1,9})?([a-z_]\w{0,80})(?:\.\w{1,80})?\(")
_GIVEN: Final = lazy.regex(rb"(?<!\w)(\w{1,80})[ \t]{0,20}(?::[^=\n]{1,60})?$")
_LONGEST: Final = 162  # bytes that `_GIVEN` takes
_NO_OBJECTS: Final = frozenset((b"self", b"cls"))
_BACKSLASH: Final = ord("\\")
_NONE: Final[frozenset[bytes]] = frozenset()
_COMMENT: Final = lazy.regex(rb"#[^\n]*")


class ImportLines:
    """The import statements of one file. `names`: every identifier that stands in one, `*` included."""

    def __init__(self, data: bytes, lines: Outline) -> None:
        self._data = data
        self._statements: list[bytes] = []
        self._foreign: dict[bytes, frozenset[bytes]] = {}
        self._made: set[bytes] | None = None
        find = data.find
        end = 0
        for start in lines.imports:
            if start < end:
                continue  # the second line of a statement
            end = find(b"\n", start)
            while end > 0 and data[end - 1] == _BACKSLASH:
                end = find(b"\n", end + 1)
            word = _IMPORT.search(data, start, end if end >= 0 else len(data))
            if word is None:
                end = 0
                continue
            if word[1]:
                end = find(b")", word.end())
            end = end if end >= 0 else len(data)
            statement = data[start:end]
            self._statements.append(statement.replace(b"\\\n", b" ") if b"\\" in statement else statement)
        self.names: set[bytes] = set(_IDENTIFIER.findall(b"\n".join(self._statements)))
        if lines.by_name:
            for written, elsewhere in _BY_NAME.findall(data):
                self.names.update(_IDENTIFIER.findall(written) if written else (b"*",) if elsewhere else ())

    def foreign_roots(self, name: bytes) -> frozenset[bytes]:
        """The top-level modules that a local name is imported from, where none of them is the project's own and
        nothing else is assigned to the name; else nothing."""
        if name not in self.names:
            return _NONE
        known = self._foreign.get(name)
        if known is None:
            roots = self._roots_of(name)
            if not roots <= _FOREIGN_BYTES or name + b" =" in self._data:
                roots = _NONE
            known = self._foreign[name] = roots
        return known

    def makes(self, name: bytes) -> bool:
        """Whether the file assigns to this name what it gets by calling a name that it imports and that may be the
        project's own: `bedrock = create_client(region)`."""
        if not name or name in _NO_OBJECTS:
            return False
        if self._made is None:
            self._made = self._all_made()
        return name in self._made

    def _all_made(self) -> set[bytes]:
        data, found = self._data, set[bytes]()
        for call in _CALLED.finditer(data):
            if call[1] in self.names and not self.foreign_roots(call[1]):
                at = call.start()
                begin = max(data.rfind(b"\n", 0, at) + 1, at - _LONGEST)
                if given := _GIVEN.search(data, begin, at):
                    found.add(given[1])
        return found

    def _roots_of(self, name: bytes) -> frozenset[bytes]:
        """Where a local name may come from; `.` for a relative import."""
        found: set[bytes] = set()
        for line in self._statements:
            if name not in line:
                continue
            before, _, after = line.partition(b"import")
            module = before.strip().removeprefix(b"from").strip()
            for imported, alias in _ALIAS.findall(_COMMENT.sub(b"", after) if b"#" in after else after):
                if (alias or imported) == name:
                    found.add((module.partition(b".")[0] or b".") if module else imported)
        return frozenset(found)
