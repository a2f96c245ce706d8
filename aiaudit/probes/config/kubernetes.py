"""Probe `config.kubernetes`: containers, scalers and other objects of Kubernetes manifests.

Plain YAML with any number of documents, templates of OpenShift, Kustomize patches (merged by kind and name) and Helm
charts. Templates of the project's own charts are filled with its values where they are simple (`helm_render`); what
others leave open is `Unknown`, never missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Literal

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config import images
from aiaudit.probes.config.docker import quoted
from aiaudit.probes.config.helm import template_objects
from aiaudit.probes.config.helm_render import Rendered, rendered
from aiaudit.probes.config.kubernetes_scalers import SCALER, SCALERS, link, scaler_record
from aiaudit.probes.config.kubernetes_security import FIELDS, has_tls, rights
from aiaudit.probes.config.redact import redact
from aiaudit.probes.config.shapes import as_items, as_map
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.parse import line_of
from aiaudit.project.roles import Role

GLOBS: Final = ("**/*.yaml", "**/*.yml")
_MEMO: Final = "config.kubernetes"
_POD_KINDS: Final = frozenset(
    ("Deployment", "DeploymentConfig", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout")
)
_LONG_RUNNING: Final = frozenset(
    {"Deployment", "DeploymentConfig", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Rollout", "InferenceService"}
)
_SERVERLESS: Final = ("serving.knative.dev/", "serving.kserve.io/")  # scale by request, also without a word about it
_SYSTEM_DIRS: Final = (".github/", ".gitlab", "node_modules/")

CONTAINER = record(
    "container",
    path=STRING,
    line=INT,
    kind=STRING,
    workload=STRING,
    namespace=STRING,
    container=STRING,
    image=STRING,
    pin=STRING,
    service=BOOL,
    cpu_request=STRING,
    memory_request=STRING,
    cpu_limit=STRING,
    memory_limit=STRING,
    gpu=STRING,
    readiness=BOOL,
    readiness_path=STRING,
    liveness=BOOL,
    liveness_path=STRING,
    startup=BOOL,
    **FIELDS,
    command=STRING,
    replicas=INT,
    scaled=BOOL,
    scaler_metrics=list_of(STRING),
    scaler_minimum=INT,
    scaler_maximum=INT,
    templated=BOOL,
)
OBJECT = record(
    "object", path=STRING, line=INT, kind=STRING, name=STRING, namespace=STRING, api=STRING, templated=BOOL, tls=BOOL
)


class KubernetesQuery(Query):
    """`what`: containers, scalers, or all objects."""

    what: Literal["containers", "scalers", "objects"] = "containers"


class Manifests(Struct):
    """Everything read, once a run."""

    containers: list[dict[str, Any]] = field(default_factory=list)
    scalers: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


class ConfigKubernetes(Probe[KubernetesQuery]):
    """Containers with their resources, probes, security settings and the scaler of their workload."""

    name: ClassVar[str] = "config.kubernetes"
    title: ClassVar[str] = "Kubernetes manifests: containers with limits and probes, autoscalers, objects"
    query: ClassVar[type[Query]] = KubernetesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: KubernetesQuery) -> Type:
        return list_of({"containers": CONTAINER, "scalers": SCALER, "objects": OBJECT}[query.what])

    def answer(self, fact_id: str, query: KubernetesQuery, context: Context) -> Fact:
        found = manifests(context)
        records: list[dict[str, Any]] = getattr(found, query.what)
        method = "manifests read; simple templates of own charts filled with the values of the chart"
        fact = listed(fact_id, records, method=method, scope=scope_of(found.paths, found.problems), note="workload")
        if fact.state is State.ABSENT and found.problems:
            reason = "; ".join(f"{path}: {why}" for path, why in sorted(found.problems.items())[:5])
            return Fact(fact_id, State.UNKNOWN, method=method, scope=fact.scope, reason=reason)
        return fact


def manifests(context: Context) -> Manifests:
    """All manifests of the project, computed once a run."""
    known = context.memo.get(_MEMO)
    if not isinstance(known, Manifests):
        known = context.memo[_MEMO] = _read(Files(context.project))
    return known


def _read(files: Files) -> Manifests:
    found = Manifests()
    patches: list[tuple[str, Mapping[str, Any]]] = []
    for entry in files.running(GLOBS):
        if entry.path.startswith(_SYSTEM_DIRS) or entry.role is Role.DATA:
            continue
        text = files.text(entry.path)
        if text is None or "apiVersion:" not in text or "kind:" not in text:
            continue
        if "{{" in text and not _only_carried(files, entry.path, text):
            filled = rendered(files, entry.path, text)
            if filled is not None and any(isinstance(one, Mapping) and _is_manifest(one) for one in filled.documents):
                _take_rendered(found, entry.path, filled)
                continue
            made = list(template_objects(entry.path, text))
            found.objects.extend(made)
            found.containers.extend(_templated(one) for one in made if one["kind"] in _POD_KINDS)
            found.paths += [entry.path] if made else []
            continue
        documents = [d for d in files.yaml_all(entry.path) if isinstance(d, Mapping)]
        if entry.path in files.problems:
            found.paths.append(entry.path)
            found.problems[entry.path] = files.problems[entry.path]
        for document in _flattened(documents):
            if not _is_manifest(document):
                continue
            found.paths.append(entry.path)
            if _is_patch(document):
                patches.append((entry.path, document))
            else:
                _take(found, entry.path, document)
    for path, patch in patches:
        _apply(found, path, patch)
    link(found.scalers, found.containers)
    return found


def _take_rendered(found: Manifests, path: str, filled: Rendered) -> None:
    """What a template of the project's own chart becomes, at the lines of the template."""
    lists = (found.objects, found.scalers, found.containers)
    before = [len(one) for one in lists]
    for document in _flattened([one for one in filled.documents if isinstance(one, Mapping)]):
        if _is_manifest(document):
            found.paths.append(path)
            _take(found, path, document)
    for rows, known in zip(lists, before, strict=True):
        for row in rows[known:]:
            row["line"] = filled.line(row["line"])
    left_open = Unknown("the chart leaves it to those who install it")
    if any(name.lower().endswith(("tls", "annotations")) for name in filled.empty):
        for row in found.objects[before[0] :]:
            row["tls"] = row["tls"] or left_open
    for row in found.containers[before[2] :]:
        for name in filled.empty:
            for key in next((keys for ending, keys in _LEFT_OPEN.items() if name.lower().endswith(ending)), ()):
                if not row[key] or key == "escalation":
                    row[key] = left_open


