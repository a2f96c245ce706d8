"""The bill of materials: valid by the official schema, true to the tree, the same each time."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from aiaudit.audit import audit
from aiaudit.reports import bom
from aiaudit.reports.base import OutputError, parse_output, render
from aiaudit.reports.result import to_json
from aiaudit.settings import Options
from tests.probes.support import lay

SCHEMAS = Path(__file__).parent.parent / "schemas"
WHEEL = "b" * 64
TREE: dict[str, str | bytes] = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["transformers>=4", "datasets"]\n',
    "uv.lock": f"""
version = 1
[[package]]
name = "datasets"
version = "3.1.0"
source = {{ registry = "https://packages.acme.io/simple" }}
[[package]]
name = "numpy"
version = "2.1.0"
source = {{ registry = "https://packages.acme.io/simple" }}
sdist = {{ url = "https://packages.acme.io/numpy-2.1.0.tar.gz", hash = "sha256:{"a" * 64}" }}
[[package]]
name = "transformers"
version = "4.46.0"
source = {{ registry = "https://packages.acme.io/simple" }}
wheels = [
  {{ url = "https://packages.acme.io/transformers-4.46.0-cp311-linux.whl", hash = "sha256:{"c" * 64}" }},
  {{ url = "https://packages.acme.io/transformers-4.46.0-py3-none-any.whl", hash = "sha256:{WHEEL}" }},
]
""",
    "web/package.json": '{"name": "web", "dependencies": {"@ai-sdk/openai": "^1.0.0"}, "devDependencies": {"vitest": "2.0.0"}}',
    "web/package-lock.json": json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "": {},
                "node_modules/@ai-sdk/openai": {
                    "version": "1.2.3",
                    "resolved": "https://npm.acme.io/x.tgz",
                    "integrity": "sha512-" + "A" * 86 + "==",
                    "license": "Apache-2.0",
                },
                "node_modules/vitest": {
                    "version": "2.0.0",
                    "resolved": "https://npm.acme.io/v.tgz",
                    "license": "SEE LICENSE",
                },
            },
        }
    ),
    "app.py": """
from datasets import load_dataset
from transformers import AutoModel

