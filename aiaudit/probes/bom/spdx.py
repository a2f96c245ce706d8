"""SPDX as JSON: 3.0 (JSON-LD, with the AI and dataset profiles) and 2.x (packages only).

Names of classes and properties: https://spdx.github.io/spdx-spec/v3.0.1/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.probes.bom.model import Component, Document, Kind, component

_KINDS: Final[Mapping[str, Kind]] = {
    "ai_AIPackage": "model",
    "dataset_DatasetPackage": "data",
    "software_Package": "library",
}
_MOST: Final = 50_000  # elements read of one document


def from_json(data: Any) -> Document | None:
    """The document in parsed JSON; None where it is no SPDX."""
    if not isinstance(data, Mapping):
        return None
    if str(data.get("spdxVersion", "")).startswith("SPDX-"):
        return _two(data)
    context, graph = data.get("@context"), data.get("@graph")
    contexts = context if isinstance(context, list) else [context]
    if not isinstance(graph, list) or not any(isinstance(one, str) and "spdx.org/rdf/3" in one for one in contexts):
        return None
    created = version = ""
    found: list[Component] = []
    for element in graph[:_MOST]:
        if not isinstance(element, Mapping):
            continue
        kind = element.get("type") or element.get("@type")
        if kind == "CreationInfo":
            created = created or _text(element.get("created"))
            version = version or _text(element.get("specVersion"))
        elif isinstance(kind, str) and kind in _KINDS and isinstance(element.get("name"), str):
            found.append(_three(element, _KINDS[kind]))
    return Document("spdx", version or "3.0", created[:10], tuple(found))


def _three(element: Mapping[str, Any], kind: Kind) -> Component:
    identifiers = element.get("externalIdentifier")
    names = (
        [i.get("identifier") for i in identifiers if isinstance(i, Mapping)] if isinstance(identifiers, list) else []
    )
    places = [element.get(f"software_{key}") for key in ("packageUrl", "downloadLocation", "homePage")]
    return component(
        element["name"],
        kind,
        version=_text(element.get("software_packageVersion")),
        hashed=bool(element.get("verifiedUsing")),
        references=tuple(one for one in [*places, *names] if isinstance(one, str)),
    )


def _two(data: Mapping[str, Any]) -> Document:
    """SPDX 2.x knows packages alone; what one is (`primaryPackagePurpose`) has no word for a model."""
    info, listed = data.get("creationInfo"), data.get("packages")
    created = _text(info.get("created")) if isinstance(info, Mapping) else ""
    found = []
    for package in listed[:_MOST] if isinstance(listed, list) else ():
        if isinstance(package, Mapping) and isinstance(package.get("name"), str):
            references = package.get("externalRefs")
            places = [
                one.get("referenceLocator")
                for one in (references if isinstance(references, list) else ())
                if isinstance(one, Mapping)
            ]
            found.append(
                component(
                    package["name"],
                    "library",
                    version=_text(package.get("versionInfo")),
                    hashed=bool(package.get("checksums")),
                    references=tuple(one for one in places if isinstance(one, str)),
                )
            )
    return Document("spdx", str(data["spdxVersion"]).removeprefix("SPDX-"), created[:10], tuple(found))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
