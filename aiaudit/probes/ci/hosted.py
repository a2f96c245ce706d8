"""What a platform starts by a description of its own: App Runner, CodeDeploy, App Engine, App Hosting, Render, Fly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci.model import as_list, as_map
from aiaudit.probes.reading import Files

GLOBS: Final = (
    "**/apprunner.yaml",
    "**/appspec.{yml,yaml}",
    "**/app.yaml",
    "**/apphosting.yaml",
    "**/render.{yml,yaml}",
    "**/railway.{json,toml}",
    "**/fly.toml",
    "**/heroku.yml",
)
_ROLES: Final = ("config", "code", "other")
# App Service in Bicep: `appCommandLine: 'entrypoint.sh'`. What is started lies in the folder that azure.yaml names.
_BICEP: Final = lazy.regex(r"(?m)^[ \t]{0,40}appCommandLine[ \t]{0,9}:[ \t]{0,9}'([^'$\n]{1,300})'")
_MOST: Final = 50  # commands of one file


class HostedStart(Struct, frozen=True):
    """A command by which a platform starts something. `name`: what the platform calls it."""

    path: str
    line: int
    name: str
    command: str
    folder: str


def hosted_starts(files: Files) -> Iterator[HostedStart]:
    """All such commands, in the order of their files."""
    for entry in files.matching(GLOBS, _ROLES):
        data = _data(files, entry.path)
        text = files.text(entry.path) or ""
        for name, command in list(_commands(entry.path.rpartition("/")[2], data))[:_MOST]:
            if isinstance(command, str) and command.strip():
                folder = entry.path.rpartition("/")[0]
                yield HostedStart(entry.path, _line(text, command.strip()), str(name), command.strip(), folder)
    yield from _app_services(files)


def _app_services(files: Files) -> Iterator[HostedStart]:
    folders = list(_deployed_folders(files))
    if len(folders) != 1:
        return  # nothing tells which of several is started so
    for entry in files.matching("**/*.bicep", _ROLES):
        text = files.text(entry.path) or ""
        for hit in list(_BICEP.finditer(text))[:_MOST]:
            command = hit[1].strip()
            started = f"bash {command}" if command.partition(" ")[0].endswith(".sh") else command
            yield HostedStart(entry.path, text.count("\n", 0, hit.start(1)) + 1, "appservice", started, folders[0])


def _deployed_folders(files: Files) -> Iterator[str]:
    """The folders that azd brings to App Service."""
    for entry in files.matching("**/azure.{yml,yaml}", _ROLES):
        home = entry.path.rpartition("/")[0]
        for service in as_map(_data(files, entry.path).get("services")).values():
            project = as_map(service).get("project")
            if as_map(service).get("host") == "appservice" and isinstance(project, str):
                inside = project.removeprefix("./").strip("/")
                yield f"{home}/{inside}".strip("/") if inside not in ("", ".") else home


def _data(files: Files, path: str) -> Mapping[str, Any]:
    if path.endswith(".json"):
        return as_map(files.json(path))
    return as_map(files.toml(path) if path.endswith(".toml") else files.yaml(path))


def _commands(name: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if name == "apprunner.yaml":
        yield "service", as_map(data.get("run")).get("command")
    elif name.startswith("appspec."):
        for one in as_list(as_map(data.get("hooks")).get("ApplicationStart")):
            location = as_map(one).get("location")
            yield "ApplicationStart", f"bash {location}" if isinstance(location, str) else None
    elif name == "app.yaml":
        if isinstance(data.get("runtime"), str):  # App Engine
            yield str(data.get("service") or "default"), data.get("entrypoint")
        for kind in ("services", "workers", "jobs"):  # App Platform of DigitalOcean
            for one in as_list(data.get(kind)):
                yield str(as_map(one).get("name") or kind), as_map(one).get("run_command")
    elif name == "apphosting.yaml":
        yield "service", as_map(data.get("scripts")).get("runCommand")
    elif name.startswith("render."):
        for one in as_list(data.get("services")):
            yield str(as_map(one).get("name") or "service"), as_map(one).get("startCommand")
    elif name.startswith("railway."):
        yield "service", as_map(data.get("deploy")).get("startCommand")
    elif name == "fly.toml":
        yield from as_map(data.get("processes")).items()
    elif name == "heroku.yml":
        yield from as_map(data.get("run")).items()


def _line(text: str, command: str) -> int:
    """The line where a command stands; 1 where it is written over several, or otherwise than it reads."""
    wanted = command.removeprefix("bash ").splitlines()[0]
    return next((number for number, line in enumerate(text.splitlines(), 1) if wanted in line), 1)
