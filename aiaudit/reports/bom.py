"""The bill of materials: libraries, models and data sets as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/).

Made from the facts `bom.libraries`, `bom.models` and `bom.data` that every result holds. What an audit cannot see is
not guessed: a version or hash that nothing fixes is left out, and what could not be read stands in the metadata. The
same result gives the same bytes: the time stamp is the day of the audit, the serial number comes from the content.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import uuid
from collections.abc import Iterable
from typing import Any, Final

from aiaudit.reports.base import OutputError
from aiaudit.reports.record import Record
from aiaudit.reports.text import clean

_SPACE: Final = uuid.UUID("6f2d0b5e-6a0e-5d1c-9b53-0c1a1f1f5a6e")  # of serial numbers made from content
_PROJECT: Final = "project"
_NEEDED: Final = ("bom.libraries", "bom.models", "bom.data")
_SCOPES: Final = {"main": "required", "optional": "optional", "dev": "excluded", "build": "excluded"}
_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
_MOST_PLACES: Final = 50


def render(result: dict[str, Any]) -> str:
    """The bill of materials of a result. Raises `OutputError` where the result does not hold the facts."""
    read = Record(clean(result))
    facts = read.record("facts")
    if any(name not in facts for name in _NEEDED):
        raise OutputError("the result holds no facts for a bill of materials; audit the project again")
    libraries = facts.record("bom.libraries").record("value")
    components = [
        *_libraries(libraries),
        *_models(_items(facts, "bom.models"), _items(facts, "bom.model_files")),
        *_data(_items(facts, "bom.data")),
    ]
    direct = [one["bom-ref"] for one in components if one.pop("direct")]
    unseen = _unseen(facts, libraries)
    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": _metadata(read, facts, unseen),
        "components": components,
        "dependencies": [{"ref": _PROJECT, "dependsOn": sorted(direct)}],
        "compositions": [{"aggregate": "incomplete" if unseen else "unknown", "assemblies": [_PROJECT]}],
    }
    serial = uuid.uuid5(_SPACE, json.dumps(bom, sort_keys=True))
    return json.dumps({**bom, "serialNumber": f"urn:uuid:{serial}"}, ensure_ascii=False, indent=2) + "\n"


def _items(facts: Record, name: str) -> list[Record]:
    return facts.record(name).records("value")


def _metadata(read: Record, facts: Record, unseen: list[str]) -> dict[str, Any]:
    project, tool = read.record("project"), read.record("tool")
    itself: dict[str, Any] = {
        "type": "application",
        "bom-ref": _PROJECT,
        "name": project.text("name") or "unnamed project",
        "version": project.text("commit"),
    }
    licences = [one.text("licence") for one in facts.record("people.licence").record("value").records("files")]
    itself |= _licences(next(filter(None, licences), ""))
    if cards := [one.text("path") for one in _items(facts, "people.model_cards")]:
        itself["externalReferences"] = [{"type": "model-card", "url": _reference(path)} for path in cards]
    return {
        "timestamp": f"{read.text('as_of')}T00:00:00Z",
        "tools": {"components": [{"type": "application", "name": "aiaudit", "version": tool.text("version")}]},
        "component": _filled(itself),
        "properties": [{"name": "aiaudit:not-seen", "value": one} for one in unseen],
    }


def _unseen(facts: Record, libraries: Record) -> list[str]:
    """Why the bill may lack something."""
    told = list(libraries.texts("unread"))
    if omitted := libraries.whole("omitted"):
        told.append(f"{omitted} more libraries")
    for name, what in (("bom.libraries", "libraries"), ("bom.models", "models"), ("bom.data", "data sets")):
        fact = facts.record(name)
        if fact.text("state") in ("unknown", "error"):
            told.append(f"{what}: {fact.text('reason') or 'could not be seen'}")
        elif fact.whole("items") > len(fact.records("value")):
            told.append(f"{what}: only the first {len(fact.records('value'))} of {fact.whole('items')} places")
    return told


def _libraries(libraries: Record) -> Iterable[dict[str, Any]]:
    seen: set[str] = set()
    for one in libraries.records("libraries"):
        name, version, ecosystem = one.text("name"), one.text("version"), one.text("ecosystem")
        purl = _purl(ecosystem, name, version)
        if not name or purl in seen:
            continue
        seen.add(purl)
        group, _, short = name.rpartition("/") if ecosystem == "npm" else ("", "", name)
        places = [(one.text("path"), one.whole("line")), *_split(one.text("locked_at"))]
        yield _filled(
            {
                "type": "library",
                "bom-ref": purl,
                "group": group,
                "name": short,
                "version": version,
                "scope": _SCOPES.get(one.text("group"), ""),
                "purl": purl,
                "evidence": _evidence(places),
                "properties": [{"name": "aiaudit:group", "value": one.text("group")}],
                "direct": one.text("group") in ("main", "optional"),
            }
            | _licences(one.text("licence"))
            | _hash(ecosystem, one.text("digest"), one.text("file"))
        )


def _models(uses: list[Record], files: list[Record]) -> Iterable[dict[str, Any]]:
    known = {one.text("path"): one for one in files}
    for name, places in _grouped(uses):
        first = places[0]
        origin, version = first.text("from"), next((v for p in places if (v := p.text("version"))), "")
        purl = _purl("huggingface", name, version) if origin == "hub" else ""
        file = known.get(name, Record(None))
        facts = [("aiaudit:source", origin), ("aiaudit:format", file.text("format"))]
        if size := file.whole("size"):
            facts.append(("aiaudit:bytes", str(size)))
        yield _filled(
            {
                "type": "machine-learning-model",
                "bom-ref": purl or f"model:{urllib.parse.quote(name)}",
                "name": name,
                "version": version,
                "purl": purl,
                "modelCard": {"properties": [{"name": key, "value": value} for key, value in facts if value]},
                "evidence": _evidence((one.text("path"), one.whole("line")) for one in places),
                "direct": True,
            }
        )


def _data(uses: list[Record]) -> Iterable[dict[str, Any]]:
    for name, places in _grouped(uses):
        shown = _without_secrets(name)
        licence = next((found for p in places if (found := p.text("licence"))), "")
        source = _without_secrets(next((found for p in places if (found := p.text("source"))), ""))
        pinned = next((found for p in places if (found := p.text("version"))), "")
        contents = {"url": _reference(source or shown)} if "://" in (source or shown) else {}
        facts = [("aiaudit:source", places[0].text("from")), ("aiaudit:fixed-by", pinned)]
        yield _filled(
            {
                "type": "data",
                "bom-ref": f"data:{urllib.parse.quote(shown)}",
                "name": shown,
                "data": [_filled({"type": "dataset", "name": shown, "contents": contents})],
                "evidence": _evidence((one.text("path"), one.whole("line")) for one in places),
                "properties": [{"name": key, "value": value} for key, value in facts if value],
                "direct": True,
            }
            | _licences(licence)
        )


def _grouped(uses: list[Record]) -> list[tuple[str, list[Record]]]:
    """The places of each name, names that differ in small and capital letters alone taken as one; sorted."""
    groups: dict[str, list[Record]] = {}
    for one in uses:
        if one.text("name"):
            groups.setdefault(_without_secrets(one.text("name")).lower(), []).append(one)
    return [(places[0].text("name"), places) for _, places in sorted(groups.items())]


def _purl(kind: str, name: str, version: str) -> str:
    """A package URL (https://github.com/package-url/purl-spec); the namespace is a part of the name here."""
    path = "/".join(urllib.parse.quote(part, safe="") for part in name.split("/"))
    return f"pkg:{kind}/{path}@{urllib.parse.quote(version, safe='')}" if version else f"pkg:{kind}/{path}"


def _hash(ecosystem: str, digest: str, file: str) -> dict[str, Any]:
    """The hash of a release. npm has one file a release; elsewhere there are many, and the hash is of the one named."""
    kind, _, content = digest.partition(":")
    if kind not in _HASHES or not re.fullmatch(r"[0-9a-f]{32,128}", content):
        return {}
    hashes = [{"alg": _HASHES[kind], "content": content}]
    if ecosystem == "npm":
        return {"hashes": hashes}
    if file:
        return {"externalReferences": [{"type": "distribution", "url": _reference(file), "hashes": hashes}]}
    comment = "one of the files of this release; the lock does not say which"
    return {"externalReferences": [{"type": "distribution", "url": "", "comment": comment, "hashes": hashes}]}


def _licences(text: str) -> dict[str, Any]:
    """An SPDX expression where it is one, else the name as written."""
    if not text:
        return {}
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return {"licenses": [{"expression": str(canonicalize_license_expression(text))}]}
    except (InvalidLicenseExpression, ValueError):
        return {"licenses": [{"license": {"name": text}}]}


def _evidence(places: Iterable[tuple[str, int]]) -> dict[str, Any]:
    unique = sorted({place for place in places if place[0]})[:_MOST_PLACES]
    occurrences = [{"location": path, "line": line} if line else {"location": path} for path, line in unique]
    return {"occurrences": occurrences} if occurrences else {}


def _split(place: str) -> list[tuple[str, int]]:
    path, _, line = place.rpartition(":")
    return [(path, int(line))] if path and line.isdigit() else []


def _reference(text: str) -> str:
    """A path or address as an IRI reference."""
    return urllib.parse.quote(text, safe="/:?=&%#+,;~@")


def _without_secrets(text: str) -> str:
    """An address without the user, the password and the query that it may hold."""
    return re.sub(r"^(\w+://)(?:[^/@]*@)?([^?#]*).*$", r"\1\2", text) if "://" in text else text


def _filled(item: dict[str, Any]) -> dict[str, Any]:
    """The item without its empty fields; a truth value is no emptiness."""
    return {key: value for key, value in item.items() if value is False or value not in ("", [], {}, None)}
