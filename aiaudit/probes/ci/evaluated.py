"""Words of others that scripts of CI run, where the system is not GitHub (for that one: `workflows`).

There are two ways. Some systems put their words into the text of a script before a shell reads it (Azure's `$(…)`,
CircleCI's `<< … >>`, GitLab's `$[[ … ]]`, strings of Groovy in double quotes, Buildkite's and Cloud Build's `$…`): then
any place in the script runs them. Everywhere they are variables of the environment, too: a shell only runs those that
it is told to (`eval`, `sh -c "…"`, a script sent over `ssh`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci import gitlab
from aiaudit.probes.ci.model import Job, Step, Workflow, as_list, as_map
from aiaudit.probes.reading import Files

# Variables of the environment: what whoever proposes a change writes, and names that who may push chooses.
_STRANGER: Final = (
    r"CI_(?:COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR|TAG_MESSAGE)|MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME)"
    r"|EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME)|BUILD_SOURCEVERSION(?:MESSAGE|AUTHOR)|SYSTEM_PULLREQUEST_SOURCEBRANCH"
    r"|CHANGE_(?:TITLE|BRANCH|AUTHOR(?:_DISPLAY_NAME)?|FORK)|ghprb(?:PullTitle|PullLongDescription|CommentBody|SourceBranch)"
    r"|gitlabMergeRequest(?:Title|Description)|gitlabSourceBranch"
    r"|BUILDKITE_(?:MESSAGE|BUILD_AUTHOR|PULL_REQUEST_REPO)|GITHUB_HEAD_REF"
    r"|TRAVIS_(?:COMMIT_MESSAGE|PULL_REQUEST_(?:BRANCH|SLUG))|CODEBUILD_WEBHOOK_HEAD_REF"
    r"|DRONE_(?:COMMIT_(?:MESSAGE|AUTHOR(?:_NAME|_EMAIL)?)|PULL_REQUEST_TITLE|SOURCE_BRANCH)"
    r"|CI_COMMIT_(?:SOURCE_BRANCH|AUTHOR_EMAIL|PULL_REQUEST_TITLE|PULL_REQUEST_LABELS)"
    r"|APPVEYOR_(?:REPO_COMMIT_(?:MESSAGE(?:_EXTENDED)?|AUTHOR(?:_EMAIL)?)|PULL_REQUEST_(?:TITLE|HEAD_REPO_BRANCH))"
    r"|CIRRUS_(?:CHANGE_(?:MESSAGE|TITLE)|PR_TITLE|PR_BODY)|SEMAPHORE_GIT_(?:PR_NAME|PR_BRANCH|COMMIT_AUTHOR)"
)
_MEMBER: Final = (
    r"CI_(?:COMMIT_(?:REF_NAME|BRANCH|TAG)|MERGE_REQUEST_LABELS)|BUILD_SOURCEBRANCH(?:NAME)?|BRANCH_NAME|GIT_BRANCH|TAG_NAME"
    r"|CIRCLE_(?:BRANCH|TAG)|BITBUCKET_(?:BRANCH|TAG)|BUILDKITE_(?:BRANCH|TAG)|GITHUB_REF(?:_NAME)?"
    r"|TRAVIS_(?:BRANCH|TAG)|DRONE_(?:BRANCH|TAG|COMMIT_BRANCH|COMMIT_REF)|CODEBUILD_WEBHOOK_TRIGGER"
    r"|APPVEYOR_REPO_(?:BRANCH|TAG_NAME)|CIRRUS_(?:BRANCH|TAG)|SEMAPHORE_GIT_(?:BRANCH|TAG_NAME)"
)
_SPOKEN: Final = lazy.regex(r"(?<![\\$])\$(?:\{(?P<long>\w+)[^}\n]*\}|(?P<short>\w+))")
_OTHERS: Final = lazy.regex(rf"^(?:(?P<stranger>{_STRANGER})|(?P<member>{_MEMBER}))$")
_ALIAS: Final = lazy.regex(r"(?:^|[;&\s])(\w+)=[\"']?\$\{?(\w+)\}?[\"']?(?=\s|;|$)", re.MULTILINE)
# What a shell gets to run a second time: an argument in double quotes or none, or a document without quoted end.
_AGAIN: Final = lazy.regex(
    r"(?:^|[;&|(]\s*|\s)(?:eval\s+(?P<eval>[^\n;]*)"
    r"|(?:(?:ba|z|da|k)?sh|su|python3?|node|perl|ruby|pwsh|powershell)\s[^\n;|\"']{0,80}?-\w*[ceC](?:ommand)?\s+\"(?P<inner>(?:[^\"\\]|\\.){0,4000})\""
    r"|ssh\s[^\n;|\"']{0,200}\"(?P<remote>(?:[^\"\\]|\\.){0,4000})\""
    r"|(?:(?:ba|z|da)?sh|ssh|python3?)\b[^\n<|;]{0,200}<<-?\s*(?P<end>\w+)[^\n]*\n(?P<document>.{0,2000}?)\n\s*(?P=end)\b)",
    re.DOTALL,
)
_LONGEST: Final = 40_000  # characters of a script
_SINGLE: Final = lazy.regex(r"'[^'\n]*'")

_AZURE: Final = lazy.regex(
    r"\$\(\s*(?P<macro>[\w.]+)\s*\)|\$\{\{\s*variables(?:\[\s*'(?P<index>[\w.]+)'\s*\]|\.(?P<field>[\w.]+))\s*\}\}"
    r"|\$\{\{\s*parameters\.(?P<parameter>\w+)\s*\}\}"
)
_AZURE_WORDS: Final = {
    "build.sourceversionmessage": "stranger",
    "build.sourceversionauthor": "stranger",
    "system.pullrequest.sourcebranch": "stranger",
    "build.sourcebranch": "branch",
    "build.sourcebranchname": "branch",
    "build.requestedfor": "member",
}
_CIRCLE: Final = lazy.regex(r"<<\s*pipeline\.(?P<what>[\w.]+)\s*>>")
_CIRCLE_WORDS: Final = (
    (
        lazy.regex(
            r"^git\.commit\.(?:subject|body|author_\w+)$"
            r"|^trigger_parameters\.[\w.]*(?:title|message|body|head|author)\b"
        ),
        "stranger",
    ),
    (lazy.regex(r"^git\.(?:branch|tag)$|^trigger_parameters\.[\w.]*(?:branch|tag|ref)\b"), "member"),
)
_INPUT: Final = lazy.regex(r"\$\[\[\s*inputs\.([\w-]+)[^\]]*\]\]")
_BUILDKITE: Final = lazy.regex(r"(?<![\\$])\$\{?(BUILDKITE_\w+)")
_DRONE: Final = lazy.regex(r"(?<![\\$])\$\{((?:DRONE|CI)_\w+)")
_CMD: Final = lazy.regex(r"(?i)%(APPVEYOR_\w+)%")
_CLOUDBUILD: Final = lazy.regex(r"(?<![\\$])\$\{?(_HEAD_BRANCH|_HEAD_REPO_URL|BRANCH_NAME|TAG_NAME|REF_NAME)\b")
_TASKCLUSTER: Final = lazy.regex(
    r"\$\{\s*event\.(?:pull_request\.(?:title|body|head\.(?:ref|label))|comment\.body|issue\.(?:title|body)"
    r"|head_commit\.(?:message|author\.\w+)|commits[\w.\[\]]*message|release\.(?:name|body))"
)
_GROOVY: Final = lazy.regex(r"(?<!\\)\$(?:\{\s*(?P<long>[^{}\n]*)\}|(?P<short>[A-Za-z_][\w.]*))")
_NAMED_PARAMETER: Final = lazy.regex(r"\bparams(?:\.|\[['\"])(\w+)")
_ENVIRONMENT: Final = lazy.regex(r"^(?:env\.)?(\w+)\b")
_FREE: Final = lazy.regex(r"\b(?:string|text)\s*+(?:\(\s*+)?[^)\n]{0,200}?\bname\s*:\s*['\"](\w+)['\"]")
_CLOSED: Final = lazy.regex(
    r"\b(?:choice|booleanParam|credentials|run)\s*+(?:\(\s*+)?[^)\n]{0,200}?\bname\s*:\s*['\"](\w+)['\"]"
)
_LITERAL: Final = lazy.regex(r"^[^*?]+$")


class Word(Struct, frozen=True):
    """Words of somebody else in a script: where, which, and who chooses them (a stranger, or a member)."""

    path: str
    line: int
    job: str
    what: str
    who: str

    def record(self) -> dict[str, Any]:
        """As `ci.workflows` gives it."""
        return {"path": self.path, "line": self.line, "job": self.job, "what": self.what, "who": self.who}


def evaluated(workflow: Workflow, files: Files) -> Iterator[Word]:
    """Words of others that the scripts of a workflow run."""
    put_in = _PUT_IN.get(workflow.system)
    told = put_in(workflow, files) if put_in else None
    for job in workflow.jobs:
        for step in job.steps:
            if not step.script:
                continue
            for at, what, who in (*(told.words(job, step) if told else ()), *run_again(step.script)):
                line = step.script_line + step.script.count("\n", 0, at)
                yield Word(step.path or workflow.path, line, job.id, what, who)


def _who(name: str) -> str:
    match = _OTHERS.match(name)
    return "" if match is None else "stranger" if match["stranger"] else "member"


def _blanked(quoted: re.Match[str]) -> str:
    return " " * len(quoted.group())


def run_again(script: str, strange: Collection[str] = ()) -> Iterator[tuple[int, str, str]]:
    """Variables of the environment in what a shell is told to run. `strange`: further ones that a stranger chooses."""
    script = script[:_LONGEST]
    if "$" not in script:
        return
    names = {own: name for own, name in _ALIAS.findall(script) if _who(name) or name in strange}
    for hit in _AGAIN.finditer(script):
        group = next(key for key in ("eval", "inner", "remote", "document") if hit[key] is not None)
        text = hit[group]
        if group == "eval":
            text = _SINGLE.sub(_blanked, text)
        for spoken in _SPOKEN.finditer(text):
            own = str(spoken["long"] or spoken["short"])
            name = names.get(own, own)
            if who := "stranger" if name in strange else _who(name):
                yield hit.start(group) + spoken.start(), name, who


class _PutIn(Struct, frozen=True):
    """Finds what a system puts into the text of scripts; by default what an expression names, by a table."""

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        """Offset in the script, the words, and who chooses them."""
        raise NotImplementedError


class _Buildkite(_PutIn, frozen=True):
    """The agent puts variables into a pipeline's file when it uploads that; `$$` waits for the shell."""

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _BUILDKITE.finditer(step.script):
            if who := _who(hit.group(1)):
                yield hit.start(), hit.group(1), who


