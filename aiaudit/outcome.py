"""What an audit came to: its result JSON, and every report made from it.

Of a project in which nothing has changed since the last audit, the result is taken from the user's cache: a second run
is nearly free.

A result is named by a digest of all that decides it: what names the facts (`aiaudit.answers`; git and this machine are
looked at each time), the rules, what the caller asks, the baseline's bytes and this program's files. It is kept as the
text that `-o result.json` writes, beside a copy without the many facts, which is what most readers need; packed, for of
a large project it is a tenth of its size then.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from aiaudit.collection import Collection, Progress
from aiaudit.model.records import as_dict
from aiaudit.model.types import as_json
from aiaudit.plain_json import decode, encode
from aiaudit.prepared import Prepared, prepare
from aiaudit.reports import base
from aiaudit.ruleset import Options

SLOT: Final = "result"
_JSON: Final = ".json"
_PIECE: Final = 1024 * 1024  # bytes
_QUICK: Final = 1  # zlib's level: packing takes less time than writing what it saves
_BESIDE: Final = frozenset({"jobs", "cache", "timings"})  # options that change no figure


class Outcome:
    """The result of one audit. `head` lacks `facts`, which few readers need; `result` has them.

    It is made from the whole result as the encoder takes it, or from the text of one that was kept. `folder` is what
    pages for people call a project that has no name; the result itself does not know where it lay.
    """

    folder: str = ""

    def __init__(
        self, collection: Collection, made: dict[str, Any], *, packed: Sequence[bytes | memoryview] | None = None
    ) -> None:
        self.collection = collection
        self.head = {key: value for key, value in made.items() if key != "facts"}
        self._made = made
        self._packed = packed

    @property
    def result(self) -> dict[str, Any]:
        """The whole result JSON."""
        if "facts" not in self.head:
            self.head = decode(b"".join(self.text))
        return self.head

    @property
    def text(self) -> Iterator[bytes]:
        """The result JSON as it is written, piece by piece."""
        return map(zlib.decompress, self.packed)

    @property
    def packed(self) -> Sequence[bytes | memoryview]:
        """The same pieces, each packed."""
        if self._packed is None:
            from aiaudit.reports.json import pieces

            self._packed = [zlib.compress(piece, _QUICK) for piece in _collected(pieces(self._made))]
            self._made = self.head
        return self._packed

    def render(self, suffix: str) -> bytes | Iterator[bytes]:
        """The report in one format (by suffix), whole or piece by piece."""
        return self.text if suffix == _JSON else base.render(suffix, self.result, self.folder)


def outcome(
    root: str | None, options: Options | None = None, *, facts: str | None = None, progress: Progress | None = None
) -> Outcome:
    """Audit the project below `root`, or the facts saved in the file `facts`. Raises as `aiaudit.audit.audit`."""
    from aiaudit.project.cache import engine_id, open_cache

    cache = open_cache() if options is None or options.cache else None
    with cache or contextlib.nullcontext():  # all who keep something on the way share it
        prepared = prepare(root, options, facts=facts, progress=progress)
        name = _name(prepared)
        if name is None or cache is None:
            return Outcome(prepared.collection, _concluded(prepared))
        slot = engine_id(SLOT, str(Path(root or ".").resolve()))
        parts = cache.kept(slot, name)
        if parts is not None and len(parts) > 1:
            return Outcome(prepared.collection, decode(zlib.decompress(parts[0])), packed=parts[1:])
        made = Outcome(prepared.collection, _concluded(prepared))
        cache.keep(slot, name, _parts(made))
        return made


def _parts(made: Outcome) -> list[bytes | memoryview]:
    """What is kept: the head, then the text."""
    return [zlib.compress(encode(made.head, as_json), _QUICK), *made.packed]


def _collected(pieces: Iterable[bytes]) -> Iterator[bytearray]:
    """The same text in pieces of about `_PIECE` bytes, each gone when the next is asked for."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _PIECE:
            yield held
            held.clear()
    yield held


def _concluded(prepared: Prepared) -> dict[str, Any]:
    """The result; with a baseline also what changed since, where that one holds enough to compare."""
    from aiaudit.audit import conclude
    from aiaudit.model.fact_json import unchanged
    from aiaudit.reports.result import to_json

    values = unchanged if prepared.options.baseline is None else as_json
    result = to_json(conclude(prepared), values)
    if prepared.options.baseline is not None:
        from aiaudit.scoring import comparison

        before = json.loads(Path(prepared.options.baseline).read_bytes())
        with contextlib.suppress(comparison.ComparisonError):
            result["comparison"] = comparison.to_json(comparison.compare(before, result))
    return result


def _name(prepared: Prepared) -> bytes | None:
    """The digest of all that decides the result; None where a part of it is not known, or is not to be kept."""
    from aiaudit.probes.registry import PROBES

    collection, options = prepared.collection, prepared.options
    if collection.name is None or options.timings or not options.cache:
        return None
    if prepared.ruleset.plugins or any(spec.probe and spec.probe not in PROBES for spec in collection.specs.values()):
        return None  # the code of a plug-in is no part of the name
    asked = {key: value for key, value in as_dict(options).items() if key not in _BESIDE}
    about = [prepared.ruleset_hash, asked, collection.as_of, collection.project, collection.host, collection.problems]
    made = hashlib.blake2b(collection.name, digest_size=20)
    made.update(json.dumps([*about, collection.skipped, collection.config_by], default=str).encode("ascii"))
    if options.baseline is not None:
        made.update(Path(options.baseline).read_bytes())
    return made.digest()
