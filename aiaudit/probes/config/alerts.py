"""Probe `config.alerts`: alert rules, scrape jobs, receivers, dashboards and collectors, with the metrics they name."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config import monitoring, runbooks
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.roles import Role

ALERT = record(
    "alert",
    path=STRING,
    line=INT,
    name=STRING,
    source=STRING,
    expression=STRING,
    metrics=list_of(STRING),
    severity=STRING,
    owner=STRING,
    runbook=STRING,
    runbook_found=BOOL,
    threshold=BOOL,
    tested=BOOL,
    waits=STRING,
    loaded=BOOL,
    told=BOOL,
)
SCRAPE = record(
    "scrape", path=STRING, line=INT, job=STRING, source=STRING, targets=list_of(STRING), metrics_path=STRING
)
RECEIVER = record("receiver", path=STRING, line=INT, name=STRING, channels=list_of(STRING), empty=BOOL)
DASHBOARD = record("dashboard", path=STRING, line=INT, title=STRING, metrics=list_of(STRING), panels=INT)
COLLECTOR = record(
    "collector", path=STRING, line=INT, pipeline=STRING, receivers=list_of(STRING), exporters=list_of(STRING)
)

_TYPES: Final = {
    "alerts": ALERT,
    "scrapes": SCRAPE,
    "receivers": RECEIVER,
    "dashboards": DASHBOARD,
    "collectors": COLLECTOR,
}
_MEMO: Final = "config.alerts"


class AlertsQuery(Query):
    """`what`: alert rules, scrape jobs, receivers of alerts, dashboards, or pipelines of OpenTelemetry collectors.
    An alert is `loaded` where a Prometheus configuration of the tree names its file, or where its file is applied as it
    stands (a PrometheusRule, Grafana's provisioning, Terraform). `runbook_found`: its runbook is a file of the tree;
    unknown where it lies elsewhere, not so where that file is empty or has headings alone. `told`: not so where the
    Prometheus configurations that load it name no Alertmanager, or every route of the Alertmanagers of the tree leads
    to a receiver that tells nobody. `threshold`: its expression compares, or asks whether something is absent.
    `metrics`: also those of which rules make what it asks for.
    `tested`: a unit test of rules (promtool) expects it to fire."""

    what: Literal["alerts", "scrapes", "receivers", "dashboards", "collectors"] = "alerts"


class ConfigAlerts(Probe[AlertsQuery]):
    """Prometheus, Alertmanager, Grafana, OpenTelemetry and Terraform alarms, as far as files show them."""

    name: ClassVar[str] = "config.alerts"
    title: ClassVar[str] = "Monitoring configuration: alert rules, scrape jobs, receivers, dashboards, collectors"
    query: ClassVar[type[Query]] = AlertsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: AlertsQuery) -> Type:
        return list_of(_TYPES[query.what])

    def answer(self, fact_id: str, query: AlertsQuery, context: Context) -> Fact:
        found = context.memo.get(_MEMO)
        if not isinstance(found, _Monitoring):
            found = context.memo[_MEMO] = _Monitoring(Files(context.project))
        records = found.records[query.what]
        level = Level.WIRED if query.what == "alerts" and any(one["loaded"] for one in records) else Level.CONTENT
        return listed(
            fact_id,
            records,
            method="monitoring configuration read",
            scope=found.scope,
            note=_NOTES[query.what],
            level=level,
        )


_NOTES: Final = {
    "alerts": "name",
    "scrapes": "job",
    "receivers": "name",
    "dashboards": "title",
    "collectors": "pipeline",
}


class _Monitoring:
    """All monitoring files, read once. A YAML file is parsed only where its text has one of the marks."""

    def __init__(self, files: Files) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {key: [] for key in _TYPES}
        self.rule_files: set[str] = set()
        self.telling: set[str] = set()
        looked: list[str] = []
        tested: set[str] = set()
        made: dict[str, list[str]] = {}
        silent: list[bool] = []
        for entry in files.matching(("**/*.yml", "**/*.yaml", "**/*.rules"), None):
            if entry.role in (Role.DATA, Role.EXAMPLE, Role.DOCS) or entry.path.startswith(".github/"):
                continue
            text = files.text(entry.path)
            if text is None or not any(mark in text for mark in monitoring.MARKS):
                continue
            if entry.role is Role.TEST:
                for document in files.yaml_all(entry.path) if "alert_rule_test" in text else ():
                    tested |= runbooks.tested_alerts(document)
                continue
            if "{{" in text and not monitoring.only_in_strings(text):
                documents = monitoring.unrendered(text)
            else:
                documents = files.yaml_all(entry.path)
                if entry.path in files.problems and "{{" in text and (documents := monitoring.unrendered(text)):
                    del files.problems[entry.path]
            before = sum(map(len, self.records.values()))
            for name, document in (one for whole in documents for one in monitoring.held(whole)):
                known = len(self.records["alerts"])
                monitoring.take(self.records, entry.path, document)
                for alert in self.records["alerts"][known:]:
                    if name:
                        alert["file"] = name
                    alert["loaded"] = alert["loaded"] and monitoring.rendered(entry.path, text)
                named = monitoring.rule_files_of(document)
                self.rule_files |= named
                if named and monitoring.tells(document):
                    self.telling |= named
                tested |= runbooks.tested_alerts(document)
                made.update(monitoring.recorded(document))
                mute = monitoring.silent(document)
                silent += [] if mute is None else [mute]
            if sum(map(len, self.records.values())) > before or entry.path in files.problems:
                looked.append(entry.path)
        for entry in files.running("**/*.json"):
            if "dashboard" in entry.path.lower() or "grafana" in entry.path.lower():
                looked.append(entry.path)
                monitoring.take_dashboard(
                    self.records, entry.path, files.json(entry.path), files.text(entry.path) or ""
                )
        for entry in files.running("**/*.tf"):
            monitoring.take_terraform(self.records, entry.path, files.text(entry.path) or "")
        monitoring.mark_loaded(self.records, self.rule_files, self.telling)
        monitoring.resolve(self.records["alerts"], made)
        for alert in self.records["alerts"]:
            alert["told"] = alert["told"] and not (alert["source"] == "prometheus" and silent and all(silent))
            alert["runbook_found"] = runbooks.found(files, alert["path"], alert["runbook"])
            alert["threshold"] = runbooks.has_threshold(alert["source"], alert["expression"], alert["metrics"])
            alert["tested"] = alert["name"] in tested
        self.scope = scope_of(looked, files.problems)