class _Drone(_PutIn, frozen=True):
    """Drone and Woodpecker put `${…}` into a pipeline's file before anything reads it; `$${…}` waits for the shell."""

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _DRONE.finditer(step.script):
            if who := _who(hit.group(1)):
                yield hit.start(), hit.group(1), who


class _Windows(_PutIn, frozen=True):
    """The command line of Windows reads what a variable holds as if it had been typed."""

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _CMD.finditer(step.script):
            if who := _who(hit.group(1).upper()):
                yield hit.start(), hit.group(1), who


class _Circle(_PutIn, frozen=True):
    """Pipeline values and parameters. `free`: parameters of the pipeline that take any text."""

    free: frozenset[str]

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _CIRCLE.finditer(step.script):
            what = hit["what"]
            who = next((who for names, who in _CIRCLE_WORDS if names.search(what)), "")
            if what.startswith("parameters.") and what.removeprefix("parameters.") in self.free:
                who = "member"
            if who:
                yield hit.start(), f"pipeline.{what}", who


class _Azure(_PutIn, frozen=True):
    """Macros and template expressions. `free`: parameters that take any text; `names`: variables that only stand for
    another; `branches`: whether a branch of any name starts it."""

    free: frozenset[str]
    names: Mapping[str, str]
    branches: bool

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _AZURE.finditer(step.script):
            if parameter := hit["parameter"]:
                if parameter in self.free:
                    yield hit.start(), f"parameters.{parameter}", "member"
                continue
            name = (hit["macro"] or hit["index"] or hit["field"]).lower()
            name = self.names.get(name, name)
            who = _AZURE_WORDS.get(name, "")
            if who == "branch":
                who = "member" if self.branches else ""
            if who:
                yield hit.start(), name, who


