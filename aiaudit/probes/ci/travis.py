"""Travis CI: one job, or those that `jobs.include` names, each with the phases of a build in their order.

The system's own documents say what is done here: phases up to `script` decide a build, those behind it do not; a job
without a stage is in that of the job before it; of `jobs.include` the keys of the root are the defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import CHANGE_EVENTS, Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

FILE: Final = ".travis.yml"
_DECIDE: Final = ("before_install", "install", "before_script", "script")
_AFTERWARDS: Final = ("after_success", "after_script")
_ON_FAILURE: Final = "after_failure"
_MATRIX: Final = ("jobs", "matrix")  # the second is the older name
_EXPAND: Final = frozenset(
    {"env", "os", "arch", "dist", "python", "node_js", "jdk", "go", "rust", "ruby", "scala", "r"}
)
_MOST_JOBS: Final = 200
_VALUE: Final = lazy.regex(
    r"(?:^|\s)(\w+)=[\"']?([\w./:-]{1,60})[\"']?(?=\s|$)"
)  # a plain word; nothing that is a secret
_SPOKEN: Final = lazy.regex(r"(?<![\\$])\$(?:\{(\w+)\}|(\w+))")
_NO_STAGE: Final = "test"
_STARTS: Final = lazy.regex(r"(?i)\btype\s*(?P<not>!)?=\s*(?P<one>\w+)|\btype\s+IN\s*\(\s*(?P<many>[^)]*)\)")
_TAGGED: Final = lazy.regex(r"(?i)\btag\s+IS\s+present\b|\btag\s*(?:=~|=)")
_EVENTS: Final = {"push": "push", "pull_request": "pull_request", "cron": "schedule", "api": "manual"}
_ALL: Final = ("push", "pull_request")
# What it runs where no script is named.
_BY_DEFAULT: Final = {"node_js": "npm test", "go": "go test -v ./...", "rust": "cargo test --verbose"}


def read(files: Files) -> list[Workflow]:
    """The builds of `.travis.yml`; nothing where there is none."""
    data = files.yaml(FILE) if files.exists(FILE) else None
    if not isinstance(data, Mapping):
        return []
    text = files.text(FILE) or ""
    triggers = _triggers(str(data.get("if") or "")) or _ALL
    jobs = tuple(islice(_jobs(text, data), _MOST_JOBS))
    return [Workflow(FILE, "travis", FILE, triggers, jobs, data=data)] if jobs else []


def _jobs(text: str, data: Mapping[str, Any]) -> Iterator[Job]:
    matrix = next((as_map(data[key]) for key in _MATRIX if isinstance(data.get(key), Mapping)), {})
    included = [(as_map(one), line_of(matrix["include"], at) or 1) for at, one in enumerate(_listed(matrix, "include"))]
    allowed = [as_map(one) for one in _listed(matrix, "allow_failures")]
    written: list[tuple[Mapping[str, Any], int]] = []
    own_jobs = _by_environment(data)
    if not included or len(own_jobs) > 1 or any(isinstance(data.get(key), list) for key in _EXPAND):
        line = next((line for key in _DECIDE[::-1] if (line := line_of(data, key))), 1)
        written += [(one, line) for one in own_jobs]
    written += included
    earlier: dict[str, list[str]] = {
        str(one.get("name") if isinstance(one, Mapping) else one): [] for one in as_list(data.get("stages"))
    }
    placed, stage = list[tuple[str, str, Mapping[str, Any], int]](), _NO_STAGE
    for number, (own, line) in enumerate(written, 1):
        stage = str(own.get("stage") or stage)
        name = str(own.get("name") or "")
        name = name if name and all(name != one for _, one, _, _ in placed) else f"{stage} {number}"
        earlier.setdefault(stage, []).append(name)
        placed.append((stage, name, own, line))
    order = list(earlier)
    for stage, name, own, line in placed:
        needs = tuple(one for before in order[: order.index(stage)] for one in earlier[before])
        condition = str(own.get("if") or "")
        events = _triggers(condition)
        yield Job(
            name,
            line,
            tuple(_steps(text, own, data)),
            needs,
            not any(one and all(own.get(key, data.get(key)) == value for key, value in one.items()) for one in allowed),
            condition=condition,
            triggers=events if set(events) != set(_ALL) else (),
        )


def _by_environment(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The root's job, once for each line of variables that it lists."""
    env = data.get("env")
    lines = env if isinstance(env, list) else as_list(as_map(env).get("jobs") or as_map(env).get("matrix"))
    return [{"env": line} for line in lines] if lines else [{}]


