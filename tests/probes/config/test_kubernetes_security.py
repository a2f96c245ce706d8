"""The rights of pods, and TLS at the entry to a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.probes.config.kubernetes_security import FIELDS, has_tls, rights


def test_defaults_of_kubernetes() -> None:
    assert rights({}, {}) == {
        "non_root": False,
        "as_root": False,
        "privileged": False,
        "read_only_root": False,
        "escalation": True,
        "capabilities": [],
        "host_paths": [],
        "host_namespaces": False,
        "cluster_token": True,
    }
    assert set(rights({}, {})) == set(FIELDS)


def test_what_is_set() -> None:
    pod = {
        "securityContext": {"runAsUser": 1000},
        "automountServiceAccountToken": False,
        "hostNetwork": True,
        "volumes": [{"hostPath": {"path": "/dev"}}, {"emptyDir": {}}],
    }
    container = {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"add": ["SYS_ADMIN"]}}}
    found = rights(pod, container)
    assert (found["non_root"], found["escalation"], found["cluster_token"]) == (True, False, False)
    assert (found["capabilities"], found["host_paths"], found["host_namespaces"]) == (["SYS_ADMIN"], ["/dev"], True)


def test_the_container_goes_before_the_pod() -> None:
    assert rights({"securityContext": {"runAsUser": 1000}}, {"securityContext": {"runAsUser": 0}})["non_root"] is False


@pytest.mark.parametrize("broken", [None, "text", [], {"capabilities": {"add": "ALL"}}, {"runAsUser": True}])
def test_broken_manifests(broken: Any) -> None:
    assert rights({"volumes": broken}, {"securityContext": broken})["capabilities"] == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"spec": {"rules": []}}, False),
        ({"spec": {"tls": [{"secretName": "x"}]}}, True),
        ({"spec": {}, "metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn"}}}, True),
        ({"spec": {"listeners": [{"protocol": "HTTPS"}]}}, True),
        ({"spec": {"listeners": [{"protocol": "HTTP"}]}}, False),
        ({}, False),
    ],
)
def test_tls_at_the_entry(document: dict[str, Any], expected: bool) -> None:
    assert has_tls(document) is expected