model = AutoModel.from_pretrained("acme/bert-tiny", revision="0123456789abcdef0123456789abcdef01234567")
rows = load_dataset("acme/reviews")
client_model = "gpt-5.5"
""",
    "LICENSE": "MIT License\n\nCopyright (c) 2026 A\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n",
}


def result_of(root: Path) -> dict[str, Any]:
    return to_json(audit(str(root), Options(as_of=dt.date(2026, 11, 24), cache=False, jobs=1)))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return result_of(lay(tmp_path_factory.mktemp("shop"), TREE))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    def read(name: str) -> Any:
        return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))

    base = "http://cyclonedx.org/schema/"
    others = [
        (base + name, Resource.from_contents(read(name))) for name in ("spdx.schema.json", "jsf-0.82.schema.json")
    ]
    return jsonschema.Draft7Validator(
        read("bom-1.6.schema.json"),
        registry=Registry().with_resources(others),
        format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER,
    )


def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in document["components"]}


def test_it_is_valid_and_lists_what_is_used(result: dict[str, Any], validator: jsonschema.Draft7Validator) -> None:
    document = json.loads(bom.render(result))
    assert [error.message for error in validator.iter_errors(document)] == []
    found = by_name(document)
    assert {name: one["type"] for name, one in found.items()} == {
        "transformers": "library",
        "datasets": "library",
        "numpy": "library",
        "openai": "library",
        "vitest": "library",
        "acme/bert-tiny": "machine-learning-model",
        "gpt-5.5": "machine-learning-model",
        "acme/reviews": "data",
    }
    assert found["acme/bert-tiny"]["purl"] == "pkg:huggingface/acme/bert-tiny@0123456789abcdef0123456789abcdef01234567"
    assert found["acme/bert-tiny"]["evidence"]["occurrences"] == [{"location": "app.py", "line": 5}]
    assert found["openai"]["group"] == "@ai-sdk"
    assert found["openai"]["purl"] == "pkg:npm/%40ai-sdk/openai@1.2.3"
    assert found["openai"]["licenses"] == [{"expression": "Apache-2.0"}]
    assert found["vitest"]["licenses"] == [{"license": {"name": "SEE LICENSE"}}]
    assert (found["transformers"]["scope"], found["vitest"]["scope"]) == ("required", "excluded")
    assert "scope" not in found["numpy"]  # nothing says who asks for it


def test_a_hash_names_the_file_it_is_of(result: dict[str, Any]) -> None:
    found = by_name(json.loads(bom.render(result)))
    assert found["transformers"]["externalReferences"] == [
        {
            "type": "distribution",
            "url": "transformers-4.46.0-py3-none-any.whl",
            "hashes": [{"alg": "SHA-256", "content": WHEEL}],
        }
    ]
    assert found["openai"]["hashes"] == [{"alg": "SHA-512", "content": "00" * 64}]
    assert "externalReferences" not in found["datasets"]  # the lock has no hash: none is made up


def test_the_lines_are_those_of_manifest_and_lock(result: dict[str, Any]) -> None:
    found = by_name(json.loads(bom.render(result)))
    assert found["transformers"]["evidence"]["occurrences"] == [
        {"location": "pyproject.toml", "line": 4},
        {"location": "uv.lock", "line": 13},
    ]
    assert found["numpy"]["evidence"]["occurrences"] == [{"location": "uv.lock", "line": 8}]


def test_the_same_result_gives_the_same_bytes_and_another_another_serial(result: dict[str, Any]) -> None:
    first = bom.render(result)
    assert first == bom.render(json.loads(json.dumps(result)))
    document = json.loads(first)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["serialNumber"])
    assert document["metadata"]["timestamp"] == "2026-11-24T00:00:00Z"
    other = json.loads(bom.render({**result, "as_of": "2026-11-25"}))
    assert other["serialNumber"] != document["serialNumber"]


def test_what_was_not_seen_is_said(tmp_path: Path, validator: jsonschema.Draft7Validator) -> None:
    files = {
        "package.json": '{"dependencies": {"a": "^1"}}',
        "bun.lockb": b"\x00\x01",
        "index.js": "import a from 'a'\n" * 9,
    }
    document = json.loads(bom.render(result_of(lay(tmp_path, files))))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert any("bun.lockb" in one["value"] for one in document["metadata"]["properties"])
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert "version" not in by_name(document)["a"]


def test_an_address_loses_its_password() -> None:
    assert bom._without_secrets("https://me:pw@data.acme.io/x.csv?token=1") == "https://data.acme.io/x.csv"


def test_names_of_the_project_are_data(tmp_path: Path, validator: jsonschema.Draft7Validator) -> None:
    files = {"package.json": json.dumps({"dependencies": {"a\u202eb": "1.0.0", "<script>": "1.0.0", "a b": "1.0.0"}})}
    text = bom.render(result_of(lay(tmp_path, files)))
    assert "\u202e" not in text
    assert [error.message for error in validator.iter_errors(json.loads(text))] == []


def test_a_result_without_the_facts(result: dict[str, Any]) -> None:
    with pytest.raises(OutputError, match="audit the project again"):
        bom.render({**result, "facts": {}})


def test_the_suffix_chooses_the_format(tmp_path: Path, result: dict[str, Any]) -> None:
    output = parse_output(str(tmp_path / "bom.cdx.json"))
    assert json.loads(render(output.suffix, result))["bomFormat"] == "CycloneDX"
    assert parse_output(str(tmp_path / "result.json")).suffix == ".json"


def test_its_own_bill_passes_the_check_and_an_old_one_does_not(tmp_path: Path, result: dict[str, Any]) -> None:
    def check(root: Path) -> dict[str, Any]:
        return next(one for one in result_of(root)["checks"] if one["id"] == "SEC-006")

    root = lay(tmp_path, {**TREE, "bom.cdx.json": bom.render(result)})
    assert check(root)["status"] == "pass"
    lay(root, {"app.py": str(TREE["app.py"]).replace("acme/bert-tiny", "acme/bert-next")})
    later = check(root)
    assert (later["status"], [(f["path"], f["line"]) for f in later["findings"]]) == ("partial", [("app.py", 5)])