class _GitLab(_PutIn, frozen=True):
    """Inputs of a pipeline. `free`: those of each file that whoever starts it may fill with any text."""

    free: Mapping[str, frozenset[str]]
    path: str

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        names = self.free.get(step.path or self.path, frozenset())
        for hit in _INPUT.finditer(step.script):
            if hit.group(1) in names:
                yield hit.start(), f"inputs.{hit.group(1)}", "member"


class _Groovy(_PutIn, frozen=True):
    """Strings in double quotes, which Groovy fills before a shell sees them. `free`: parameters of the build that take
    any text; `closed`: those that do not."""

    free: frozenset[str]
    closed: frozenset[str]

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _GROOVY.finditer(step.script) if step.inputs.get("interpolated") else ():
            told = (hit["long"] or hit["short"] or "").strip()
            parameter = _NAMED_PARAMETER.search(told)
            named = _ENVIRONMENT.match(told)
            name = parameter.group(1) if parameter else named.group(1) if named else ""
            if parameter or name in self.free:
                if name not in self.closed:
                    yield hit.start(), f"params.{name}", "member"
            elif who := _who(name):
                yield hit.start(), name, who


class _CloudBuild(_PutIn, frozen=True):
    """Substitutions in the arguments of a shell; a `script` has none."""

    scripts: Mapping[int, str]  # the text of `sh -c` as it is written, by the line of its step

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _CLOUDBUILD.finditer(self.scripts.get(step.line, "")):
            yield 0, hit.group(1), "stranger" if hit.group(1).startswith("_HEAD") else "member"


