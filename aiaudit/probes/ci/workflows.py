"""Probe `ci.workflows`: how pipelines are secured: what they take from others, permissions, injections, runners."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, ClassVar, Final, Literal

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.borrowed import Borrowed, borrowed
from aiaudit.probes.ci.carried import by_its_variables, carried
from aiaudit.probes.ci.composite import EXPRESSION, OpenStep, open_steps
from aiaudit.probes.ci.conditions import NUMBERED
from aiaudit.probes.ci.evaluated import evaluated
from aiaudit.probes.ci.fetched import fetched
from aiaudit.probes.ci.hazards import asks_whose, free_inputs, hazards, started_by_members, waits_for_members
from aiaudit.probes.ci.inventory import inventory
from aiaudit.probes.ci.model import CHANGE_EVENTS, Workflow, as_list, as_map
from aiaudit.probes.ci.shown import shown
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.parse import line_of

What = Literal["workflows", "actions", "permissions", "injections", "untrusted_checkouts", "runners", "hazards", "torn"]

_FULL_COMMIT: Final = lazy.regex(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")
# Contexts whose text a stranger can choose: GitHub's own list of untrusted input.
_UNTRUSTED: Final = lazy.regex(
    r"github\.event\.(issue\.(title|body)|pull_request\.(title|body|head\.(ref|label|repo\.default_branch))|comment\.body"
    r"|review\.body|review_comment\.body|pages\.[\w*.\[\]]*page_name|commits[\w*.\[\]]*\.(message|author\.(email|name))"
    r"|head_commit\.(message|author\.(email|name))|discussion\.(title|body)|workflow_run\.(head_branch|head_commit\.message"
    r"|pull_requests[\w*.\[\]]*\.head\.ref))|github\.head_ref"
)
# Actions that give the names of the files that a change touches, and the outputs that hold them.
_LISTS_FILES: Final = lazy.regex(
    r"(?i)(?:changed|modified|touched|added)[-_]files|files?[-_]changes?|paths-filter|get-diff"
)
_FILE_NAMES: Final = lazy.regex(r"\bsteps\.([\w-]+)\.outputs\.\w*files?\w*")
_BRANCH: Final = lazy.regex(r"github\.(?:ref_name|base_ref|ref)\b")  # who may push a branch chooses its name
_WILD: Final = frozenset("*?[+!")
_HEAD_REF: Final = lazy.regex(
    r"github\.event\.pull_request\.head\.(sha|ref)|github\.head_ref|refs/pull/|github\.event\.number"
    r"|github\.event\.workflow_run\.(head_sha|head_branch|head_commit\.id|pull_requests)"
)
_TAKES_OVER: Final = lazy.regex(r"\bgit\s+(?:checkout|switch|merge|reset|pull)\b[^\n;&|]*\$[^\n;&|]*")
_WRITES: Final = frozenset({"write", "write-all", "admin"})

WORKFLOW = record(
    "workflow",
    path=STRING,
    line=INT,
    system=STRING,
    name=STRING,
    triggers=list_of(STRING),
    on_change=BOOL,
    jobs=INT,
    permissions=STRING,
    schedule=BOOL,
)
ACTION = record(
    "action",
    path=STRING,
    line=INT,
    uses=STRING,
    kind=STRING,
    owner=STRING,
    pinned=BOOL,
    official=BOOL,
    local=BOOL,
)
PERMISSION = record("permission", path=STRING, line=INT, job=STRING, scope=STRING, access=STRING)
PLACE = record("place", path=STRING, line=INT, job=STRING, what=STRING)
INJECTION = record("injection", path=STRING, line=INT, job=STRING, what=STRING, who=STRING)
HAZARD = record("hazard", path=STRING, line=INT, job=STRING, kind=STRING, what=STRING)

_TYPES: Final[Mapping[str, Type]] = {
    "workflows": WORKFLOW,
    "actions": ACTION,
    "permissions": PERMISSION,
    "injections": INJECTION,
    "untrusted_checkouts": PLACE,
    "runners": PLACE,
    "hazards": HAZARD,
    "torn": PLACE,
}


class WorkflowsQuery(Query):
    """`what`: the workflows; `actions`: what they take from elsewhere and run (`kind`: action, include, template,
    library, orb, pipe, plugin, the image of a job, or a script that is fetched and run); permissions of GitHub's that
    are given for writing (or not narrowed at all);
    `torn`: workflows that are no YAML, so that GitHub runs nothing of them (line: where they are none);
    `injections`: text put into a script that somebody else chooses (`who`: a stranger, file = the name of a file that
    a change proposes, or a member who starts the run by hand or names a branch); `untrusted_checkouts`: a stranger's
    code checked out where secrets are at hand (GitHub); `runners`: self-hosted ones (GitHub); `hazards`: other ways in,
    by `kind`: open_trigger (strangers start a job that holds secrets, and it does not look at who they are),
    bot_condition (trust in a name that can be had), inherited_secrets (all go to a workflow of another repository),
    self_hosted (proposed code on one's own machine), environment_file (variables of later steps are written),
    unsafe_commands (the log may set them), all_secrets, uploaded_token (the checkout's token goes into an artifact),
    printed_secret, traced (all variables are printed), interpolated_secret (Groovy writes it into a script)."""

    what: What = "workflows"


class CiWorkflows(Probe[WorkflowsQuery]):
    """Pipelines of GitHub, GitLab, Azure, Jenkins, CircleCI, Bitbucket, Buildkite, Cloud Build and Taskcluster."""

    name: ClassVar[str] = "ci.workflows"
    title: ClassVar[str] = "CI workflows: triggers, permissions, what they take from others, injections, runners"
    query: ClassVar[type[Query]] = WorkflowsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: WorkflowsQuery) -> Type:
        return list_of(_TYPES[query.what])

    def answer(self, fact_id: str, query: WorkflowsQuery, context: Context) -> Fact:
        found = inventory(context)
        github = [one for one in found.workflows if one.system == "github"]
        everywhere = query.what in ("workflows", *_EVERYWHERE)
        workflows = found.workflows if everywhere else github
        if query.what == "torn":
            records = [{"path": one.path, "line": one.line, "job": "", "what": "no YAML"} for one in found.torn]
        elif query.what == "hazards":
            inner = started_by_members(github)
            records = [one for workflow in github for one in hazards(workflow, inner)]
            files = Files(context.project)
            records += _each_once(one for workflow in found.workflows for one in shown(workflow, files))
        elif query.what in _OF_STEPS:
            files = Files(context.project)
            opened = [(workflow, list(open_steps(workflow, github, files))) for workflow in github]
            if query.what == "untrusted_checkouts":
                inner = started_by_members(github)
                opened = [(workflow, steps) for workflow, steps in opened if not waits_for_members(workflow, inner)]
            told = (one for workflow, steps in opened for one in _OF_STEPS[query.what](workflow, steps))
            records = _each_once(chain(told, _elsewhere(query.what, found.workflows, opened, files)))
        else:
            records = [one for workflow in workflows for one in _OF_WORKFLOWS[query.what](workflow)]
        paths = [path for path in found.paths if everywhere or "/workflows/" in path]
        note = {"workflows": "name", "actions": "uses", "permissions": "scope"}.get(query.what, "what")
        # What a workflow says is what GitHub does with it: its settings are wired as soon as they are there.
        level = Level.WIRED if workflows else Level.CONTENT
        return listed(
            fact_id, records, method="workflows read", level=level, scope=scope_of(paths, found.problems), note=note
        )


def _workflows(workflow: Workflow) -> Iterator[dict[str, Any]]:
    yield {
        "path": workflow.path,
        "line": 1,
        "system": workflow.system,
        "name": workflow.name,
        "triggers": list(workflow.triggers),
        "on_change": any(event in CHANGE_EVENTS for event in workflow.triggers),
        "jobs": len(workflow.jobs),
        "permissions": _given(as_map(workflow.data).get("permissions")),
        "schedule": "schedule" in workflow.triggers,
    }


def _elsewhere(
    what: str, workflows: Iterable[Workflow], opened: Iterable[tuple[Workflow, Iterable[OpenStep]]], files: Files
) -> Iterator[dict[str, Any]]:
    """What is asked of all systems: of GitHub's scripts only what GitHub itself does not put in."""
    if what == "injections":
        yield from (one.record() for workflow in workflows for one in evaluated(workflow, files))
    if what == "actions":
        yield from (one.record() for workflow in workflows for one in borrowed(workflow, files))
        steps = [(one.path, one.step) for _, some in opened for one in some]
        others = [workflow for workflow in workflows if workflow.system != "github"]
        steps += [(one.path, step) for one in others for job in one.jobs for step in job.steps]
        for path, step in steps:
            for below, address in fetched(step.script):
                found = Borrowed(step.path or path, step.script_line + below, address, "script", pinned=False)
                yield found.record()


def _each_once(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without those of the same place: an action of the project is used by many jobs."""
    told: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in records:
        told.setdefault((one["path"], one["line"], one.get("uses") or one.get("what")), one)
    return list(told.values())


def _actions(workflow: Workflow, steps: Iterable[OpenStep]) -> Iterator[dict[str, Any]]:
    called = ((workflow.path, job.line, job.uses) for job in workflow.jobs)
    for path, line, uses in chain(
        called, ((one.path, one.step.uses_line or one.step.line, one.step.uses) for one in steps)
    ):
        if not uses:
            continue
        local = uses.startswith("./")
        owner = uses.partition("/")[0].removeprefix("docker:")
        yield {
            "path": path,
            "line": line,
            "uses": uses,
            "kind": "action",
            "owner": "" if local else owner,
            "pinned": local or bool(_FULL_COMMIT.search(uses)),
            "official": owner in ("actions", "github"),
            "local": local,
        }


def _permissions(workflow: Workflow) -> Iterator[dict[str, Any]]:
    """Write permissions of the workflow and its jobs; and that nothing is narrowed, where neither says anything."""
    data = as_map(workflow.data)
    jobs = as_map(data.get("jobs"))
    own = [(as_map(value), str(key)) for key, value in jobs.items()]
    # What the workflow gives holds for the jobs that say nothing of their own.
    for holder, name in own if jobs and all("permissions" in job for job, _ in own) else [(data, ""), *own]:
        given = holder.get("permissions")
        line = line_of(holder, "permissions") or 1
        if isinstance(given, str) and given in _WRITES:
            yield {"path": workflow.path, "line": line, "job": name, "scope": "all", "access": "write"}
        for scope, access in as_map(given).items():
            if access in _WRITES:
                at = line_of(given, scope) or line
                yield {"path": workflow.path, "line": at, "job": name, "scope": str(scope), "access": "write"}
    unlimited = [key for key, value in jobs.items() if "permissions" not in as_map(value)]
    if "permissions" not in data and unlimited:
        line = line_of(jobs, unlimited[0]) or 1
        yield {
            "path": workflow.path,
            "line": line,
            "job": str(unlimited[0]),
            "scope": "default",
            "access": "not narrowed",
        }


def _given(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    scopes = as_map(value)
    return "none" if not scopes else "write" if any(access in _WRITES for access in scopes.values()) else "read"


def _injections(workflow: Workflow, steps: Iterable[OpenStep]) -> Iterator[dict[str, Any]]:
    changes = bool({"pull_request", "pull_request_target"} & set(workflow.triggers))
    for one in steps:
        step = one.step
        scripts = [(step.script, step.script_line)]
        if "github-script" in step.uses:
            scripts.append((str(step.inputs.get("script") or ""), step.line))
        for script, start in scripts:
            for match in EXPRESSION.finditer(script):
                if (found := _chosen(workflow, one, match.group(1), changes)) is not None:
                    what, who = found
                    line = start + script.count("\n", 0, match.start())
                    yield {"path": one.path, "line": line, "job": one.job.id, "what": what, "who": who}
        for at, what in carried(workflow, one, _UNTRUSTED):
            line = step.script_line + step.script.count("\n", 0, at)
            yield {"path": one.path, "line": line, "job": one.job.id, "what": what, "who": "stranger"}


def _chosen(workflow: Workflow, one: OpenStep, expression: str, changes: bool) -> tuple[str, str] | None:
    """What of an expression somebody else chooses, and who; a stranger before a member."""
    own = one.path == workflow.path
    meanings = list(one.meanings(expression))
    for told in meanings:
        if stranger := _UNTRUSTED.search(told):
            return stranger.group(0), "stranger"
    for told in meanings:
        if (branch := _BRANCH.search(told)) and (branch.group(0) == "github.base_ref" or _names_are_free(workflow)):
            return branch.group(0), "member"
    for told in meanings[:1] if own else meanings[1:]:  # an action's inputs are not those of the run
        if free := free_inputs(workflow, told):
            return free, "member"
    names = _FILE_NAMES.search(expression) if changes and own else None
    if names and names.group(1) in _steps_that_list_files(workflow, one.job.id):
        return names.group(0), "file"
    return None


def _names_are_free(workflow: Workflow) -> bool:
    """Whether a branch or tag of any name may start it: not where only proposals do, a schedule, or pushes to branches
    that the workflow names."""
    on = as_map(as_map(workflow.data).get("on"))
    for trigger in workflow.triggers:
        event = trigger.partition(":")[0]
        if event == "push":
            pushed = as_map(on.get("push"))
            names = [str(one) for key in ("branches", "tags") for one in as_list(pushed.get(key))]
            if not names or _WILD & set("".join(names)):
                return True
        elif event not in NUMBERED | {"schedule", "issues", "issue_comment"}:
            return True
    return False


def _steps_that_list_files(workflow: Workflow, job: str) -> set[str]:
    """The ids of the steps of a job whose action lists the files of a change."""
    steps = as_map(as_map(as_map(workflow.data).get("jobs")).get(job)).get("steps")
    told = [as_map(step) for step in steps] if isinstance(steps, list) else []
    return {str(step.get("id")) for step in told if _LISTS_FILES.search(str(step.get("uses") or ""))}


def _untrusted_checkouts(workflow: Workflow, steps: Iterable[OpenStep]) -> Iterator[dict[str, Any]]:
    """A checkout of the proposed code in a workflow that runs with the repository's own rights and secrets."""
    risky = {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow.triggers)
    if not risky:
        return
    for one in steps:
        step = one.step
        if risky == {"workflow_run"} and asks_whose(workflow, one.job.id):
            continue
        reference = f"{step.inputs.get('ref') or ''} {step.inputs.get('repository') or ''}"
        told = by_its_variables(workflow, one, " ".join(one.meanings(reference)))
        fetched = re.search(r"\bgh pr checkout\b|git fetch .*pull/", step.script) or any(
            _HEAD_REF.search(by_its_variables(workflow, one, line.group(0)))
            for line in _TAKES_OVER.finditer(step.script)
        )
        if (step.uses.startswith("actions/checkout") and _HEAD_REF.search(told)) or fetched:
            yield {"path": one.path, "line": step.line, "job": one.job.id, "what": ", ".join(sorted(risky))}


def _runners(workflow: Workflow) -> Iterator[dict[str, Any]]:
    for key, value in as_map(as_map(workflow.data).get("jobs")).items():
        runner = as_map(value).get("runs-on")
        if "self-hosted" in str(runner):
            line = line_of(value, "runs-on") or line_of(value) or 1
            yield {"path": workflow.path, "line": line, "job": str(key), "what": "self-hosted"}


_OF_WORKFLOWS: Final[Mapping[str, Callable[[Workflow], Iterator[dict[str, Any]]]]] = {
    "workflows": _workflows,
    "permissions": _permissions,
    "runners": _runners,
}
_EVERYWHERE: Final = frozenset({"actions", "injections", "hazards"})
_OF_STEPS: Final[Mapping[str, Callable[[Workflow, Iterable[OpenStep]], Iterator[dict[str, Any]]]]] = {
    "actions": _actions,
    "injections": _injections,
    "untrusted_checkouts": _untrusted_checkouts,
}
