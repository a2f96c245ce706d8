"""GitLab CI: jobs with `extends`, defaults, local includes and `!reference`, in the order of their stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Maybe, Shell, Step, Workflow, as_list, as_map, both, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import Map

FILE: Final = ".gitlab-ci.yml"
KEYWORDS: Final = frozenset(
    (
        "default", "include", "stages", "variables", "workflow", "image", "services", "cache", "before_script",
        "after_script", "spec",
    )
)  # fmt: skip
_SOURCE: Final = lazy.regex(r"\$CI_PIPELINE_SOURCE\s*==\s*[\"'](\w+)[\"']")
_TOLD_INPUT: Final = lazy.regex(r"\$\[\[\s*inputs\.([\w-]+)")
_SHELL: Final = Shell(errexit=True, pipefail=True)
_MAX_INCLUDES: Final = 40
_DEEPEST: Final = 11  # levels of `extends`, as GitLab allows
_PAGES: Final = "pages"  # the name by which GitLab publishes documents
_DEPLOYS: Final = lazy.regex(r"(?i)^(?:deploy(?:ment)?|prod(?:uction)?)(?:$|[^a-z])")


def read(files: Files) -> list[Workflow]:
    """The pipeline of `.gitlab-ci.yml` and its local includes; nothing where there is none."""
    if not files.exists(FILE):
        return []
    problems: list[str] = []
    jobs, stages = _load(files, problems)
    if jobs is None:
        return []
    named = {key: value for key, (value, _) in jobs.items()}
    default = as_map(named.get("default"))
    for key in ("image", "before_script", "after_script"):
        if key in named and key not in default:
            default = {**default, key: named[key]}
    started, _, starts = _when({"rules": as_map(named.get("workflow")).get("rules")})
    made: list[tuple[str, str, Job]] = []
    known: dict[str, Mapping[str, Any]] = {}
    for key, (value, path) in jobs.items():
        if key.startswith(".") or key in KEYWORDS or not isinstance(value, Mapping):
            continue
        job = _extended(value, named, known)
        if "script" not in job and "trigger" not in job:
            continue
        stage = str(job.get("stage") or "test")
        made.append((path, stage, _job(files, _Source(path, key, value), job, default, named)))
    earlier = _earlier(stages, [(stage, job) for _, stage, job in made])
    by_path: dict[str, list[Job]] = {FILE: []}
    for path, stage, one in made:
        waits = one.needs or earlier.get(stage, ())
        left = tuple(event for event in one.triggers if event in starts) or one.triggers if starts else one.triggers
        runs = both(started, one.runs)
        by_path.setdefault(path, []).append(replace(one, needs=waits, runs=runs, triggers=left or starts))
    return [
        Workflow(path, "gitlab", "pipeline", ("push", "merge_request"), tuple(group), tuple(problems))
        for path, group in by_path.items()
    ]


def documents(files: Files, path: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The head of a file, which declares its inputs (`spec`), and its pipeline."""
    found = [as_map(one) for one in files.yaml_all(path)]
    if len(found) > 1 and "spec" in found[0]:
        return found[0], found[1]
    return {}, found[0] if found else {}


def free_inputs(files: Files, path: str) -> frozenset[str]:
    """The inputs of a file that may hold any text of whoever starts the pipeline: those of the root that are no choice
    and have no pattern, and those of an included file that get such a one."""
    free = {name for name, one in _inputs(files, FILE) if not {"options", "regex"} & set(one)}
    if path == FILE:
        return frozenset(free)
    taken = set[str]()
    for item in as_list(documents(files, FILE)[1].get("include")):
        entry = as_map(item)
        if str(entry.get("local") or "").lstrip("/") == path:
            handed = as_map(entry.get("inputs"))
            taken |= {str(key) for key, text in handed.items() if free & set(_TOLD_INPUT.findall(str(text)))}
    own = {name for name, one in _inputs(files, path) if not {"options", "regex"} & set(one)}
    return frozenset(own & taken)