# What of a container depends on a value that a chart leaves empty, by the ending of its name.
_LEFT_OPEN: Final = {
    "securitycontext": ("non_root", "as_root", "privileged", "read_only_root", "escalation"),
    "resources": ("cpu_request", "memory_request", "cpu_limit", "memory_limit", "gpu"),
    "readinessprobe": ("readiness", "readiness_path"),
    "livenessprobe": ("liveness", "liveness_path"),
    "startupprobe": ("startup",),
}
# Objects that carry texts with marks of their own: alerts (`{{ $value }}`) and dashboards (`{{pod}}`).
_BETWEEN: Final = lazy.regex(r"(?m)^---.*$")
_KIND: Final = lazy.regex(r"(?m)^kind:[ \t]*[\"']?(\w+)")
_CARRIERS: Final = frozenset({"ConfigMap", "PrometheusRule", "VMRule", "AlertmanagerConfig", "GrafanaDashboard"})


def _only_carried(files: Files, path: str, text: str) -> bool:
    """Whether a file with `{{` is a plain manifest all the same: the marks stand only in objects that carry them for
    others, and it can be read as it is."""
    for document in _BETWEEN.split(text):
        kind = _KIND.search(document) if "{{" in document else None
        if "{{" in document and (kind is None or kind.group(1) not in _CARRIERS):
            return False
    files.yaml_all(path)
    return files.problems.pop(path, None) is None


