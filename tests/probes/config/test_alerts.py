"""`config.alerts`: rules with the metrics they name, scrape jobs, receivers, dashboards, collectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from aiaudit.model.types import Unknown
from aiaudit.probes.config.alerts import AlertsQuery, ConfigAlerts
from aiaudit.probes.config.monitoring import metrics_of
from tests.probes.support import context

What = Literal["alerts", "scrapes", "receivers", "dashboards", "collectors"]


def ask(root: Path, files: dict[str, str], what: What) -> list[dict[str, Any]]:
    return ConfigAlerts().answer("a", AlertsQuery(what=what), context(root, files)).value or []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("up == 0", ["up"]),
        ('sum(rate(http_requests_total{code=~"5.."}[5m])) by (job) > 0.05', ["http_requests_total"]),
        (
            "histogram_quantile(0.95, sum by (le) (rate(lat_seconds_bucket[5m]))) > 1",
            ["lat_seconds_bucket", "lat_seconds"],
        ),
        ("a / on(x) group_left(y) b unless c offset 5m", ["a", "b", "c"]),
        ("absent(job:rate:5m) and 1e3 < inf", ["job:rate:5m"]),
        ("", []),
    ],
)
def test_metrics_in_promql(expression: str, expected: list[str]) -> None:
    assert metrics_of(expression) == expected


def test_prometheus_rules_and_scrapes(tmp_path: Path) -> None:
    rules = """\
