"""Readers of monitoring files. Each takes parsed content and adds records to the lists it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.config.shapes import as_items, as_map
from aiaudit.probes.config.terraform import blocks
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.words import word_set
from aiaudit.project.parse import Malformed, line_of, parse_yaml_all

MARKS: Final = (
    "alert:",
    "record:",
    "scrape_configs",
    "receivers:",
    "PrometheusRule",
    "ServiceMonitor",
    "PodMonitor",
    "exporters:",
    "rules:",
    "alert_rule_test",
)
Records = dict[str, list[dict[str, Any]]]

_NAME: Final = lazy.regex(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Words of PromQL that are no metric names.
_PROMQL: Final = word_set(
    "and or unless by without on ignoring group_left group_right bool offset start end inf nan sum min",
    "max avg group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio",
)
_OWNER_KEYS: Final = ("owner", "team", "squad", "owned_by", "responsible", "contact", "oncall", "on_call", "on-call")
_NOBODY: Final = lazy.regex(r"(?i)(?:todo|tbd|tba|fixme|none|nobody|unknown|n/?a|x+|-+|\?+|<[^>]*>|your[-_ ].*)")
_MOST_ROUTES: Final = 500
_MOST_METRICS: Final = 200
_DEEPEST: Final = 3  # rules that record what others record


def metrics_of(expression: str) -> list[str]:
    """The metric names in a PromQL expression: what is neither a function, a word of the language, a label nor a
    duration. Parts of histograms and summaries (`_bucket`, `_sum`, `_count`) give the metric's own name too."""
    text = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", '""', expression)
    text = re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", " ", text)
    found: dict[str, None] = {}
    for match in _NAME.finditer(text):
        name = match.group(0)
        after = text[match.end() :].lstrip()
        before = text[match.start() - 1 : match.start()]
        if after.startswith("(") or name.lower() in _PROMQL or before.isdigit():
            continue
        found[name] = None
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        found[base] = None
    return list(found)


def only_in_strings(text: str) -> bool:
    """Whether every `{{` of a file is inside a value, as in the annotations of alert rules (so that it parses)."""
    return all(
        re.match(r"\s*(-\s+)?[\w./-]+\s*:\s*\S|\s*(-\s+)?[\"'\w(]|\s*\{\{\s*\$(?:labels|values?)\b", line)
        for line in text.splitlines()
        if "{{" in line
    )


# What a chart's template holds: braces that it writes as they are, lines that only steer it, and places it fills in.
_WRITTEN: Final = lazy.regex(r"\{\{-?\s*(?:\"\{\{\"|\"\}\}\"|`[^`\n]*`)\s*-?\}\}")
_STEERING: Final = lazy.regex(r"(?m)^[ \t]*\{\{[^{}\n]*\}\}[ \t]*$")
_OF_A_CHART: Final = lazy.regex(r"\{\{-?[^{}\n]*\.(?:Values|Release|Chart)\.\w")
_FILLED_IN: Final = lazy.regex(r"\{\{[^{}\n]*\}\}")


def unrendered(text: str) -> list[Any]:
    """The documents of a chart's template as far as they are written out; 0 stands where the chart fills in a value.
    Lines keep their numbers. Nothing where what is left is no YAML."""
    plain = _FILLED_IN.sub("0", _STEERING.sub("", _WRITTEN.sub("", text)))
    try:
        return parse_yaml_all(plain.encode())
    except Malformed:
        return []


