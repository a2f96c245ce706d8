"""What the text of a Helm (or Jinja) template shows without rendering it: kinds and names of its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown

_FIELD: Final = lazy.regex(r"^(apiVersion|kind)\s*:\s*[\"']?([\w./-]+)[\"']?\s*(?:#.*)?$")
_NAME: Final = lazy.regex(r"^\s+name\s*:\s*[\"']?(.+?)[\"']?\s*$")


def template_objects(path: str, text: str) -> Iterator[dict[str, Any]]:
    """One record a document that plainly is a Kubernetes object, by its literal `apiVersion` and `kind`."""
    start = 1
    for document in re.split(r"(?m)^---.*$", text):
        fields: dict[str, str] = {}
        line = name_line = 0
        name = ""
        in_metadata = False
        for number, raw in enumerate(document.splitlines(), start):
            if match := _FIELD.match(raw):
                fields[match.group(1)] = match.group(2)
                line = line or number
            in_metadata = raw.startswith("metadata:") or (in_metadata and raw.startswith((" ", "{{")))
            if in_metadata and not name and (match := _NAME.match(raw)):
                name, name_line = match.group(1), number
        if {"apiVersion", "kind"} <= set(fields):
            yield {
                "path": path,
                "line": line or name_line or start,
                "kind": fields["kind"],
                "name": name if "{{" not in name else "",
                "namespace": "",
                "api": fields["apiVersion"],
                "templated": True,
                "tls": Unknown("a chart template is not rendered"),
            }
        start += document.count("\n")
