"""CycloneDX, JSON and XML, of any version. What an entry is, its `type` says: https://cyclonedx.org/docs/1.6/json/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.parsers import expat

from aiaudit.probes.bom.model import Component, Document, Kind, component

_KINDS: Final[Mapping[str, Kind]] = {
    "machine-learning-model": "model",
    "data": "data",
    "library": "library",
    "framework": "library",
}
_MOST: Final = 50_000  # components read of one document
_DEPTH: Final = 32
_XML_FIELDS: Final = ("name", "group", "version", "purl", "hash")


def from_json(data: Any) -> Document | None:
    """The document in parsed JSON; None where it is no CycloneDX."""
    if not isinstance(data, Mapping) or data.get("bomFormat") != "CycloneDX":
        return None
    metadata = data.get("metadata")
    stamp = metadata.get("timestamp") if isinstance(metadata, Mapping) else ""
    found: list[Component] = []
    for entry, _ in zip(_entries(data, 0), range(_MOST), strict=False):
        found.append(_component(entry))
    return Document("cyclonedx", str(data.get("specVersion", "")), str(stamp or "")[:10], tuple(found))


def _entries(holder: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    listed = holder.get("components")
    for entry in listed if isinstance(listed, list) and depth < _DEPTH else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield entry
            yield from _entries(entry, depth + 1)


def _component(entry: Mapping[str, Any]) -> Component:
    listed = entry.get("externalReferences")
    urls = [r.get("url") for r in listed if isinstance(r, Mapping)] if isinstance(listed, list) else []
    return component(
        entry["name"],
        _KINDS.get(str(entry.get("type")), "other"),
        group=_text(entry.get("group")),
        version=_text(entry.get("version")),
        hashed=bool(entry.get("hashes")),
        references=tuple(one for one in [entry.get("purl"), *urls] if isinstance(one, str)),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def from_xml(text: str) -> Document | None:
    """The document in XML; None where it is no CycloneDX. Document types, and so entities, are not read."""
    reader = _Xml()
    try:
        reader.parse(text)
    except expat.ExpatError as error:
        return Document("cyclonedx", "", problem=f"not XML (line {error.lineno})") if reader.version else None
    except _RefusedError:
        return Document("cyclonedx", "", problem="has a document type, which is not read")
    if not reader.version:
        return None
    return Document("cyclonedx", reader.version, reader.stamp[:10], tuple(reader.found))


class _RefusedError(Exception):
    """The text declares a document type or an entity."""


class _Xml:
    """Collects `<component type>` elements with their direct children, and the time stamp."""

    def __init__(self) -> None:
        self.version = ""
        self.stamp = ""
        self.found: list[Component] = []
        self._path: list[str] = []
        self._open: list[tuple[int, dict[str, str]]] = []  # depth and fields of the components that are open
        self._text = ""

    def parse(self, text: str) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self._path:
            match = re.search(r"cyclonedx\.org/schema/bom/([\d.]+)", " ".join(attributes.values()))
            self.version = match.group(1) if match and local == "bom" else ""
        self._path.append(local)
        self._text = ""
        if local == "component":
            self._open.append((len(self._path), {"type": attributes.get("type", "")}))

    def _characters(self, data: str) -> None:
        if len(self._text) < 4_096:
            self._text += data

    def _end(self, name: str) -> None:
        local, depth = self._path[-1], len(self._path)
        if local == "timestamp" and "metadata" in self._path:
            self.stamp = self.stamp or self._text.strip()
        if self._open and local in _XML_FIELDS:
            at, fields = self._open[-1]
            if depth == at + 1 or (local == "hash" and depth == at + 2):
                fields.setdefault(local, self._text.strip())
        if local == "component" and self._open:
            _, fields = self._open.pop()
            if fields.get("name") and "metadata" not in self._path and len(self.found) < _MOST:
                self.found.append(
                    component(
                        fields["name"],
                        _KINDS.get(fields["type"], "other"),
                        group=fields.get("group", ""),
                        version=fields.get("version", ""),
                        hashed=bool(fields.get("hash")),
                        references=(fields.get("purl", ""),),
                    )
                )
        self._path.pop()
        self._text = ""

    @staticmethod
    def _refuse(*_: Any) -> None:
        raise _RefusedError
