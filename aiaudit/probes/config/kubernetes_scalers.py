"""What scales a workload of Kubernetes: autoscalers of all kinds as records, joined to the containers they scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiaudit.model.types import INT, STRING, list_of, record
from aiaudit.probes.config.shapes import as_items, as_map

SCALERS: Final = frozenset({"HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler", "PodAutoscaler"})
SCALER = record(
    "scaler",
    path=STRING,
    line=INT,
    kind=STRING,
    name=STRING,
    target=STRING,
    minimum=INT,
    maximum=INT,
    metrics=list_of(STRING),
)


def scaler_record(path: str, line: int, kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A scaler: what it scales, between which numbers, by which metrics."""
    target = as_map(spec.get("scaleTargetRef") or spec.get("targetRef"))
    metrics = [
        str(
            as_map(m.get(str(m.get("type", "")).lower())).get("name")
            or as_map(as_map(m.get(_camel(m))).get("metric")).get("name")
            or m.get("type")
        )
        for m in as_items(spec.get("metrics"))
        if isinstance(m, Mapping)
    ]
    metrics += [
        str(as_map(t.get("metadata")).get("metricName") or t.get("type"))
        for t in as_items(spec.get("triggers"))
        if isinstance(t, Mapping)
    ]
    if spec.get("targetCPUUtilizationPercentage"):
        metrics.append("cpu")
    low = spec.get("minReplicas", spec.get("minReplicaCount", 1))
    high = spec.get("maxReplicas", spec.get("maxReplicaCount", 0))
    return {
        "path": path,
        "line": line,
        "kind": kind,
        "name": name,
        "target": str(target.get("name") or ""),
        "minimum": low if isinstance(low, int) else 1,
        "maximum": high if isinstance(high, int) else 0,
        "metrics": metrics,
    }


def _camel(metric: Mapping[str, Any]) -> str:
    kind = str(metric.get("type", ""))
    return kind[:1].lower() + kind[1:]


def link(scalers: Iterable[Mapping[str, Any]], containers: Sequence[dict[str, Any]]) -> None:
    """Tell each container by what its workload is scaled. A vertical scaler adds no replicas."""
    for scaler in scalers:
        for one in containers:
            if one["workload"] == scaler["target"] and scaler["kind"] != "VerticalPodAutoscaler":
                one["scaled"] = True
                one["scaler_metrics"] = scaler["metrics"]
                one["scaler_minimum"], one["scaler_maximum"] = scaler["minimum"], scaler["maximum"]
