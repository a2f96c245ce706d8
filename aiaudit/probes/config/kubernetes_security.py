"""What a pod may do on its node and in its cluster, and whether an entry to the cluster is encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.model.types import BOOL, STRING, Type, list_of
from aiaudit.probes.config.shapes import as_items, as_map

# Fields of a container beside its resources and probes.
FIELDS: Final[dict[str, Type]] = {
    "non_root": BOOL,
    "as_root": BOOL,
    "privileged": BOOL,
    "read_only_root": BOOL,
    "escalation": BOOL,
    "capabilities": list_of(STRING),
    "host_paths": list_of(STRING),
    "host_namespaces": BOOL,
    "cluster_token": BOOL,
}


def rights(pod: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, Any]:
    """The rights of a container, by Kubernetes' defaults where nothing is said.

    `as_root`: the manifest itself says that it runs as user 0, whatever the image says.
    `escalation`: it may gain more rights than its parent (the default). `capabilities`: those that are added.
    `host_paths`: folders of the node that it sees. `host_namespaces`: it shares the network, processes or memory of the
    node. `cluster_token`: the token of its service account is mounted (the default).
    """
    security = {**as_map(pod.get("securityContext")), **as_map(container.get("securityContext"))}
    volumes = pod.get("volumes")
    paths = [as_map(as_map(one).get("hostPath")).get("path") for one in (volumes if isinstance(volumes, list) else [])]
    added = as_map(security.get("capabilities")).get("add")
    return {
        "non_root": security.get("runAsNonRoot") is True or _is_positive(security.get("runAsUser")),
        "as_root": security.get("runAsUser") == 0 and security.get("runAsNonRoot") is not True,
        "privileged": security.get("privileged") is True,
        "read_only_root": security.get("readOnlyRootFilesystem") is True,
        "escalation": security.get("allowPrivilegeEscalation") is not False,
        "capabilities": [str(one) for one in added] if isinstance(added, list) else [],
        "host_paths": [str(path) for path in paths if path],
        "host_namespaces": any(pod.get(key) is True for key in ("hostNetwork", "hostPID", "hostIPC")),
        "cluster_token": pod.get("automountServiceAccountToken") is not False,
    }


def has_tls(document: Mapping[str, Any]) -> bool:
    """Whether an Ingress, Gateway or OpenShift Route ends TLS: by its specification or the annotation of a cloud."""
    spec = as_map(document.get("spec"))
    notes = as_map(as_map(document.get("metadata")).get("annotations"))
    listeners = [*as_items(spec.get("listeners")), *as_items(spec.get("servers"))]
    return (
        bool(spec.get("tls"))
        or any(
            as_map(one).get("tls") or str(as_map(one).get("protocol")).upper() in ("HTTPS", "TLS") for one in listeners
        )
        or any("certificate" in str(key) or "ssl-cert" in str(key) or "pre-shared-cert" in str(key) for key in notes)
    )


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
