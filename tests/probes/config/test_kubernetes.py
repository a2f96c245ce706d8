"""`config.kubernetes`: containers, scalers, patches, charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.model.types import Unknown
from aiaudit.probes.config.kubernetes import ConfigKubernetes, KubernetesQuery
from tests.probes.support import context

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: prod}
spec:
  replicas: 3
  template:
    spec:
      securityContext: {runAsNonRoot: true}
      containers:
        - name: api
          image: ghcr.io/x/api:1.2.3
          command: [uvicorn, "app:app"]
          resources:
            requests: {cpu: 500m, memory: 1Gi}
            limits: {memory: 2Gi, nvidia.com/gpu: 1}
          readinessProbe: {httpGet: {path: /ready, port: 80}}
          livenessProbe: {exec: {command: [cat, /tmp/x]}}
          securityContext: {readOnlyRootFilesystem: true}
        - name: sidecar
          image: envoy
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec:
  scaleTargetRef: {kind: Deployment, name: api}
  minReplicas: 2
  maxReplicas: 9
  metrics:
    - {type: Resource, resource: {name: cpu}}
    - {type: Pods, pods: {metric: {name: queue_length}}}
"""


def ask(root: Path, files: dict[str, str], what: Literal["containers", "scalers", "objects"] = "containers") -> Fact:
    return ConfigKubernetes().answer("k", KubernetesQuery(what=what), context(root, files))


