"""The shipped packs as a wheel carries them beside their YAML: loaded once, when it was built.

Parsing and type-checking the packs takes as long as a small audit, and what runs in CI has no cache to take them from.
A checkout has such files where `make test` has made them and neither packs nor program have changed since: its tests
start the program some hundred times. Else what is loaded is kept in the user's cache (`aiaudit.packs.stored`).

Files of plain JSON: the library (a line that names its packs' bytes, one with all but the trees, and the trees); and
the literals that their text patterns need. Beside them the searches for these patterns, as Hyperscan compiles them
(`aiaudit.probes.text.shipped`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiaudit import __version__, resources
from aiaudit.packs.files import shipped_files
from aiaudit.packs.library import Library
from aiaudit.resources import MADE_OF, PRECOMPILED, checkout_precompiled, precompiled

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.probes.text.groups import PatternGroup
    from aiaudit.probes.text.search import Expression

LIBRARY: Final = "library.jsonl"
LITERALS: Final = "literals.json"


def name_of(packs: Iterable[Path]) -> str:
    """A name for the packs' bytes and this program's version. Raises `OSError`."""
    made = hashlib.blake2b(__version__.encode(), digest_size=20)
    for path in packs:
        data = path.read_bytes()
        folder = path.parent.name.lstrip("_")  # `checks` is called `_checks` in a wheel
        made.update(f"\0{path.name}\0{folder}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        made.update(data)
    return made.hexdigest()


def library() -> Library | None:
    """The library of the wheel; None where there is none, or its packs have been changed since."""
    from aiaudit.packs.pack_codec import from_parts

    file = precompiled(LIBRARY)
    if file is None:
        return None
    try:
        content = file.read_bytes()
        first = content.index(b"\n")
        second = content.index(b"\n", first + 1)
        if content[:first].decode() != name_of(shipped_files()):
            return None
        view = memoryview(content)
        return from_parts(view[first + 1 : second], view[second + 1 :])
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def write(folder: Path) -> list[tuple[Path, str]]:
    """Write the files into `folder`; each with the place below the shipped packs that it is meant for. What lies ready
    in the checkout is taken, where it was made from the same bytes.

    Raises:
        PackError: a shipped pack has a mistake.
    """
    ready = checkout_precompiled()
    if resources.is_of_these_bytes():
        made = {file.name: file.read_bytes() for file in sorted(ready.iterdir()) if file.name != MADE_OF}
    else:
        made = _made()
    written = []
    for name, data in made.items():
        file = folder / name
        file.write_bytes(data)
        written.append((file, f"{PRECOMPILED}/{name}"))
    return written


def prepare_checkout() -> None:
    """Make the files for the checkout that this runs from, unless they are there. Raises as `write`, and `OSError`."""
    if resources.is_fresh():
        return
    state, content, folder = resources.state_of_checkout(), resources.content_of_checkout(), checkout_precompiled()
    if not resources.is_of_these_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, data in _made().items():
            (folder / name).write_bytes(data)
    (folder / MADE_OF).write_text(f"{state}\n{content}\n", "ascii")


def _made() -> dict[str, bytes]:
    """What is made from the packs, by the files' names. Raises `PackError`."""
    from aiaudit.packs.load import load
    from aiaudit.packs.pack_codec import to_parts

    loaded = load()
    return {
        LIBRARY: b"\n".join([name_of(shipped_files()).encode(), *to_parts(loaded)]),
        LITERALS: json.dumps(_literals(loaded), separators=(",", ":")).encode("ascii"),
        **_searches(loaded),
    }


def _literals(loaded: Library) -> dict[str, Any]:
    """What each text pattern of the packs and each rule for secrets needs to match."""
    from aiaudit.probes.secrets.hide import looked_for
    from aiaudit.probes.text.search import needs_of

    regexes = {pattern.regex for pattern in looked_for()}
    return needs_of(sorted(regexes.union(*(group.searched for group in _groups(loaded)))))


def _searches(loaded: Library) -> dict[str, bytes]:
    """The searches that audits with these packs begin with, by the files' names; none where Hyperscan is missing."""
    from aiaudit.probes.secrets.hide import looked_for
    from aiaudit.probes.text.compiled import SUFFIX, to_bytes
    from aiaudit.probes.text.search import Expression, WholeSearch, is_fast
    from aiaudit.probes.text.shipped import files_of

    if not is_fast():
        return {}
    made = files_of(_groups(loaded))
    for expressions in ([Expression(pattern.regex) for pattern in looked_for()], _marks(loaded)):
        made[WholeSearch.name_of(expressions).hex() + SUFFIX] = to_bytes(WholeSearch(expressions).compiled)
    return made


def _marks(loaded: Library) -> list[Expression]:
    """By what the extractors of the Python engine know the files that they read."""
    from aiaudit.probes.python.engine import NAME
    from aiaudit.probes.python.extract import Features

    return Features(_queries(loaded, NAME)).expressions


def _groups(loaded: Library) -> list[PatternGroup]:
    """The groups of text patterns that the packs bring."""
    from aiaudit.probes.text.engine import NAME
    from aiaudit.probes.text.groups import HasGroups

    return [group for query in _queries(loaded, NAME) if isinstance(query, HasGroups) for group in query.groups()]


def _queries(loaded: Library, engine: str) -> list[Query]:
    """What the packs ask of an engine."""
    from aiaudit.probes import registry

    return [
        probe.query.model_validate(dict(spec.query))
        for spec in loaded.facts.values()
        if spec.probe and (probe := registry.get(spec.probe)).engine == engine
    ]
