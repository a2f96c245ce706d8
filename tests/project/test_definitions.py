"""Definitions of Kubernetes lose what they define, and nothing else moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aiaudit.project.definitions import without_definitions
from aiaudit.project.parse import line_of, parse_yaml_all

MANIFEST = b"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: models.example.org
spec:
  group: example.org
  versions:
  - name: v1
    schema: {type: object}
status: {}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: server
spec:
  replicas: 2
"""


def test_what_is_defined_is_left_out_and_all_else_keeps_its_line() -> None:
    definition, deployment = parse_yaml_all(MANIFEST)
    assert definition["spec"] is None and definition["metadata"]["name"] == "models.example.org"
    assert definition["status"] == {} and line_of(definition, "status") == 10
    assert deployment["spec"]["replicas"] == 2 and line_of(deployment, "spec") == 16


def test_lists_in_the_column_of_their_key_and_windows_lines_belong_to_it() -> None:
    text = b"kind: CustomResourceDefinition\r\nspec:\r\n- a: 1\r\n\r\n# b\r\n- c: 2\r\nmetadata: {name: d}\r\n"
    (definition,) = parse_yaml_all(text)
    assert definition == {"kind": "CustomResourceDefinition", "spec": None, "metadata": {"name": "d"}}
    assert line_of(definition, "metadata") == 7


def test_a_name_alone_empties_nothing() -> None:
    text = b"kind: ClusterRole\nspec: {of: CustomResourceDefinition}\nrules: [kind: CustomResourceDefinition]\n"
    assert without_definitions(text) == text


def test_a_file_that_only_defines_may_be_larger_than_others() -> None:
    text = MANIFEST.replace(b"    schema: {type: object}\n", b"    schema: {type: object}\n" * 60_000)
    assert len(text) > 1024 * 1024 and len(parse_yaml_all(text)) == 2


LINES = st.sampled_from(
    [
        "kind: CustomResourceDefinition",
        "spec:",
        "spec: {}",
        "  a: 1",
        "- b",
        "---",
        "--- # x",
        "",
        "#",
        "c: d",
        " spec:",
        "\t",
    ]
)


@given(st.lists(LINES), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_stay_and_what_is_read_is_the_same_without_the_spec(lines: list[str], end: str, last: bool) -> None:
    text = (end.join(lines) + (end if last else "")).encode()
    emptied = without_definitions(text)
    assert emptied.count(b"\n") == text.count(b"\n") and without_definitions(emptied) == emptied
    left = [one.strip() for one in emptied.splitlines() if one.strip()]
    every = iter(one.strip() for one in text.splitlines())
    assert all(one in every for one in left)  # in their order