def containers(root: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    return ask(root, files).value or []


def test_a_deployment_with_its_scaler(tmp_path: Path) -> None:
    api, sidecar = containers(tmp_path, {"k8s/all.yaml": DEPLOYMENT + "---\n" + SCALER})
    assert (api["line"], api["workload"], api["namespace"], api["replicas"]) == (10, "api", "prod", 3)
    assert (api["cpu_request"], api["memory_request"], api["memory_limit"], api["gpu"]) == ("500m", "1Gi", "2Gi", "1")
    assert (api["readiness_path"], api["liveness_path"]) == ("/ready", "exec cat /tmp/x")
    assert (api["non_root"], api["read_only_root"], api["pin"]) == (True, True, "exact")
    assert (api["scaled"], api["scaler_metrics"], api["scaler_maximum"]) == (True, ["cpu", "queue_length"], 9)
    assert (sidecar["memory_limit"], sidecar["readiness"], sidecar["pin"], sidecar["non_root"]) == (
        "",
        False,
        "latest",
        True,
    )


def test_patches_of_kustomize_add_to_their_workload(tmp_path: Path) -> None:
    patch = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {template: {spec: {containers: [{name: sidecar, resources: {limits: {memory: 64Mi, cpu: 1}}}]}}}
"""
    files = {"base/d.yaml": DEPLOYMENT, "overlays/prod/patch.yaml": patch}
    api, sidecar = containers(tmp_path, files)
    assert (api["memory_limit"], sidecar["memory_limit"], sidecar["image"]) == ("2Gi", "64Mi", "envoy")


def test_cron_jobs_lists_and_other_workloads(tmp_path: Path) -> None:
    files = {
        "a.yaml": (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: nightly}\n"
            "  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: a:1}]}}}}}\n"
        ),
        "b.yaml": (
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: m}\n"
            "spec: {predictor: {model: {name: sk, resources: {limits: {memory: 1Gi}}}}}\n"
        ),
        "c.yaml": (
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n"
            "spec: {template: {spec: {containers: [{image: x:1}]}}}\n"
        ),
    }
    found = {c["workload"]: (c["kind"], c["service"], c["memory_limit"]) for c in containers(tmp_path, files)}
    assert found == {
        "nightly": ("CronJob", False, ""),
        "m": ("InferenceService", True, "1Gi"),
        "s": ("Service", True, ""),
    }


def test_marks_that_a_config_map_carries_make_no_template(tmp_path: Path) -> None:
    rules = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules}\ndata:\n  rules.yml: |\n    share {{ $value }}\n---\n"
    )
    api, _ = containers(tmp_path, {"k8s/all.yaml": rules + DEPLOYMENT})
    assert (api["templated"], api["readiness_path"]) == (False, "/ready")
    (api,) = containers(tmp_path / "b", {"k8s/all.yaml": rules + DEPLOYMENT.replace("envoy", '"{{ image }}"')})
    assert api["templated"] is True


def test_a_chart_is_not_rendered_and_not_missing(tmp_path: Path) -> None:
    template = """\
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  template:
    spec:
      containers:
        - image: {{ .Values.image }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: fixed
"""
    files = {"chart/Chart.yaml": "name: c\nversion: 1\n", "chart/templates/d.yaml": template}
    (one,) = containers(tmp_path, files)
    assert (one["kind"], one["templated"], one["line"]) == ("Deployment", True, 2)
    assert isinstance(one["memory_limit"], Unknown)
    assert [o["kind"] for o in ask(tmp_path, {}, "objects").value] == ["Deployment", "Service"]


@pytest.mark.parametrize(
    "text",
    [
        "kind: pytest\napiVersion: what\n", "apiVersion: v1\nkind: [a]\n", "- apiVersion: v1\n- kind: x\n",
        "apiVersion: v1\nkind: Pod\nmetadata: 3\n",
    ],
)  # fmt: skip
def test_other_yaml_is_no_manifest(tmp_path: Path, text: str) -> None:
    assert ask(tmp_path, {"a.yaml": text}).state is State.ABSENT


@pytest.mark.parametrize(
    "text",
    [
        "spec: 3", "spec: {template: [1]}", "spec: {template: {spec: {containers: 3}}}", ("spec: {template: {spec: "
                                                                                          "{containers: [1, {}]}}}"),
        ("spec: {template: {spec: {containers: [{image: 3, resources: 4, readinessProbe: 5, "
         "command: 6}]}}}"), "spec: {replicas: x}",
    ],
)  # fmt: skip
def test_hostile_workloads(tmp_path: Path, text: str) -> None:
    made = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\n{text}\n"
    assert ask(tmp_path, {"a.yaml": made}).state in (State.KNOWN, State.ABSENT)


def test_a_manifest_that_is_broken_is_unknown(tmp_path: Path) -> None:
    fact = ask(tmp_path, {"k8s/a.yaml": "apiVersion: v1\nkind: Pod\n  metadata: ["})
    assert fact.state is State.UNKNOWN
    assert "k8s/a.yaml" in fact.reason


CHART = {"chart/Chart.yaml": "name: c\nversion: 1\n"}
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-api
spec:
  template:
    spec:
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: api
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          {{- if .Values.probes.enabled }}
          readinessProbe:
            httpGet: {path: {{ .Values.probes.path | quote }}, port: 80}
          {{- else }}
          readinessProbe: {tcpSocket: {port: 80}}
          {{- end }}
          env:
            {{- range $key, $value := .Values.env }}
            - name: {{ $key }}
              value: {{ $value | quote }}
            {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"""
VALUES = """\
image: {repository: acme/api, tag: "1.2.3"}
podSecurityContext: {runAsNonRoot: true}
probes: {enabled: true, path: /ready}
env: {LEVEL: info, MODE: fast}
resources:
  limits: {memory: 512Mi, cpu: "1"}
"""


def test_a_chart_of_the_project_is_filled_with_its_values(tmp_path: Path) -> None:
    files = {**CHART, "chart/templates/d.yaml": POD, "chart/values.yaml": VALUES}
    (one,) = containers(tmp_path, files)
    assert (one["line"], one["image"], one["memory_limit"]) == (13, "acme/api:1.2.3", "512Mi")
    assert (one["readiness_path"], one["non_root"], one["templated"]) == ("/ready", True, False)


def test_values_for_production_stand_before_those_of_the_chart(tmp_path: Path) -> None:
    files = {**CHART, "chart/templates/d.yaml": POD, "chart/values.yaml": VALUES}
    files["chart/values-prod.yaml"] = "probes: {enabled: false}\nresources: {limits: {memory: 2Gi}}\n"
    (one,) = containers(tmp_path, files)
    assert (one["memory_limit"], one["cpu_limit"], one["readiness_path"]) == ("2Gi", "1", "tcp")


@pytest.mark.parametrize(
    "change",
    [
        ("chart/Chart.yaml", "name: c\nversion: 1\nhome: https://charts.acme.io\n"),
        ("chart/templates/d.yaml", POD.replace(".Values.resources |", '(lookup "v1" "Pod" "" "") |')),
        ("chart/templates/d.yaml", POD.replace("toYaml .Values.resources", 'include "c.resources" .')),
        ("chart/templates/d.yaml", POD + "{{- end }}\n"),
    ],
)
def test_charts_of_others_and_what_is_not_understood_stay_open(tmp_path: Path, change: tuple[str, str]) -> None:
    files = {**CHART, "chart/templates/d.yaml": POD, "chart/values.yaml": VALUES, change[0]: change[1]}
    (one,) = containers(tmp_path, files)
    assert isinstance(one["memory_limit"], Unknown)
    assert one["templated"]


@pytest.mark.parametrize("text", ["x" * 50, ""])
def test_a_template_that_grows_without_end_is_left_alone(tmp_path: Path, text: str) -> None:
    loops = "{{- range .Values.many }}" * 30 + text + "{{- end }}" * 30
    values = VALUES + "many: [" + ", ".join("1" * 200) + "]\n"
    files = {**CHART, "chart/templates/d.yaml": POD + loops, "chart/values.yaml": values}
    (one,) = containers(tmp_path, files)
    assert one["templated"]
