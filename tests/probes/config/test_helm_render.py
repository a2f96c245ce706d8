"""Templates of the project's own charts, filled with the chart's values; what is not understood is not filled."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.config import helm_render
from aiaudit.probes.config.helm_render import Rendered
from aiaudit.project.parse import parse_yaml

VALUES = """\
image: {repository: acme/api, tag: "1.2"}
replicas: 2
resources:
  limits: {cpu: 1, memory: 2Gi}
probe: {enabled: true, path: /ready}
ports: [8000, 9000]
env: {MODE: fast, LEVEL: 3}
empty: {}
"""


class Charts:
    """The files of a chart, as probes read them."""

    def __init__(self, values: str, chart: str = "name: api\nversion: 1.0.0\n", **more: str) -> None:
        self.texts = {
            "Chart.yaml": chart,
            "values.yaml": values,
            **{name.replace("__", "."): text for name, text in more.items()},
        }

    def exists(self, path: str) -> bool:
        return path in self.texts

    def text(self, path: str) -> str:
        return self.texts[path]

    def yaml(self, path: str) -> Any:
        return parse_yaml(self.texts[path].encode())


def fill(template: str, values: str = VALUES, **files: str) -> Rendered | None:
    return helm_render.rendered(Charts(values, **files), "templates/deployment.yaml", template)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("a: {{ .Values.image.repository }}:{{ .Values.image.tag }}", {"a": "acme/api:1.2"}),
        ("a: {{ .Values.replicas }}", {"a": 2}),
        ("a: {{ .Values.image.tag | quote }}", {"a": "1.2"}),
        ("a: {{ .Values.none | default 5 }}", {"a": 5}),
        ("a: {{ default 5 .Values.replicas }}", {"a": 2}),
        ("a:\n  {{- toYaml .Values.resources | nindent 2 }}", {"a": {"limits": {"cpu": 1, "memory": "2Gi"}}}),
        ("a:\n{{- with .Values.resources }}\n  {{- toYaml . | nindent 2 }}\n{{- end }}", {"a": {"limits": {"cpu": 1, "memory": "2Gi"}}}),
        ("{{ if .Values.probe.enabled }}a: {{ .Values.probe.path }}{{ else }}a: none{{ end }}", {"a": "/ready"}),
        ("{{ if .Values.empty }}a: 1{{ else if .Values.probe }}a: 2{{ else }}a: 3{{ end }}", {"a": 2}),
        ("{{ if and .Values.probe.enabled (eq .Values.replicas 2) }}a: 1{{ end }}", {"a": 1}),
        ("{{ if ne .Values.replicas 2 }}a: 1{{ else }}a: 0{{ end }}", {"a": 0}),
        ("a:\n{{- range .Values.ports }}\n- {{ . }}\n{{- end }}", {"a": [8000, 9000]}),
        ("a:\n{{- range $key, $value := .Values.env }}\n  {{ $key }}: {{ $value | quote }}\n{{- end }}", {"a": {"MODE": "fast", "LEVEL": "3"}}),
        ("{{- $port := .Values.replicas -}}\na: {{ $port }}", {"a": 2}),
        ("{{/* a }} comment */}}\na: 1 {{- /* another */ -}}\n", {"a": 1}),
        ("a: {{ $.Values.replicas }}\nb: {{ .Release.Name }}", {"a": 2, "b": "release"}),
        ('a:\n  {{- include "api.labels" . | nindent 2 }}\nb: {{ include "api.fullname" . }}', {"a": None, "b": "chart"}),
    ],
)  # fmt: skip
def test_what_most_charts_use_is_filled(template: str, made: dict[str, Any]) -> None:
    filled = fill(template)
    assert filled is not None
    assert filled.documents == [made]


@pytest.mark.parametrize(
    "template",
    [
        'a: {{ include "api.resources" . }}',
        'a: {{ lookup "v1" "Secret" "x" "y" }}',
        '{{ define "a" }}a: 1{{ end }}',
        "{{ if .Values.replicas }}a: 1",
        "a: 1{{ end }}",
        "a: {{ .Values.replicas",
        "a: {{ .Capabilities.KubeVersion }}",
        "a: {{ eq .Values.probe .Values.probe }}",
        "a: {{ .Values.image.tag ! }}",
        "a: {{ " + "x " * 2_000 + "}}",
        "a: {{ tpl .Values.text . }}",
        'a: {{ "\\ud800" }}',
        "a: {{ int 1" + "0" * 400 + " }}",
    ],
)
def test_what_asks_for_more_is_left_alone(template: str) -> None:
    assert fill(template, VALUES + 'text: "{{ .Values.replicas }}"\n') is None


def test_values_of_production_come_over_the_others() -> None:
    filled = fill(
        "a: {{ .Values.replicas }}\nb: {{ .Values.probe.path }}",
        **{"values-prod__yaml": "replicas: 4\nprobe: {enabled: false}\n"},
    )
    assert filled is not None
    assert filled.documents == [{"a": 4, "b": "/ready"}]


def test_charts_of_others_and_subcharts_are_left_alone() -> None:
    assert fill("a: 1", chart="name: api\nhome: https://charts.acme.io\n") is None
    assert fill("a: 1", chart="name: api\nsources: [https://github.com/acme/charts]\n") is None
    files = Charts(VALUES, **{"charts/db/Chart__yaml": "name: db\n", "charts/db/values__yaml": "a: 1\n"})
    assert helm_render.rendered(files, "charts/db/templates/set.yaml", "a: 1") is None  # type: ignore[arg-type]
    assert helm_render.rendered(files, "elsewhere/set.yaml", "a: 1") is None  # type: ignore[arg-type]


def test_a_chart_whose_home_is_the_project_or_nowhere_is_its_own() -> None:
    assert (
        fill("a: 1", chart="name: api\nhome: https://acme.invalid/api\nsources: [https://example.com/x]\n") is not None
    )


HELPERS = """\
{{- define "api.image" -}}
{{- $tag := default .root.Values.tag .image.tag -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository $tag -}}
{{- end -}}
{{- end -}}
{{- define "api.loop" -}}{{ include "api.loop" . }}{{- end -}}
"""


def test_blocks_that_the_chart_defines_are_filled_in() -> None:
    files = Charts("tag: '1.2'\nimage: {repository: acme/api}\n", **{"templates/_helpers__tpl": HELPERS})
    template = 'image: {{ include "api.image" (dict "root" . "image" .Values.image) | quote }}'
    filled = helm_render.rendered(files, "templates/deployment.yaml", template)  # type: ignore[arg-type]
    assert filled is not None
    assert filled.documents == [{"image": "acme/api:1.2"}]
    assert helm_render.rendered(files, "templates/a.yaml", 'a: {{ include "api.loop" . }}') is None  # type: ignore[arg-type]
    assert helm_render.rendered(files, "templates/a.yaml", 'a: {{ include "api.other" . }}') is None  # type: ignore[arg-type]


def test_each_line_knows_the_line_of_the_template_and_what_is_left_open_is_named() -> None:
    template = (
        "kind: Deployment\n"
        "{{- if .Values.probe.enabled }}\n"
        "probe: {{ .Values.probe.path }}\n"
        "{{- end }}\n"
        "resources:\n"
        "  {{- toYaml .Values.empty | nindent 2 }}\n"
        "last: 1\n"
    )  # fmt: skip
    filled = fill(template)
    assert filled is not None
    (made,) = filled.documents
    assert {key: filled.line(made.at(key)[0]) for key in made} == {"kind": 1, "probe": 3, "resources": 5, "last": 7}
    assert filled.empty == {"empty"}


BIG = "big: {" + ", ".join(f"k{n}: {n}" for n in range(20_000)) + "}\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{" * 500_000,
        "{{ /* " * 100_000,
        "{{ . }}" * 100_000,
        "a: 1\n{{- $x := 1 }}\n" * 50_000,
        "{{ $x := toYaml .Values.big }}" * 2_000,
        "{{ range .Values.big }}{{ if (toYaml $.Values.big) }}{{ end }}{{ end }}",
        "{{ range .Values.big }}{{ range $.Values.big }}{{ range $.Values.big }}a{{ end }}{{ end }}{{ end }}",
        "{{ range .Values.big }}{{ if and " + "$.Values.big " * 140 + "}}a{{ end }}{{ end }}",
        "{{ if .Values.big }}" * 5_000 + "{{ end }}" * 5_000,
        "a: {{ " + "(" * 900 + "1" + ")" * 900 + " }}",
        "{{ .Values.big | nindent 100 | nindent 100 | nindent 100 | quote | quote | quote | quote | quote }}",
    ],
    ids=lambda text: text[:24],
)
def test_hostile_templates_end_soon(template: str) -> None:
    began = time.process_time()
    fill(template, BIG)
    assert time.process_time() - began < 2  # the bound of a reader of foreign bytes (docs/trust.md)


WORDS = st.sampled_from(
    ["{{", "}}", "{{-", "-}}", " ", "\n", "if", "range", "with", "else", "end", ".Values.ports", ".Values.env", ".", "$", "$x", ":=", "|",
     "toYaml", "nindent", "2", "quote", "default", "(", ")", '"', "`", "a: ", "eq", "int", "len", "1e9", "/*", "*/", "printf", "include", "%s", ","]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_template_is_filled_or_left_alone(template: str) -> None:
    filled = fill(template)
    assert filled is None or isinstance(filled.documents, list)