def _inputs(files: Files, path: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The inputs of a file that are texts."""
    declared = as_map(as_map(documents(files, path)[0].get("spec")).get("inputs"))
    told = [(str(name), as_map(one)) for name, one in declared.items()]
    return [(name, one) for name, one in told if str(one.get("type") or "string") == "string"]


def _load(files: Files, problems: list[str]) -> tuple[dict[str, tuple[Any, str]] | None, list[str]]:
    """All top-level keys with the file each comes from; the root file wins over what it includes."""
    queue, seen = [FILE], set[str]()
    merged: dict[str, tuple[Any, str]] = {}
    while queue and len(seen) < _MAX_INCLUDES:
        path = queue.pop(0)
        if path in seen or not files.exists(path):
            continue
        seen.add(path)
        _, data = documents(files, path)
        if not data:
            if path == FILE:
                return None, []
            continue
        for key, value in data.items():
            merged.setdefault(key, (value, path))
        for item in as_list(data.get("include")):
            local = item if isinstance(item, str) else as_map(item).get("local")
            if isinstance(local, str) and "*" in local and "$" not in local:
                queue.extend(entry.path for entry in files.matching(local.lstrip("/")))
            elif isinstance(local, str) and "://" not in local and "$" not in local:
                queue.append(local.lstrip("/"))
            else:
                problems.append(f"{path}: an include from elsewhere was not read")
    stages = merged.get("stages", ([], FILE))[0]
    return merged, [str(stage) for stage in as_list(stages)] or ["build", "test", "deploy"]


def _extended(
    job: Mapping[str, Any], named: Mapping[str, Any], known: dict[str, Mapping[str, Any]], depth: int = 0
) -> Mapping[str, Any]:
    """The job with what it extends merged in (its own keys win; mappings are merged). `known`: parents that were worked
    out before; one that extends itself adds nothing."""
    merged: dict[str, Any] = {}
    for parent in dict.fromkeys(words_of(job.get("extends")) if depth < _DEEPEST else ()):
        if isinstance(named.get(parent), Mapping):
            if parent not in known:
                known[parent] = {}
                known[parent] = _extended(named[parent], named, known, depth + 1)
            merged = _merge(merged, known[parent])
    return _merge(merged, job)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _merge(result[key], value) if nested else value
    return result


class _Source(Struct, frozen=True):
    """Where a job is written, and its own keys as written there."""

    path: str
    key: str
    own: Mapping[str, Any]


def _job(
    files: Files, source: _Source, job: Mapping[str, Any], default: Mapping[str, Any], named: Mapping[str, Any]
) -> Job:
    path, own = source.path, source.own
    text = files.text(path) or ""
    line = own.mark[0] - 1 if isinstance(own, Map) else 1
    tolerated = job.get("allow_failure")
    blocking: Maybe = not (tolerated is True or isinstance(tolerated, Mapping))
    image = job.get("image") or default.get("image")
    steps: list[Step] = []
    before = "before_script" if "before_script" in job else ""
    scripts = [(job, before)] if before else [(default, "before_script")]
    after = (job if "after_script" in job else default, "after_script")
    for holding, script_key in [*scripts, (job, "script"), after]:
        holder = _holder(own, holding, script_key)
        script, script_line = joined_script(text, _referenced(holder, script_key, named), script_key)
        if script.strip():
            steps.append(
                Step(
                    line,
                    script_key,
                    script,
                    script_line,
                    _SHELL,
                    blocking=script_key != "after_script",
                    image=str(as_map(image).get("name", "")) or str(image or ""),
                )
            )
    runs, condition, triggers = _when(job)
    return Job(
        source.key,
        line,
        tuple(steps),
        tuple(
            need if isinstance(need, str) else str(as_map(need).get("job", "")) for need in as_list(job.get("needs"))
        ),
        blocking,
        runs,
        condition,
        environment=str(as_map(job.get("environment")).get("name", "") or (job.get("environment") or "")),
        triggers=triggers,
        deploys=source.key != _PAGES and bool(_DEPLOYS.match(str(job.get("stage") or ""))),
    )


def _holder(own: Mapping[str, Any], source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return own if key in own else source


def _referenced(holder: Mapping[str, Any], key: str, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """`!reference [.job, script]` items (which arrive as lists of names) replaced by what they stand for."""
    value = holder.get(key)
    if not isinstance(value, list) or not any(_is_reference(item, named) for item in value):
        return holder
    resolved: list[Any] = []
    for item in value:
        target = as_map(named.get(item[0])).get(item[1]) if _is_reference(item, named) else None
        resolved.extend(as_list(target) if target is not None else [item])
    return {key: resolved}


def _is_reference(item: Any, named: Mapping[str, Any]) -> bool:
    return (
        isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item) and item[0] in named
    )


def _when(job: Mapping[str, Any]) -> tuple[Maybe, str, tuple[str, ...]]:
    """Whether the job runs by itself, the condition in words, and the events where the job narrows them."""
    rules = [as_map(rule) for rule in as_list(job.get("rules"))]
    when = str(job.get("when") or "")
    if when == "never" or (rules and all(rule.get("when") == "never" for rule in rules)):
        return False, "when: never", ()
    if when == "manual" or (rules and all(rule.get("when") in ("manual", "never") for rule in rules)):
        return True, "when: manual", ("manual",)
    if when == "on_failure":
        return False, "when: on_failure", ()
    conditions = [str(rule.get("if")) for rule in rules if rule.get("if") and rule.get("when") != "never"]
    only = words_of(as_map(job.get("only")).get("refs") if isinstance(job.get("only"), Mapping) else job.get("only"))
    events = {"schedules": "schedule", "tags": "push:tags", "web": "manual", "merge_requests": "merge_request"}
    narrowed = tuple(events.get(ref, "push") for ref in only)
    if conditions and len(conditions) == len([r for r in rules if r.get("when") != "never"]):
        narrowed = tuple(dict.fromkeys(_event_of(condition) for condition in conditions))
    return True, " | ".join(conditions), narrowed


def _event_of(condition: str) -> str:
    asked = _SOURCE.search(condition)
    if asked and asked.group(1) in ("schedule", "web", "api", "trigger", "pipeline", "parent_pipeline", "chat"):
        return "schedule" if asked.group(1) == "schedule" else "manual"
    if "schedule" in condition:
        return "schedule"
    if "merge_request_event" in condition or "CI_MERGE_REQUEST" in condition:
        return "merge_request"
    if "CI_COMMIT_TAG" in condition and "==" not in condition:
        return "push:tags"
    return "manual" if '"web"' in condition else "push"


def _earlier(stages: list[str], jobs: list[tuple[str, Job]]) -> dict[str, tuple[str, ...]]:
    """For each stage, the jobs of all stages before it: those it waits for."""
    order = [".pre", *stages, ".post"]
    result: dict[str, tuple[str, ...]] = {}
    for position, stage in enumerate(order):
        before = set(order[:position])
        result[stage] = tuple(job.id for of, job in jobs if of in before)
    return result
