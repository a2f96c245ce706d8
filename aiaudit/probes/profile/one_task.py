"""One task measured, in a worker or by an engine elsewhere: its files opened once, and given to the engine as links.

Files are opened through the guarded reader. The engine gets links in a folder of its own that lead to those open
descriptors (`/proc/self/fd/N`): what it reads is the file that was checked, whatever the tree has become since.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from aiaudit.probes.profile.tasks import Task, places
from aiaudit.project.pool import can_fork, reason_of
from aiaudit.project.reader import Reader

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.engine import Engine
    from aiaudit.data.schema import Schema
    from aiaudit.probes.profile.engine import Engines

_SMALL: Final = 4 * 1024 * 1024  # bytes of all files of a task: an engine is used on for the next one
_ROOM: Final = 1024 * 1024 * 1024  # bytes of one scratch file that every task may write
_GROWTH: Final = 64  # and so many times the size of its files: packed text is 10 times as large, a column of it 4 times


def in_a_worker(
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    engines: Engines,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    """In a worker: open the task's files and measure them."""
    size = sum(found[n].size for n in task.sets)
    small = size <= _SMALL
    room = _limit_scratch(size) if can_fork() else 0
    with engines.lent(small=small) as engine:
        if room:
            engine.execute(f"SET max_temp_directory_size = '{room}B'")
        return _by(engine, root, found, task, as_of, labels, schemas)


def _limit_scratch(size: int) -> int:
    """Hold this worker's scratch files to the bytes that data of this size may give, and to half of what is free on the
    disk: a small file that unpacks without end would fill it. Returns the bytes."""
    import resource

    room = min(max(_ROOM, _GROWTH * size), shutil.disk_usage(tempfile.gettempdir()).free // 2)
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room if hard == resource.RLIM_INFINITY else min(room, hard), hard))
    return room


def in_this_process(
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    engine: Engine,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    """What an engine that works elsewhere measures; an error of its client is the reason why nothing was measured."""
    try:
        return _by(engine, root, found, task, as_of, labels, schemas)
    except Exception as error:
        return {"error": reason_of(error)}


def _by(
    engine: Engine,
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    from aiaudit.probes.profile.session import measured

    folder = Path(tempfile.mkdtemp(prefix="links-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        reader = stack.enter_context(Reader(root))
        files: list[list[Path]] = []
        for number in task.sets:
            files.append([])
            for path in found[number].files:
                stream = stack.enter_context(reader.open(path))
                link = folder / f"{number}-{len(files[-1])}{_suffix(path)}"
                link.symlink_to(f"/proc/self/fd/{stream.fileno()}")
                files[-1].append(link)
        now = dt.datetime.combine(as_of, dt.time(23, 59, 59), dt.UTC)
        chosen = [found[n] for n in task.sets]
        of_sets = [schemas[n] for n in task.sets] if schemas else ()
        return measured(engine, chosen, files, places(task), now, labels=labels, schemas=of_sets)


def _suffix(path: str) -> str:
    return "".join(suffix for suffix in PurePath(path).suffixes[-2:] if suffix[1:].isalnum() and len(suffix) < 12)