def take(records: Records, path: str, document: Any) -> None:
    """Adds what a YAML document of a monitoring system says."""
    if not isinstance(document, Mapping):
        return
    kind = document.get("kind")
    spec = as_map(document.get("spec"))
    if kind == "PrometheusRule":
        labels = as_map(as_map(document.get("metadata")).get("labels"))
        _groups(records, path, spec.get("groups"), labels, applied=True)
    elif kind in ("ServiceMonitor", "PodMonitor"):
        endpoints = as_items(spec.get("endpoints") or spec.get("podMetricsEndpoints"))
        records["scrapes"].append(
            {
                "path": path,
                "line": line_of(document) or 1,
                "job": str(as_map(document.get("metadata")).get("name") or ""),
                "source": str(kind),
                "targets": [str(as_map(one).get("port") or "") for one in endpoints],
                "metrics_path": next(
                    (str(as_map(one).get("path")) for one in endpoints if as_map(one).get("path")), "/metrics"
                ),
            }
        )
    if isinstance(document.get("groups"), list):
        _groups(records, path, document["groups"])
    if isinstance(document.get("scrape_configs"), list):
        _scrapes(records, path, document["scrape_configs"])
    if isinstance(document.get("receivers"), list) and ("route" in document or "global" in document):
        _receivers(records, path, document["receivers"])
    pipelines = as_map(document.get("service")).get("pipelines")
    if isinstance(pipelines, Mapping) and isinstance(document.get("exporters"), Mapping):
        _collectors(records, path, pipelines, as_map(document.get("receivers")))


def rendered(path: str, text: str) -> bool:
    """Whether a manifest is applied as it lies there. Helm looks for templates under `templates/` alone; one with
    `.Values` that lies elsewhere is applied by nobody."""
    return "/templates/" in f"/{path}" or not _OF_A_CHART.search(text)


def held(document: Any) -> list[tuple[str, Any]]:
    """A document under "", and the configurations that a ConfigMap of Kubernetes holds as texts, under their names.
    Their lines are those of the file."""
    found: list[tuple[str, Any]] = [("", document)]
    data = as_map(document).get("data") if as_map(document).get("kind") == "ConfigMap" else None
    for name, text in as_map(data).items():
        if not isinstance(text, str) or not any(mark in text for mark in MARKS):
            continue
        above = "\n" * (line_of(data, str(name)) or 0)
        try:
            found += [(str(name), inner) for inner in parse_yaml_all((above + text).encode())]
        except Malformed:
            continue
    return found


def rule_files_of(document: Any) -> set[str]:
    """The files of rules that a Prometheus configuration loads, by their names (folders differ inside containers)."""
    named = as_items(as_map(document).get("rule_files"))
    return {str(one).rpartition("/")[2] for one in named if isinstance(one, str)}


def tells(document: Any) -> bool:
    """Whether a Prometheus configuration names an Alertmanager, without which its alerts reach nobody."""
    managers = [as_map(one) for one in as_items(as_map(as_map(document).get("alerting")).get("alertmanagers"))]
    return any(one and not _aimless(one) for one in managers)


def _aimless(manager: Mapping[str, Any]) -> bool:
    """Whether an Alertmanager is named by lists of targets that are all empty."""
    if any(str(key).endswith("_sd_configs") for key in manager) or "static_configs" not in manager:
        return False
    lists = [as_map(one).get("targets") for one in as_items(manager["static_configs"])]
    return all(isinstance(one, list) and not one for one in lists)


def silent(document: Any) -> bool | None:
    """Whether an Alertmanager's routes lead to receivers alone that tell nobody; None for what is no Alertmanager's."""
    top = as_map(as_map(document).get("route"))
    receivers = {str(as_map(one).get("name") or ""): as_map(one) for one in as_items(as_map(document).get("receivers"))}
    if not top or not receivers:
        return None
    todo, named = [top], set()
    for route in todo:  # grows as it is read
        named.add(str(route.get("receiver") or top.get("receiver") or ""))
        todo += [as_map(one) for one in as_items(route.get("routes"))]
        if len(todo) > _MOST_ROUTES:
            return None
    return named <= receivers.keys() and not any(_channels(receivers[name]) for name in named)


def recorded(document: Any) -> dict[str, list[str]]:
    """The metrics that rules of a document record, each with those that it is made of."""
    spec = as_map(document).get("spec") if as_map(document).get("kind") == "PrometheusRule" else document
    return {
        str(as_map(rule).get("record")): metrics_of(str(as_map(rule).get("expr") or ""))
        for group in as_items(as_map(spec).get("groups"))
        for rule in as_items(as_map(group).get("rules"))
        if as_map(rule).get("record")
    }