def _environment(env: Any) -> dict[str, str]:
    """The variables that are plain words: what `env` says, for all jobs or for one."""
    found: dict[str, str] = {}
    if isinstance(env, Mapping) and ("global" in env or "jobs" in env or "matrix" in env):
        env = env.get("global")
    for one in as_list(env):
        if isinstance(one, str):
            found.update(_VALUE.findall(one))
        elif isinstance(one, Mapping):
            found.update({str(key): str(value) for key, value in one.items() if _VALUE.match(f"x={value}")})
    return found


def _listed(holder: Mapping[str, Any], key: str) -> list[Any]:
    found = holder.get(key)
    return found if isinstance(found, list) else []


def _steps(text: str, own: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Step]:
    shared = root.get("env")
    known = {**({} if isinstance(shared, list) else _environment(shared)), **_environment(own.get("env"))}

    def phase(name: str, blocking: bool = True, runs: bool = True) -> Iterator[Step]:
        holder = own if name in own else root
        script, line = joined_script(text, holder, name)
        script = _SPOKEN.sub(lambda hit: known.get(hit[1] or hit[2]) or hit[0], script) if known else script
        if script and script != "skip":
            shell = Shell(errexit=True, goes_on=name == "script")
            yield Step(line, name, script, line, shell, blocking=blocking, runs=runs)

    for name in _DECIDE:
        yield from phase(name)
    language = str(own.get("language") or root.get("language") or "")
    if "script" not in own and "script" not in root and language in _BY_DEFAULT:
        line = line_of(own if "language" in own else root, "language") or 1
        yield Step(line, "script", _BY_DEFAULT[language], line)
    for name in _AFTERWARDS[:1]:
        yield from phase(name, blocking=False)
    yield from phase(_ON_FAILURE, blocking=False, runs=False)
    yield from phase("before_deploy")
    yield from _releases(text, own if "deploy" in own else root)
    yield from phase("after_deploy", blocking=False)
    for name in _AFTERWARDS[1:]:
        yield from phase(name, blocking=False)


def _releases(text: str, holder: Mapping[str, Any]) -> Iterator[Step]:
    """What `deploy` brings out once the build has passed: a provider, or a script."""
    listed = holder.get("deploy")
    for at, one in enumerate(as_list(listed)):
        entry = as_map(one)
        line = (line_of(listed, at) if isinstance(listed, list) else line_of(holder, "deploy")) or 1
        provider = str(entry.get("provider") or (one if isinstance(one, str) and one != "skip" else ""))
        if provider == "script":
            script, start = joined_script(text, entry, "script")
            yield Step(line, "deploy", script, start, Shell(errexit=True), condition=_where(entry))
        elif provider:
            yield Step(line, "deploy", uses=f"travis/{provider}", inputs=entry, condition=_where(entry))


def _where(entry: Mapping[str, Any]) -> str:
    """The condition of a release, as it is written: its branch, or that there is a tag."""
    on = as_map(entry.get("on"))
    return " ".join(f"{key}={' '.join(words_of(value)) or value}" for key, value in on.items())[:200]


def _triggers(condition: str) -> tuple[str, ...]:
    """The events at which a condition can hold; none where it says nothing of them."""
    if _TAGGED.search(condition):
        return ("push:tags",)
    named: list[str] = []
    for hit in _STARTS.finditer(condition):
        words = [hit["one"]] if hit["one"] else (hit["many"] or "").split(",")
        told = [_EVENTS[word.strip().lower()] for word in words if word.strip().lower() in _EVENTS]
        named += [one for one in _ALL if one not in told] if hit["not"] else told
    return tuple(dict.fromkeys(one for one in named if one in CHANGE_EVENTS or one in ("schedule", "manual")))