groups:
  - name: api
    rules:
      - record: job:rate
        expr: rate(x[5m])
      - alert: Slow
        expr: |
          predict_seconds{a="b"}
            > 1
        for: 5m
        labels: {severity: page, team: ml}
        annotations: {summary: "{{ $value }} is slow", runbook_url: https://x/slow}
"""
    files = {
        "monitoring/alerts.yml": rules,
        "prometheus.yml": (
            "scrape_configs:\n  - job_name: api\n    static_configs: [{targets: ['api:8000']}]\n"
            "  - job_name: k\n    kubernetes_sd_configs: [{role: pod}]\n"
        ),
        "k8s/rule.yaml": (
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r}\n"
            "spec: {groups: [{rules: [{alert: Down, expr: up == 0}]}]}\n"
        ),
        "k8s/monitor.yaml": (
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\n"
            "spec: {endpoints: [{port: http, path: /m}]}\n"
        ),
    }
    down, slow = ask(tmp_path, files, "alerts")
    assert (slow["name"], slow["line"], slow["metrics"]) == ("Slow", 6, ["predict_seconds"])
    assert (slow["owner"], slow["severity"], slow["waits"]) == ("ml", "page", "5m")
    assert slow["runbook"] == "https://x/slow"
    assert (down["name"], down["owner"], down["runbook"]) == ("Down", "", "")
    scrapes = ask(tmp_path, {}, "scrapes")
    assert [(s["job"], s["targets"], s["metrics_path"]) for s in scrapes] == [
        ("m", ["http"], "/m"),
        ("api", ["api:8000"], "/metrics"),
        ("k", ["kubernetes_sd_configs"], "/metrics"),
    ]


CHART = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-prometheus
data:
  prometheus.yml: |
    rule_files: [/etc/prometheus/rules/*.yml]
    scrape_configs:
      - job_name: api
        static_configs:
          - targets: ["api.{{ .Values.namespace }}.svc:8000"]
        namespaces:
          - {{ .Values.namespace }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rules}
data:
  rules.yml: |
    groups:
      - name: api
        rules:
          - alert: ManyErrors
            expr: rate(api_errors_total[5m]) > {{ .Values.limit }}
            annotations:
              summary: {{ "{{" }} $value {{ "}}" }} errors on {{`{{ $labels.pod }}`}}
{{- end }}
"""


def test_what_a_chart_writes_out_is_read_without_rendering_it(tmp_path: Path) -> None:
    files = {"chart/templates/prometheus.yaml": CHART}
    (alert,) = ask(tmp_path, files, "alerts")
    assert (alert["name"], alert["line"], alert["loaded"], alert["metrics"]) == (
        "ManyErrors",
        24,
        True,
        ["api_errors_total"],
    )
    assert alert["threshold"] is True
    (scrape,) = ask(tmp_path, files, "scrapes")
    assert (scrape["job"], scrape["line"]) == ("api", 10)
    assert ask(tmp_path / "b", {"chart/templates/a.yaml": "{{- range }}\nalert: {{ a }\n  x: ["}, "alerts") == []


def test_receivers_collectors_dashboards_and_alarms(tmp_path: Path) -> None:
    files = {
        "alertmanager.yml": (
            "route: {receiver: x}\nreceivers:\n  - name: x\n    slack_configs: [{channel: c}]\n  - name: none\n"
        ),
        "otel.yaml": (
            "receivers: {otlp: {}}\nexporters: {prometheus: {}}\n"
            "service: {pipelines: {traces: {receivers: [otlp], exporters: [prometheus]}}}\n"
        ),
        "grafana/dashboards/a.json": '{"title": "T", "panels": [{"targets": [{"expr": "rate(x_total[1m])"}]}]}',
        "grafana/rules.yaml": (
            "apiVersion: 1\ngroups:\n  - rules:\n      - title: G\n        data: [{model: {expr: y > 1}}]\n"
            "        labels: {severity: p}\n"
        ),
        "infra.tf": (
            'resource "aws_cloudwatch_metric_alarm" "cpu" {\n  metric_name = "CPUUtilization"\n'
            "  alarm_actions = [aws_sns_topic.x.arn]\n}\n"
        ),
    }
    assert [(r["name"], r["channels"], r["empty"]) for r in ask(tmp_path, files, "receivers")] == [
        ("x", ["slack"], False),
        ("none", [], True),
    ]
    assert [(c["pipeline"], c["exporters"]) for c in ask(tmp_path, {}, "collectors")] == [("traces", ["prometheus"])]
    assert [(d["title"], d["metrics"]) for d in ask(tmp_path, {}, "dashboards")] == [("T", ["x_total"])]
    assert [(a["source"], a["name"], a["metrics"]) for a in ask(tmp_path, {}, "alerts")] == [
        ("grafana", "G", ["y"]),
        ("terraform", "cpu", ["CPUUtilization"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "groups: [1, {rules: 2}, {rules: [3, {alert: 4, expr: 5}]}]",
        "scrape_configs: [1]",
        "receivers: [1]\nroute: 2",
        "rules: []",
    ],
)
def test_hostile_monitoring_files(tmp_path: Path, text: str) -> None:
    for what in ("alerts", "scrapes", "receivers", "dashboards", "collectors"):
        assert isinstance(
            ask(tmp_path, {"a.yml": text, "grafana/d.json": '{"panels": [1, {"targets": 2}]}'}, what), list
        )  # type: ignore[arg-type]


RULE = """\
groups:
  - name: api
    labels: {team: platform}
    rules:
      - alert: Slow
        expr: %s
        annotations: {runbook_url: "%s"}
"""


@pytest.mark.parametrize(
    ("runbook", "found"),
    [
        ("https://github.com/o/r/blob/main/docs/slow.md", True),
        ("https://github.com/o/r/blob/main/docs/other.md", None),  # it may be another repository
        ("https://wiki.firm.net/slow", None),
        ("docs/slow.md", True),
        ("../docs/slow.md#steps", True),
        ("docs/missing.md", False),
        ("https://example.com/runbook", False),
        ("TODO", False),
        ("", False),
    ],
)
def test_whether_a_runbook_is_there(tmp_path: Path, runbook: str, found: bool | None) -> None:
    files = {
        "alerts/api.yml": RULE % ("x > 1", runbook),
        "docs/slow.md": "# Slow\nLook at the queue, then restart the oldest worker of the service.\n",
    }
    (alert,) = ask(tmp_path, files, "alerts")
    assert alert["owner"] == "platform"
    assert (None if isinstance(alert["runbook_found"], Unknown) else alert["runbook_found"]) is found


@pytest.mark.parametrize(("expression", "threshold"), [("x > 1", True), ("absent(up)", True), ('x{a!=\\"b\\"}', None)])
def test_whether_an_alert_has_a_threshold(tmp_path: Path, expression: str, threshold: bool | None) -> None:
    (alert,) = ask(tmp_path, {"a.yml": RULE % (f'"{expression}"', "")}, "alerts")
    assert (None if isinstance(alert["threshold"], Unknown) else alert["threshold"]) is threshold


def test_a_test_in_which_an_alert_fires(tmp_path: Path) -> None:
    test = """\
rule_files: [a.yml]
tests:
  - input_series: []
    alert_rule_test:
      - {alertname: Slow, eval_time: 5m, exp_alerts: [{exp_labels: {}}]}
      - {alertname: Quiet, eval_time: 5m, exp_alerts: []}
"""
    rules = (RULE % ("x > 1", "")) + "      - {alert: Quiet, expr: y > 1}\n"
    found = ask(tmp_path, {"a.yml": rules, "tests/a_test.yml": test}, "alerts")
    assert [(a["name"], a["tested"]) for a in found] == [("Slow", True), ("Quiet", False)]


RULES = "groups: [{name: g, rules: [{alert: Slow, expr: 'x > 1'}]}]\n"
LOADS = "rule_files: [/etc/prometheus/rules.yml]\nscrape_configs: []\n"
TELLS = LOADS + "alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}\n"


@pytest.mark.parametrize(
    ("configurations", "told"),
    [
        ({}, True),  # who loads it is not here, so nothing is known against it
        ({"prometheus.yml": LOADS}, False),
        ({"prometheus.yml": LOADS + "alerting: {alertmanagers: []}\n"}, False),
        ({"prometheus.yml": TELLS}, True),
        ({"dev/prometheus.yml": LOADS, "prod/prometheus.yml": TELLS}, True),
    ],
)
def test_an_alert_reaches_somebody_by_an_alertmanager(
    tmp_path: Path, configurations: dict[str, str], told: bool
) -> None:
    (alert,) = ask(tmp_path, {"rules.yml": RULES, **configurations}, "alerts")
    assert (alert["loaded"], alert["told"]) == (bool(configurations), told)
