"""What `docker compose run SERVICE` and `docker compose up --exit-code-from SERVICE` start: the service's command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.ci.task import join
from aiaudit.probes.config.compose import services
from aiaudit.probes.config.docker import start_of
from aiaudit.probes.config.dockerfile import stages
from aiaudit.probes.reading import Files

# What compose itself reads where no -f says otherwise, the first that is there.
_DEFAULTS: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


class Started(Struct, frozen=True):
    """A command that a container of a service starts with, where it stands, and the folder that its image holds."""

    command: str
    path: str
    line: int
    folder: str


def started(files: Files, options: Sequence[str], folder: str | None, service: str) -> Started | None:
    """The command of a service; None where neither its compose file nor the Dockerfile it is built from tells it.

    Args:
        files: the tree.
        options: the words between `compose` and the verb: `-f FILE` names the files, of which the last that says
            something counts.
        folder: where the command runs.
        service: the service's name.
    """
    merged: dict[str, Any] = {}
    for path in _files(files, options, folder):
        for one in services(files, path):
            if one["service"] == service:
                merged |= {key: one[key] for key in ("dockerfile",) if one[key]}
                merged |= {key: one[key] for key in ("command", "command_line", "path") if one["command"]}
    if "command" in merged:
        return Started(merged["command"], merged["path"], merged["command_line"], merged["path"].rpartition("/")[0])
    return _of_image(files, merged["dockerfile"]) if "dockerfile" in merged else None


def _files(files: Files, options: Sequence[str], folder: str | None) -> Iterator[str]:
    named = [after for word, after in pairwise(options) if word in ("-f", "--file")]
    named += [word.partition("=")[2] for word in options if word.startswith("--file=")]
    found = [one for name in named or _DEFAULTS if (one := join(folder, name)) is not None and files.exists(one)]
    yield from found if named else found[:1]


def _of_image(files: Files, path: str) -> Started | None:
    """What the last stage of a Dockerfile starts."""
    text = files.text(path) if files.exists(path) else None
    start = start_of(stages(text)) if text else None
    return Started(start[1], path, start[0], path.rpartition("/")[0]) if start is not None else None