def resolve(alerts: list[dict[str, Any]], made: Mapping[str, list[str]]) -> None:
    """Names, beside a metric that a rule records, those that it is made of, a few rules deep."""
    for alert in alerts:
        known = dict.fromkeys(alert["metrics"])
        fresh = list(known)
        for _ in range(_DEEPEST):
            fresh = [name for one in fresh for name in made.get(one, ()) if name not in known]
            known.update(dict.fromkeys(fresh))
        alert["metrics"] = list(known)[:_MOST_METRICS]


def mark_loaded(records: Records, rule_files: set[str], telling: set[str]) -> None:
    """Marks the alerts whose file some Prometheus configuration loads, and those that can reach somebody from there.

    `telling`: the names of files that a configuration loads which names an Alertmanager. Names may hold `*`.
    """
    for alert in records["alerts"]:
        name = alert.pop("file", "") or alert["path"].rpartition("/")[2]
        named = any(fnmatchcase(name, pattern) for pattern in rule_files)
        alert["told"] = not named or alert["loaded"] or any(fnmatchcase(name, pattern) for pattern in telling)
        alert["loaded"] = alert["loaded"] or named


def _groups(
    records: Records, path: str, groups: Any, shared: Mapping[str, Any] | None = None, *, applied: bool = False
) -> None:
    """Adds the alerts of groups of rules. `shared`: labels of the object; a group may have labels too."""
    for group in as_items(groups):
        rules = as_map(group).get("rules")
        outer = {**(shared or {}), **as_map(as_map(group).get("labels"))}
        for index, item in enumerate(as_items(rules)):
            rule = as_map(item)
            expression = rule.get("expr") or _grafana_expression(rule)
            name = rule.get("alert") or (rule.get("title") if "data" in rule else None)
            if not isinstance(name, str) or not isinstance(expression, str):
                continue
            labels, notes = as_map(rule.get("labels")), as_map(rule.get("annotations"))
            said = {**outer, **notes, **labels}
            owners = (str(said[key]).strip() for key in _OWNER_KEYS if said.get(key))
            owner = next((one for one in owners if not _NOBODY.fullmatch(one)), "")
            records["alerts"].append(
                {
                    "path": path,
                    "line": line_of(rules, index) or 1,
                    "name": name,
                    "source": "grafana" if "data" in rule else "prometheus",
                    "expression": " ".join(expression.split())[:500],
                    "metrics": metrics_of(expression),
                    "severity": str(labels.get("severity") or labels.get("priority") or ""),
                    "owner": owner,
                    "runbook": str(notes.get("runbook_url") or notes.get("runbook") or labels.get("runbook_url") or ""),
                    "waits": str(rule.get("for") or ""),
                    "loaded": applied or "data" in rule,
                }
            )


def _grafana_expression(rule: Mapping[str, Any]) -> str | None:
    queries = [as_map(as_map(one).get("model")).get("expr") for one in as_items(rule.get("data"))]
    found = [query for query in queries if isinstance(query, str)]
    return " ".join(found) if found else None


def _scrapes(records: Records, path: str, jobs: Any) -> None:
    for index, item in enumerate(as_items(jobs)):
        job = as_map(item)
        targets = [
            str(t) for static in as_items(job.get("static_configs")) for t in as_items(as_map(static).get("targets"))
        ]
        discovery = [str(key) for key in job if str(key).endswith("_sd_configs")]
        records["scrapes"].append(
            {
                "path": path,
                "line": line_of(jobs, index) or 1,
                "job": str(job.get("job_name") or ""),
                "source": "prometheus",
                "targets": [*targets, *discovery],
                "metrics_path": str(job.get("metrics_path") or "/metrics"),
            }
        )


def _receivers(records: Records, path: str, receivers: Any) -> None:
    for index, item in enumerate(as_items(receivers)):
        receiver = as_map(item)
        channels = _channels(receiver)
        records["receivers"].append(
            {
                "path": path,
                "line": line_of(receivers, index) or 1,
                "name": str(receiver.get("name") or ""),
                "channels": channels,
                "empty": not channels,
            }
        )


