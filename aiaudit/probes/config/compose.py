"""Probe `config.compose`: the services of compose files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config import images
from aiaudit.probes.config.build_targets import dockerfile_of
from aiaudit.probes.config.docker import NAMED, is_development, quoted
from aiaudit.probes.config.redact import redact
from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name
from aiaudit.probes.config.shapes import as_items, as_map
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.parse import line_of

GLOBS: Final = (
    "**/docker-compose*.yml",
    "**/docker-compose*.yaml",
    "**/compose*.yml",
    "**/compose*.yaml",
)
_MOST_NAMES: Final = 40
_EXAMPLES: Final = lazy.regex(r"(?:\./|\.\./)*(?:examples?|samples?|demos?)(?:/|$)")  # what shows a package at work
_DEFAULT: Final = lazy.regex(r"\$\{\w+:?-([^}]*)\}")

SERVICE = record(
    "service",
    path=STRING,
    line=INT,
    service=STRING,
    names=list_of(STRING),
    development=BOOL,
    image=STRING,
    pin=STRING,
    built=BOOL,
    dockerfile=STRING,
    command=STRING,
    command_line=INT,
    ports=list_of(STRING),
    healthcheck=BOOL,
    memory_limit=STRING,
    cpu_limit=STRING,
    memory_reservation=STRING,
    gpu=BOOL,
    replicas=INT,
    restart=STRING,
    user=STRING,
    root=BOOL,
    privileged=BOOL,
    host_network=BOOL,
    environment=list_of(STRING),
    secrets=list_of(NAMED),
    examples=BOOL,
)


class ComposeQuery(Query):
    """`development`: also files for development and tests."""

    development: bool = False


class ConfigCompose(Probe[ComposeQuery]):
    """One record a service: image or build, command, ports, health check, limits, names of its variables."""

    name: ClassVar[str] = "config.compose"
    title: ClassVar[str] = "Services of compose files: image, build, command, health check, limits, user"
    query: ClassVar[type[Query]] = ComposeQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ComposeQuery) -> Type:
        return list_of(SERVICE)

    def answer(self, fact_id: str, query: ComposeQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.matching(GLOBS)
        found = [
            service
            for entry in entries
            for service in services(files, entry.path, is_development(entry.path, entry.role))
            if query.development or not service["development"]
        ]
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(fact_id, found, method="compose files read", scope=scope, note="service")


def services(files: Files, path: str, development: bool = False) -> Iterator[dict[str, Any]]:
    """The services of one compose file."""
    data = files.yaml(path)
    listing = data.get("services") if isinstance(data, Mapping) else None
    for name, value in listing.items() if isinstance(listing, Mapping) else ():
        if isinstance(value, Mapping):
            yield _service(path, str(name), value, line_of(listing, name) or 1, development)


def builds(files: Files, path: str) -> Iterator[tuple[str, str]]:
    """The Dockerfiles that the services of one compose file are built from, each with the folder whose files it may
    copy; those elsewhere are left out."""
    data = files.yaml(path)
    for value in as_map(as_map(data).get("services")).values():
        build = as_map(value).get("build")
        dockerfile = dockerfile_of(path, build)
        if dockerfile:
            context = build if isinstance(build, str) else str(as_map(build).get("context") or ".")
            joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), context))
            yield dockerfile, "" if joined == "." else joined


def _names(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    """The names by which the other containers of its networks find it."""
    networks = service.get("networks")
    attached = networks.values() if isinstance(networks, Mapping) else ()
    aliases = [alias for one in attached for alias in as_items(as_map(one).get("aliases"))]
    written = (name, service.get("container_name"), service.get("hostname"), *aliases)
    yield from dict.fromkeys(str(one).lower() for one in written[:_MOST_NAMES] if one and "$" not in str(one))


def _service(path: str, name: str, service: Mapping[str, Any], line: int, development: bool) -> dict[str, Any]:
    image = _DEFAULT.sub(r"\1", str(service.get("image") or ""))
    reference = images.parse(image) if image else None
    build = service.get("build")
    resources = as_map(as_map(service.get("deploy")).get("resources"))
    limits, reservations = as_map(resources.get("limits")), as_map(resources.get("reservations"))
    pairs = list(_environment(service.get("environment")))
    user = service.get("user")
    return {
        "path": path,
        "line": line,
        "service": name,
        "names": list(_names(name, service)),
        "development": development,
        "image": image,
        "pin": "" if not image else reference.pin if reference else Unknown(f"{image} is not resolved"),
        "built": build is not None,
        "dockerfile": dockerfile_of(path, build),
        "command": redact(_command(service)),
        "command_line": line_of(service, "command" if "command" in service else "entrypoint") or line,
        "ports": [str(port) for port in as_items(service.get("ports"))][:20],
        "healthcheck": isinstance(check := service.get("healthcheck"), Mapping) and check.get("disable") is not True,
        "memory_limit": str(limits.get("memory") or service.get("mem_limit") or ""),
        "cpu_limit": str(limits.get("cpus") or service.get("cpus") or ""),
        "memory_reservation": str(reservations.get("memory") or service.get("mem_reservation") or ""),
        "gpu": bool(reservations.get("devices")) or service.get("runtime") == "nvidia" or bool(service.get("gpus")),
        "replicas": replicas if isinstance(replicas := as_map(service.get("deploy")).get("replicas"), int) else 1,
        "restart": str(service.get("restart") or ""),
        "user": "" if user is None else str(user),
        "root": _root(user, reference, built=build is not None),
        "privileged": service.get("privileged") is True,
        "host_network": str(service.get("network_mode") or "") == "host",
        "environment": [key for key, _, _ in pairs],
        "secrets": [
            {"name": key, "path": path, "line": at or line, "instruction": "environment"}
            for key, value, at in pairs
            if is_secret_name(key) and not is_placeholder(_DEFAULT.sub(r"\1", value))
        ],
        "examples": any(map(_EXAMPLES.match, _sources(service.get("volumes")))),
    }


def _sources(volumes: Any) -> Iterator[str]:
    """The folders beside the file that a service is given."""
    for volume in as_items(volumes):
        yield str(volume.get("source") or "") if isinstance(volume, Mapping) else str(volume).partition(":")[0]


def _environment(value: Any) -> Iterator[tuple[str, str, int | None]]:
    """Names, values and lines of a service's variables. The values are used here and kept nowhere."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key), "" if item is None else str(item), line_of(value, key)
    for index, item in enumerate(value if isinstance(value, list) else []):
        key, _, text = str(item).partition("=")
        yield key.strip(), text, line_of(value, index)


def _command(service: Mapping[str, Any]) -> str:
    parts = []
    for key in ("entrypoint", "command"):
        value = service.get(key)
        if isinstance(value, list):
            parts.append(" ".join(quoted(str(word)) for word in value))
        elif isinstance(value, str) and value.strip():
            parts.append(" ".join(value.split()))
    return " ".join(parts)


def _root(user: Any, reference: images.Image | None, *, built: bool) -> bool | Unknown:
    if user is not None:
        return Unknown(f"user {user} has no default") if "$" in str(user) else images.is_root(str(user))
    default = None if built or reference is None else reference.default_root()
    return default if default is not None else Unknown("the user of the image decides")