class _Taskcluster(_PutIn, frozen=True):
    """What a template puts into the script of a shell."""

    def words(self, job: Job, step: Step) -> Iterator[tuple[int, str, str]]:
        for hit in _TASKCLUSTER.finditer(step.script) if step.inputs.get("shell") else ():
            yield hit.start(), hit.group()[2:].strip(), "stranger"


def _of_circle(workflow: Workflow, files: Files) -> _PutIn:
    declared = as_map(as_map(workflow.data).get("parameters"))
    return _Circle(frozenset(str(key) for key, one in declared.items() if as_map(one).get("type") == "string"))


def _of_azure(workflow: Workflow, files: Files) -> _PutIn:
    data = as_map(workflow.data)
    free = {
        str(as_map(one).get("name"))
        for one in as_list(data.get("parameters"))
        if str(as_map(one).get("type") or "string") == "string" and not as_map(one).get("values")
    }
    variables = data.get("variables")
    listed = {as_map(one).get("name"): as_map(one).get("value") for one in as_list(variables)}
    pairs = listed if isinstance(variables, list) else as_map(variables)
    names = {
        str(key).lower(): (hit["macro"] or hit["index"] or hit["field"]).lower()
        for key, value in pairs.items()
        if isinstance(value, str) and (hit := _AZURE.fullmatch(value.strip())) and not hit["parameter"]
    }
    return _Azure(frozenset(free), names, _any_branch(data, workflow.triggers))


def _any_branch(data: Mapping[str, Any], triggers: tuple[str, ...]) -> bool:
    """Whether a push to a branch of any name starts a pipeline: none named, or by a pattern."""
    if "push" not in triggers:
        return False
    trigger = data.get("trigger")
    if trigger is None:
        return True
    branches = as_map(trigger).get("branches", trigger if isinstance(trigger, str | list) else None)
    named = as_map(branches).get("include") if isinstance(branches, Mapping) else branches
    return named is None or not all(_LITERAL.match(str(one)) for one in as_list(named))


def _of_gitlab(workflow: Workflow, files: Files) -> _PutIn:
    free = {path: gitlab.free_inputs(files, path) for path in {gitlab.FILE, workflow.path}}
    return _GitLab(free, workflow.path)


def _of_jenkins(workflow: Workflow, files: Files) -> _PutIn:
    text = files.text(workflow.path) or ""
    return _Groovy(frozenset(_FREE.findall(text)), frozenset(_CLOSED.findall(text)))


def _of_cloudbuild(workflow: Workflow, files: Files) -> _PutIn:
    listed = as_list(as_map(workflow.data).get("steps"))
    steps = workflow.jobs[0].steps if workflow.jobs else ()
    shells = {}
    for step, item in zip(steps, listed, strict=False):
        words = [str(one) for one in as_list(as_map(item).get("args"))]
        if len(words) > 1 and re.match(r"^-\w*c$", words[0]):
            shells[step.line] = words[1]
    return _CloudBuild(shells)


def _of_buildkite(workflow: Workflow, files: Files) -> _PutIn:
    return _Buildkite()


def _of_drone(workflow: Workflow, files: Files) -> _PutIn:
    return _Drone()


def _of_windows(workflow: Workflow, files: Files) -> _PutIn:
    return _Windows()


def _of_taskcluster(workflow: Workflow, files: Files) -> _PutIn:
    return _Taskcluster()


_PUT_IN: Final[Mapping[str, Callable[[Workflow, Files], _PutIn]]] = {
    "gitlab": _of_gitlab,
    "azure": _of_azure,
    "jenkins": _of_jenkins,
    "circleci": _of_circle,
    "buildkite": _of_buildkite,
    "cloudbuild": _of_cloudbuild,
    "taskcluster": _of_taskcluster,
    "drone": _of_drone,
    "woodpecker": _of_drone,
    "appveyor": _of_windows,
}
