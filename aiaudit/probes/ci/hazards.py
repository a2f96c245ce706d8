"""Further ways to misuse a GitHub workflow, beside injections and checkouts of a stranger's code.

Each was compared with what zizmor 1.32 reports on the same trees. Of its audits, those that rest on taste (a `./` in
`uses`) or on what the file cannot show (whether a cache is poisoned) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Step, Workflow, as_map
from aiaudit.project.parse import line_of

# Events that anybody can cause and that run with the repository's own secrets and rights.
PRIVILEGED: Final = frozenset({"pull_request_target", "workflow_run", "issue_comment", "issues", "discussion_comment"})
_OF_STRANGERS: Final = (PRIVILEGED - {"workflow_run"}) | {"pull_request", "fork", "watch", "discussion"}
_OF_EVENT: Final = lazy.regex(r"github\.event_name\s*==\s*'(\w+)'")
_ENVIRONMENT_FILE: Final = lazy.regex(
    r">>\s*[\"']?\$\{?(GITHUB_ENV|GITHUB_PATH)\b|>>\s*[\"']?\$env:GITHUB_(?:ENV|PATH)"
)
# A line that only says a text: nothing in it is run, and its variables are told apart.
_FIXED: Final = lazy.regex(r"\s*(?:echo|printf)\s+((?:[\w./:=,@+ \"'-]|\$\{\w+\}|\$\w+)*)")
_SPOKEN: Final = lazy.regex(r"\$(?:\{(\w+)\}|(\w+))")
_ALL_SECRETS: Final = lazy.regex(r"toJSON\(\s*secrets\s*\)", re.IGNORECASE)
_SECRET: Final = lazy.regex(r"\bsecrets\.(?!GITHUB_TOKEN\b)\w+", re.IGNORECASE)
_ASKS_WHO: Final = lazy.regex(
    r"author_association|github\.(?:actor|triggering_actor)|event\.(?:sender|comment\.user|issue\.user|pull_request\.user)"
    r"|head\.repo\.(?:fork|full_name)|head_repository|workflow_run\.event|permission|member|collaborator"
)
_BOT: Final = lazy.regex(
    r"github\.(?:actor|triggering_actor|event\.sender\.login)\s*==\s*'[\w-]+\[bot\]'"
    r"|'[\w-]+\[bot\]'\s*==\s*github\.(?:actor|triggering_actor|event\.sender\.login)\b"
)
_UNSAFE: Final = "ACTIONS_ALLOW_UNSECURE_COMMANDS"
_FREE_TYPES: Final = frozenset({"", "string"})
_INPUT: Final = lazy.regex(r"(?:github\.event\.)?inputs\.([\w-]+)")


def started_by_members(workflows: Iterable[Workflow]) -> frozenset[str]:
    """Names of workflows that no event of a stranger starts (a push, a schedule, a dispatch by an API): what waits for
    their end is started by members alone, too."""
    opened: dict[str, bool] = {}
    for one in workflows:
        strange = bool((_OF_STRANGERS | {"workflow_run"}) & {trigger.partition(":")[0] for trigger in one.triggers})
        opened[one.name] = opened.get(one.name, False) or strange
    return frozenset(name for name, strange in opened.items() if name and not strange)


def hazards(workflow: Workflow, inner: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """One record a hazard: `kind`, its place, and in `what` the words of the file that show it. `inner`: workflows of
    the project that only its members start."""
    data = as_map(workflow.data)
    jobs = as_map(data.get("jobs"))
    events = PRIVILEGED & {trigger.partition(":")[0] for trigger in workflow.triggers}
    if "workflow_run" in events and _waits_for(data) <= inner:
        events -= {"workflow_run"}
    privileged = sorted(events)
    called = {job.id: job.uses for job in workflow.jobs}
    if str(as_map(data.get("env")).get(_UNSAFE) or "").lower() == "true":
        at = line_of(data["env"], _UNSAFE) or 1
        yield {"path": workflow.path, "job": "", "line": at, "kind": "unsafe_commands", "what": _UNSAFE}
    for key, value in jobs.items():
        job, line = as_map(value), line_of(jobs, key) or 1
        place = {"path": workflow.path, "job": str(key)}
        conditions = " ".join([str(job.get("if") or ""), *(str(as_map(s).get("if") or "") for s in _steps(job))])
        if privileged:
            if _uses_secrets(job) and not _asks_who(job, jobs):
                yield {**place, "line": line, "kind": "open_trigger", "what": ", ".join(privileged)}
            if match := _BOT.search(conditions):
                yield {**place, "line": line_of(job, "if") or line, "kind": "bot_condition", "what": match.group(0)}
        for holder in (job, *map(as_map, _steps(job))):
            if str(as_map(holder.get("env")).get(_UNSAFE) or "").lower() == "true":
                at = line_of(holder["env"], _UNSAFE) or line
                yield {**place, "line": at, "kind": "unsafe_commands", "what": _UNSAFE}
        uses = called.get(str(key), "")
        if job.get("secrets") == "inherit" and uses and not uses.startswith("./"):
            at = line_of(job, "secrets") or line
            yield {**place, "line": at, "kind": "inherited_secrets", "what": uses}
        own_machine = "self-hosted" in str(job.get("runs-on")) and "pull_request" in workflow.triggers
        if own_machine and not _only_for_others(str(job.get("if") or "")):
            at = line_of(job, "runs-on") or line
            yield {**place, "line": at, "kind": "self_hosted", "what": "self-hosted on pull_request"}
    for found in workflow.jobs:
        for step in found.steps:
            place = {"path": workflow.path, "job": found.id}
            if privileged and (match := _written(step.script, _constants(data, found.id))):
                line = step.script_line + step.script.count("\n", 0, match.start())
                yield {**place, "line": line, "kind": "environment_file", "what": match.group(1) or "GITHUB_ENV"}
            if _ALL_SECRETS.search(f"{step.script} {dict(step.inputs)}"):
                yield {**place, "line": step.line, "kind": "all_secrets", "what": "toJSON(secrets)"}
            if step.uses.startswith("actions/upload-artifact") and _uploads_token(step.inputs, found.steps):
                yield {**place, "line": step.line, "kind": "uploaded_token", "what": str(step.inputs["path"])}


def _only_for_others(condition: str) -> bool:
    """Whether each way to fulfil the condition of a job names an event that is no pull request; what is negated
    names none."""
    if "!" in condition.replace("!=", ""):
        return False
    ways = condition.split("||")
    return all((match := _OF_EVENT.search(one)) and not match.group(1).startswith("pull_request") for one in ways)


def _written(script: str, constants: frozenset[str]) -> re.Match[str] | None:
    """Where a script writes into the file of variables what is not fixed by the workflow itself."""
    for match in _ENVIRONMENT_FILE.finditer(script):
        start = script.rfind("\n", 0, match.start()) + 1
        fixed = _FIXED.fullmatch(script[start : match.start()])
        if fixed is None or any((one or two) not in constants for one, two in _SPOKEN.findall(fixed.group(1))):
            return match
    return None


def _constants(data: Mapping[str, Any], job: str) -> frozenset[str]:
    """The variables that the workflow or the job sets to a text without an expression."""
    holders = [data.get("env"), as_map(as_map(data.get("jobs")).get(job)).get("env")]
    return frozenset(str(key) for one in holders for key, text in as_map(one).items() if "${{" not in str(text))


def _waits_for(data: Mapping[str, Any]) -> set[str]:
    """The workflows whose end starts this one; a name that is none of the project where that is not said."""
    named = as_map(as_map(data.get("on")).get("workflow_run")).get("workflows")
    return {str(one) for one in named} if isinstance(named, list) and named else {""}


def waits_for_members(workflow: Workflow, inner: frozenset[str]) -> bool:
    """Whether all that starts it is the end of workflows that only members start. `inner`: their names."""
    events = PRIVILEGED & {trigger.partition(":")[0] for trigger in workflow.triggers}
    return events == {"workflow_run"} and _waits_for(as_map(workflow.data)) <= inner


def asks_whose(workflow: Workflow, job: str) -> bool:
    """Whether a job that follows another workflow, or one that it waits for, looks at who started that, or by what."""
    jobs = as_map(as_map(workflow.data).get("jobs"))
    return _asks_who(as_map(jobs.get(job)), jobs)


def free_inputs(workflow: Workflow, expression: str) -> str:
    """The input of a manual run that an expression uses, where its starter may write any text into it; else ""."""
    on = as_map(as_map(workflow.data).get("on"))
    inputs = as_map(as_map(on.get("workflow_dispatch")).get("inputs"))
    for match in _INPUT.finditer(expression):
        if match.group(1) in inputs:
            kind = str(as_map(inputs[match.group(1)]).get("type") or "")
            if kind in _FREE_TYPES:
                return match.group(0)
    return ""


def _steps(job: Mapping[str, Any]) -> list[Any]:
    steps = job.get("steps")
    return steps if isinstance(steps, list) else []


def _uses_secrets(job: Mapping[str, Any]) -> bool:
    """Whether secrets are at hand: they are named, or the job runs in an environment that may hold some."""
    return bool(job.get("environment")) or bool(_SECRET.search(str(job)))


def _asks_who(job: Mapping[str, Any], jobs: Mapping[str, Any]) -> bool:
    """Whether the job, or a job that it waits for, looks at who started it."""
    needs = job.get("needs")
    names = [needs] if isinstance(needs, str) else needs if isinstance(needs, list) else []
    return any(_ASKS_WHO.search(str(one)) for one in [job, *(as_map(jobs.get(str(name))) for name in names)])


def _uploads_token(inputs: Mapping[str, Any], steps: tuple[Step, ...]) -> bool:
    """Whether the whole checkout goes into the artifact, with the token that the checkout left in `.git/config`."""
    whole = str(inputs.get("path")).strip().rstrip("/") in (".", "${{ github.workspace }}")
    return whole and any(
        one.uses.startswith("actions/checkout")
        and str(one.inputs.get("persist-credentials", "true")).lower() != "false"
        for one in steps
    )