def _channels(receiver: Mapping[str, Any]) -> list[str]:
    """By what a receiver tells somebody."""
    return [
        str(key).removesuffix("_configs") for key, value in receiver.items() if str(key).endswith("_configs") and value
    ]


def _collectors(records: Records, path: str, pipelines: Mapping[str, Any], receivers: Mapping[str, Any]) -> None:
    for name, value in pipelines.items():
        pipeline = as_map(value)
        records["collectors"].append(
            {
                "path": path,
                "line": line_of(pipelines, name) or 1,
                "pipeline": str(name),
                "receivers": [str(one) for one in as_items(pipeline.get("receivers"))],
                "exporters": [str(one) for one in as_items(pipeline.get("exporters"))],
            }
        )
    scraper = as_map(as_map(receivers.get("prometheus")).get("config"))
    _scrapes(records, path, scraper.get("scrape_configs"))


def take_dashboard(records: Records, path: str, document: Any, text: str) -> None:
    """Adds a Grafana dashboard: its title and the metrics of its panels."""
    board = as_map(as_map(document).get("dashboard")) or as_map(document)
    panels = [as_map(one) for one in as_items(board.get("panels"))]
    panels += [as_map(inner) for one in panels for inner in as_items(one.get("panels"))]
    if not panels:
        return
    expressions = [as_map(t).get("expr") for panel in panels for t in as_items(panel.get("targets"))]
    names = dict.fromkeys(name for one in expressions if isinstance(one, str) for name in metrics_of(one))
    records["dashboards"].append(
        {
            "path": path,
            "line": LineFinder(text).key("title"),
            "title": str(board.get("title") or ""),
            "metrics": list(names)[:200],
            "panels": len(panels),
        }
    )


def take_terraform(records: Records, path: str, text: str) -> None:
    """Adds alarms that Terraform creates."""
    if not re.search(r"metric_alarm|alert_policy|monitor_metric_alert|datadog_monitor", text):
        return
    for block in blocks(path, text):
        if block["block"] != "resource" or not re.search(
            r"_metric_alarm$|_alert_policy$|metric_alert$|^datadog_monitor$|^grafana_rule_group$", block["type"]
        ):
            continue
        values = block["attributes"]
        actions = [str(values[key]) for key in ("alarm_actions", "notification_channels") if key in values]
        metric = values.get("metric_name")
        written = _written(text, block["line"]) if block["type"] == "google_monitoring_alert_policy" else ""
        asked = dict.fromkeys(one.group(1) for one in _METRIC_TYPE.finditer(written))
        beside = _DOCUMENT.search(written)
        described = values.get("alarm_description") or values.get("description") or values.get("documentation.content")
        records["alerts"].append(
            {
                "path": path,
                "line": block["line"],
                "name": block["name"],
                "source": "terraform",
                "expression": str(values.get("query", "")) if isinstance(values.get("query"), str) else "",
                "metrics": [metric] if isinstance(metric, str) else list(asked)[:20],
                "severity": "",
                "owner": "notified" if actions else "",
                "runbook": beside.group(1) if beside else _address(described),
                "waits": "",
                "loaded": True,
            }
        )


_METRIC_TYPE: Final = lazy.regex(r"""\bmetric\.type\s*=\s*\\?["']([\w./-]+)\\?["']""")
_DOCUMENT: Final = lazy.regex(r"""\bcontent\s*=\s*(?:template)?file\(\s*"\$\{path\.module\}/([\w./-]+)\"""")
"""`content = file("${path.module}/runbooks/down.md")`: the file lies beside the module."""
_NEXT_BLOCK: Final = lazy.regex(r"^(?:resource|data|module|variable|output|locals|provider|terraform)\b", re.MULTILINE)


def _written(text: str, line: int) -> str:
    """The text of the block that begins at `line`."""
    rest = "\n".join(text.split("\n")[line - 1 :])
    following = _NEXT_BLOCK.search(rest, 1)
    return rest[: following.start()] if following else rest


def _address(text: Any) -> str:
    """The first web address in a description."""
    match = re.search(r"https?://[^\s\"'<>)]+", text) if isinstance(text, str) else None
    return match.group(0) if match else ""
