"""Secrets that scripts of CI print or hand on where they can be read. A variable is a secret where the system says so,
or where the pipeline itself uses it as one: as a password, a token, a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci import gitlab
from aiaudit.probes.ci.model import Workflow, as_map
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

_KNOWN: Final = frozenset(
    {"CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD", "CI_JOB_JWT", "CI_DEPENDENCY_PROXY_PASSWORD"}
    | {"SYSTEM_ACCESSTOKEN", "BITBUCKET_STEP_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN", "GITHUB_TOKEN"}
)
_USED: Final = lazy.regex(
    r"(?:(?:\blogin\b[^\n|]{0,300}?\s-p|\s(?:--password|--pass|--token|--auth-token|--api-key|--secret-access-key))"
    r"[ =]+|(?:PRIVATE|JOB|DEPLOY)-TOKEN:\s*|Authorization:\s*(?:Bearer|token|Basic)\s+|://[\w.-]+:)"
    r"[\"']?\$(?:\{(\w+)\}|\((\w+)\)|(\w+))"
    r"|\becho\s+(?:-n\s+)?[\"']?\$\{?(\w+)\}?[\"']?\s*\|\s*[^|\n]*--password-stdin"
)
_PRINTS: Final = lazy.regex(r"^[ \t]*(?:echo|printf)\b(?P<words>[^\n|>]*)(?P<after>[|>]?)", re.MULTILINE)
_NAMED: Final = lazy.regex(r"(?<!\\)\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")
_SINGLE: Final = lazy.regex(r"'[^'\n]*'")
_MASKED: Final = frozenset({"github"})  # a secret is starred out in the log
_JENKINS: Final = lazy.regex(
    r"(?P<env>\w+)\s*=\s*credentials\s*\(|\b(?:variable|passwordVariable|tokenVariable|secretKeyVariable)\s*:\s*['\"](?P<bound>\w+)['\"]"
)
_GROOVY: Final = lazy.regex(r"(?<!\\)\$\{?\s*(?:env\.)?(\w+)")


def shown(workflow: Workflow, files: Files) -> Iterator[dict[str, Any]]:
    """Hazards: `printed_secret`, `traced` (a trace of all variables) and `interpolated_secret` (of Groovy)."""
    if workflow.system in _MASKED:
        return
    scripts = [(job, step) for job in workflow.jobs for step in job.steps if step.script]
    if workflow.system == "jenkins":
        told = _JENKINS.finditer(files.text(workflow.path) or "")
        bound = {hit["env"] or hit["bound"] for hit in told}
        for job, step in scripts if bound else ():
            for hit in _GROOVY.finditer(step.script) if step.inputs.get("interpolated") else ():
                if hit.group(1) in bound:
                    line = step.script_line + step.script.count("\n", 0, hit.start())
                    yield _hazard(workflow.path, line, job.id, "interpolated_secret", hit.group(1))
    secret = set(_KNOWN)
    for _, step in scripts:
        secret.update(name for hit in _USED.findall(step.script) for name in hit if name)
    for job, step in scripts:
        for hit in _PRINTS.finditer(step.script):
            words = _SINGLE.sub("", hit["words"])
            names = [name for found in _NAMED.findall(words) for name in found if name in secret]
            if names and not hit["after"]:
                line = step.script_line + step.script.count("\n", 0, hit.start())
                yield _hazard(step.path or workflow.path, line, job.id, "printed_secret", names[0])
    if workflow.system == "gitlab":
        data = gitlab.documents(files, workflow.path)[1]
        for key, holder in [("", data), *data.items()]:
            variables = as_map(as_map(holder).get("variables"))
            if str(variables.get("CI_DEBUG_TRACE", "")).lower() == "true":
                line = line_of(variables, "CI_DEBUG_TRACE") or 1
                yield _hazard(workflow.path, line, str(key), "traced", "CI_DEBUG_TRACE")


def _hazard(path: str, line: int, job: str, kind: str, what: str) -> dict[str, Any]:
    return {"path": path, "line": line, "job": job, "kind": kind, "what": what}