def _flattened(documents: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The objects themselves: those of lists, and those that a template of OpenShift is made of."""
    for document in documents:
        kind = str(document.get("kind", ""))
        key = "items" if kind.endswith("List") else "objects" if kind == "Template" else ""
        held = document.get(key)
        if isinstance(held, list):
            yield from (item for item in held if isinstance(item, Mapping))
        else:
            yield document


def _is_manifest(document: Mapping[str, Any]) -> bool:
    api = document.get("apiVersion")
    known = isinstance(api, str) and (api == "v1" or "/" in api)
    return known and isinstance(document.get("kind"), str) and isinstance(document.get("metadata"), Mapping)


def _name(document: Mapping[str, Any]) -> tuple[str, str, str]:
    meta = document["metadata"]
    return str(document["kind"]), str(meta.get("name") or ""), str(meta.get("namespace") or "")


def _pod(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pod spec of a workload."""
    spec = as_map(document.get("spec"))
    match document.get("kind"):
        case "Pod":
            return spec
        case "CronJob":
            return as_map(as_map(as_map(as_map(spec.get("jobTemplate")).get("spec")).get("template")).get("spec"))
        case "InferenceService":
            predictor = as_map(spec.get("predictor"))
            model = predictor.get("model")
            return {"containers": [model], **predictor} if isinstance(model, Mapping) else predictor
        case _:
            return as_map(as_map(spec.get("template")).get("spec"))


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed_ = pod.get("containers")
    return [one for one in listed_ if isinstance(one, Mapping)] if isinstance(listed_, list) else []


def _is_patch(document: Mapping[str, Any]) -> bool:
    """A strategic merge patch: a workload whose containers name no image (or which has no containers at all)."""
    if document.get("kind") not in _POD_KINDS:
        return False
    containers = _containers(_pod(document))
    return not containers or all("image" not in one for one in containers)


def _take(found: Manifests, path: str, document: Mapping[str, Any]) -> None:
    kind, name, namespace = _name(document)
    line = line_of(document) or 1
    api = str(document["apiVersion"])
    found.objects.append(
        {
            "path": path,
            "line": line,
            "kind": kind,
            "name": name,
            "namespace": namespace,
            "api": api,
            "templated": False,
            "tls": has_tls(document),
        }
    )
    if kind in SCALERS:
        found.scalers.append(scaler_record(path, line, kind, name, as_map(document.get("spec"))))
        return
    pod = _pod(document)
    for one in _containers(pod):
        found.containers.append(_container(path, document, pod, one))


def _container(
    path: str, document: Mapping[str, Any], pod: Mapping[str, Any], one: Mapping[str, Any]
) -> dict[str, Any]:
    kind, name, namespace = _name(document)
    image = str(one.get("image") or "")
    reference = images.parse(image) if image else None
    resources = as_map(one.get("resources"))
    requests, limits = as_map(resources.get("requests")), as_map(resources.get("limits"))
    replicas = as_map(document.get("spec")).get("replicas")
    words = [*as_items(one.get("command")), *as_items(one.get("args"))]
    return {
        "path": path,
        "line": line_of(one) or line_of(document) or 1,
        "kind": kind,
        "workload": name,
        "namespace": namespace,
        "container": str(one.get("name") or ""),
        "image": image,
        "pin": reference.pin if reference else Unknown("no image reference") if image else "",
        "service": kind in _LONG_RUNNING or str(document["apiVersion"]).startswith("serving.knative.dev/"),
        "cpu_request": _text(requests.get("cpu") or limits.get("cpu")),
        "memory_request": _text(requests.get("memory") or limits.get("memory")),
        "cpu_limit": _text(limits.get("cpu")),
        "memory_limit": _text(limits.get("memory")),
        "gpu": next((_text(v) for k, v in {**requests, **limits}.items() if k.endswith("/gpu") or "/mig-" in k), ""),
        "readiness": isinstance(one.get("readinessProbe"), Mapping),
        "readiness_path": _probe_path(one.get("readinessProbe")),
        "liveness": isinstance(one.get("livenessProbe"), Mapping),
        "liveness_path": _probe_path(one.get("livenessProbe")),
        "startup": isinstance(one.get("startupProbe"), Mapping),
        **_rights(pod, one, reference, on_openshift=kind == "DeploymentConfig"),
        "command": redact(" ".join(quoted(str(word)) for word in words)),
        "replicas": replicas if isinstance(replicas, int) else 1,
        "scaled": str(document["apiVersion"]).startswith(_SERVERLESS),
        "scaler_metrics": [],
        "scaler_minimum": 0,
        "scaler_maximum": 0,
        "templated": False,
    }


def _rights(
    pod: Mapping[str, Any], one: Mapping[str, Any], image: images.Image | None, *, on_openshift: bool
) -> dict[str, Any]:
    """Rights by the manifest; where it says nothing of the user, an image may be known to have another than root."""
    found = rights(pod, one)
    if on_openshift and not found["as_root"] and not found["non_root"]:
        unsaid = Unknown("OpenShift gives containers a user of its own, but where it is told not to")
        return {**found, "non_root": unsaid}
    said = any("runAsUser" in as_map(held.get("securityContext")) for held in (pod, one))
    if not found["non_root"] and not said and image is not None and image.default_root() is False:
        return {**found, "non_root": True}
    return found


def _templated(one: dict[str, Any]) -> dict[str, Any]:
    """A container of a chart's template: what the template's text shows, and Unknown for the rest."""
    unresolved = Unknown("a chart template is not rendered")
    return {
        **dict.fromkeys((key for key, _ in CONTAINER.fields), unresolved),
        "path": one["path"],
        "line": one["line"],
        "kind": one["kind"],
        "workload": one["name"],
        "service": one["kind"] in _LONG_RUNNING,
        "templated": True,
    }


def _apply(found: Manifests, path: str, patch: Mapping[str, Any]) -> None:
    """Adds what a Kustomize patch sets to the containers of the workload it names."""
    kind, name, _ = _name(patch)
    pod = _pod(patch)
    for one in _containers(pod) or [{}]:
        made = _container(path, patch, pod, one)
        for base in found.containers:
            same = base["kind"] == kind and base["workload"] == name and one.get("name") in (None, base["container"])
            if same and not base["templated"]:
                base.update({key: value for key, value in made.items() if key in _PATCHED and value})
                base["non_root"] = base["non_root"] and not _takes_back(pod, one)
    found.objects.append(
        {
            "path": path,
            "line": line_of(patch) or 1,
            "kind": kind,
            "name": name,
            "namespace": "",
            "api": "",
            "templated": False,
            "tls": False,
        }
    )


def _takes_back(pod: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    """Whether a patch makes root of the user that its base names."""
    said = [as_map(held.get("securityContext")) for held in (pod, one)]
    return any(held.get("runAsUser") == 0 or held.get("runAsNonRoot") is False for held in said)


_PATCHED: Final = (
    "cpu_request", "memory_request", "cpu_limit", "memory_limit", "gpu", "readiness", "readiness_path", "liveness",
    "liveness_path", "startup", "non_root", "read_only_root", "privileged", "capabilities",
)  # fmt: skip


def _probe_path(probe: Any) -> str:
    """The HTTP path of a probe; the command of an exec probe; "tcp" or "grpc" for those."""
    settings = as_map(probe)
    if isinstance(settings.get("httpGet"), Mapping):
        return str(settings["httpGet"].get("path") or "/")
    if isinstance(settings.get("exec"), Mapping):
        return "exec " + " ".join(str(word) for word in as_items(settings["exec"].get("command")))
    return "tcp" if "tcpSocket" in settings else "grpc" if "grpc" in settings else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)
