"""What a result says of the audited project itself: its name, commit, flags, declarations, and what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, State
from aiaudit.probes.git.origin import published_name
from aiaudit.project.tree import Malformed, Project, Unreadable

if TYPE_CHECKING:
    from aiaudit.model.check import FactSpec
    from aiaudit.project.config import ProjectConfig

OWN_FILES: Final = frozenset({"aiaudit.yaml", "attestations.yaml"})
MOST_SKIPPED: Final = 200
README_HEAD: Final = 4_000
"""Characters of a README in which its title is looked for."""
LONGEST_TITLE: Final = 60
"""Characters of a title that can be a name; a longer one is cut at its subtitle."""
_READMES: Final = frozenset({"readme.md", "readme.rst", "readme.markdown", "readme.txt", "readme"})
_NO_NAME: Final = lazy.regex(
    r"readme(\.md)?|overview|introduction|install(ation)?|getting started|quick ?start|usage|about|features|"
    r"(table of )?contents|documentation|description|welcome|project( title| name)?|title|todo|setup|license|"
    r"deprecat(ed|ion notice)|notice|news|updates|changelog|requirements|prerequisites|summary|abstract|"
    r"important( notes?)?|warnings?|disclaimer|notes?|examples?|results|demo|how to .*|running .*|steps?|instructions?",
    re.IGNORECASE,
)
_PROJECT: Final = lazy.regex(
    r"^[ \t]*[-*+]?[ \t]*[*_]*(?:project|system)[ \t]+(?:title|name)[*_]*[ \t]*:[*_]*[ \t]*(\S[^\n]*)$", re.I | re.M
)
_FIRST_LINE: Final = lazy.regex(r"\s*#{2,6}[ \t]+(\S[^\n]*)")  # the heading that a README without a title opens with
_HEADING: Final = lazy.regex(
    r"^#[ \t]+(\S[^\n]*)$|<h1[^>]{0,200}>(.{1,400}?)</h1>|^(\S[^\n]*)\n={2,200}[ \t]*$", re.M | re.S
)
_NO_PROSE: Final = lazy.regex(r"<!--.*?(?:-->|\Z)|^(```|~~~).*?(?:^\1|\Z)", re.M | re.S)  # comments and code
_MERGE: Final = lazy.regex(r"^(?:[<>|]{7} .*|={7}\r?)\n", re.M)  # what a merge that nobody settled leaves
_TAG: Final = lazy.regex(r"!\[[^\]]*\]\([^)]*\)|<[^>]*>|:[a-z_]{2,30}:")
_WELCOME: Final = lazy.regex(r"^welcome to (?:the )?", re.I)
_LINK: Final = lazy.regex(r"\[([^\]]*)\]\([^)]*\)")
_MARKUP: Final = str.maketrans("", "", "*`#")
_PICTURES: Final = lazy.regex(r"[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\u200d\ufe0f\U0001f000-\U0001faff]")
_AROUND: Final = " \t_-–—:|.!"
_SUBTITLE: Final = (" — ", " – ", " - ", ": ", " | ", " (")
INLINE_WAIVERS: Final = "waivers.inline"  # a shared fact
_NOT_OPENED: Final = {
    "special": "not a regular file, not opened",
    "symlink": "a link to no file of the project, not followed",
}
_TRUST: Final = ("stage", "role", "exposure", "risk_tier")


def readable(project: Project, unread: dict[str, str]) -> bool:
    """Whether there is any file of the project that can be read; aiaudit's own files are none. Where there is not,
    `unread` says of each why."""
    reasons: dict[str, str] = {}
    for entry in project.files:
        if entry.path in OWN_FILES:
            continue
        try:
            project.head(entry.path, 1)
        except Unreadable as error:
            reasons[entry.display] = error.reason
            continue
        return True
    unread |= reasons
    return False


def name(project: Project, config: ProjectConfig) -> str | None:
    """The name the project gives itself, or the one it was cloned by; never that of its folder, which differs from
    machine to machine."""
    return (
        config.project.name
        or _declared_name(project)
        or _readme_title(project)
        or published_name(project.root)
        or _readme_title(project, opening=True)
    )


def _declared_name(project: Project) -> str | None:
    for path, keys in (("pyproject.toml", ("project", "name")), ("pyproject.toml", ("tool", "poetry", "name"))):
        found = _at(project, path, "toml", keys)
        if found:
            return found
    return _at(project, "package.json", "json", ("name",))


def _readme_title(project: Project, *, opening: bool = False) -> str | None:
    """What the README at the root calls the project: its first heading of the first rank, else a line such as "Project
    title: …"; with `opening` the lower heading that it opens with. None where they name something else."""
    path = next((e.path for e in project.files if e.path.lower() in _READMES), None)
    if path is None:
        return None
    try:
        text = project.text(path)[:README_HEAD]
    except (Unreadable, Malformed):
        return None
    prose = _NO_PROSE.sub("", _MERGE.sub("", text) if text.startswith("<<<<<<< ") or "\n<<<<<<< " in text else text)
    hits = (_FIRST_LINE.match(_TAG.sub(" ", prose)),) if opening else (_HEADING.search(prose), _PROJECT.search(prose))
    titles = (_title(next(g for g in hit.groups() if g is not None)) for hit in hits if hit is not None)
    return next((title for title in titles if title), None)


def _title(said: str) -> str | None:
    """A heading's text as a name, without marks, pictures and subtitle; None where it names no project."""
    text = _LINK.sub(r"\1", _TAG.sub(" ", said))
    if "&" in text:
        from html import unescape

        text = unescape(text)  # `&nbsp;`
    title = _PICTURES.sub(" ", text)
    plain = _WELCOME.sub("", " ".join(title.translate(_MARKUP).split()).strip(_AROUND))
    for mark in _SUBTITLE:
        if len(plain) > LONGEST_TITLE:
            plain = plain.partition(mark)[0].strip(_AROUND)
    named = any(char.isalnum() for char in plain) and not _NO_NAME.fullmatch(plain)
    return plain if named and len(plain) <= LONGEST_TITLE else None


def _at(project: Project, path: str, kind: str, keys: tuple[str, ...]) -> str | None:
    if project.entry(path) is None:
        return None
    try:
        value: Any = getattr(project, kind)(path)
    except (Unreadable, Malformed):
        return None
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value.strip() or None if isinstance(value, str) else None


def commit(facts: Mapping[str, Fact], specs: Mapping[str, FactSpec]) -> str | None:
    """The commit that is checked out, from any answer of the git probe; None where none could tell."""
    for fact_id in facts:
        if specs[fact_id].probe == "git.history" and isinstance(value := facts[fact_id].value, Mapping):
            head = value.get("head")
            if isinstance(head, str) and head:
                return head
    return None


def within(facts: Mapping[str, Fact], specs: Mapping[str, FactSpec]) -> str:
    """The project's folder in the repository of that commit; empty where it is the root, or nothing tells."""
    values = (facts[fact_id].value for fact_id in facts if specs[fact_id].probe == "git.history")
    folders = (value.get("within") for value in values if isinstance(value, Mapping))
    return next((folder for folder in folders if isinstance(folder, str) and folder), "")


def skipped(project: Project, unread: Mapping[str, str], own_outputs: Iterable[str]) -> dict[str, Any]:
    """What the walk left out and what could not be read, and why.

    The audit's own output files are not told: they may not exist yet.
    """
    outputs = frozenset(own_outputs)
    not_opened = {(e.display, _NOT_OPENED[e.kind]) for e in project.entries if e.kind in _NOT_OPENED and not e.target}
    walked = {(s.path, s.reason) for s in project.skipped if s.path not in outputs}
    left_out = sorted(walked | not_opened | set(unread.items()))
    return {
        "files": len(left_out),
        "reasons": dict(sorted(Counter(reason for _, reason in left_out).items())),
        "paths": [{"path": path, "reason": reason} for path, reason in left_out[:MOST_SKIPPED]],
    }


def data_profile(facts: Mapping[str, Fact], specs: Mapping[str, FactSpec]) -> str | None:
    """The fact that holds the profile of the data: the section `data` of the result."""
    asked = (fact_id for fact_id, spec in specs.items() if spec.probe == "data.profile" and fact_id in facts)
    return next((fact_id for fact_id in asked if specs[fact_id].query.get("what") == "report"), None)


def capacity_plan(facts: Mapping[str, Fact], specs: Mapping[str, FactSpec]) -> str | None:
    """The fact that holds the plan of the declared workload: the section `capacity` of the result."""
    return next((i for i, spec in specs.items() if spec.probe == "capacity.plan" and i in facts), None)


def cost_plan(facts: Mapping[str, Fact], specs: Mapping[str, FactSpec]) -> str | None:
    """The fact that holds the cost of the declared workload: the section `cost` of the result."""
    return next((i for i, spec in specs.items() if spec.probe == "cost.plan" and i in facts), None)


def cost_assumptions(report: Mapping[str, Any] | None) -> list[str]:
    """One line that names every default and illustrative price of the projection; none where it took none."""
    taken = report.get("assumptions", []) if report else []
    return [f"{COST_TAKES} {len(taken)} defaults and prices: {'; '.join(taken)}."] if taken else []


def capacity_assumptions(report: Mapping[str, Any] | None) -> list[str]:
    """One line that names every default which the plan took; none where it took none."""
    taken = report.get("assumptions", []) if report else []
    return [f"{CAPACITY_TAKES} {len(taken)} defaults: {'; '.join(taken)}."] if taken else []


def declared(config: ProjectConfig) -> dict[str, Any]:
    """What the project file says of the project, without what it leaves empty."""
    said = config.project.model_dump(mode="json")
    return {key: value for key, value in said.items() if value not in ("", [], {}, None)}


def declared_words(config: ProjectConfig) -> dict[str, str]:
    """The declarations that rules and gates may use (`project.stage`…)."""
    return {key: getattr(config.project, key) for key in _TRUST}


def flags(facts: Mapping[str, Fact]) -> dict[str, bool | None]:
    """What the project is, by its `flag.` facts; None where it cannot be told."""
    found: dict[str, bool | None] = {}
    for fact_id in sorted(facts):
        if fact_id.startswith("flag."):
            fact = facts[fact_id]
            known = fact.state is State.KNOWN and isinstance(fact.value, bool)
            found[fact_id.removeprefix("flag.")] = (
                fact.value if known else False if fact.state is State.ABSENT else None
            )
    return found


def attestations(facts: Mapping[str, Fact]) -> list[dict[str, Any]] | None:
    """What people answered, by check; None where nobody was asked."""
    asked = {i: f for i, f in facts.items() if i.startswith("attestation.")}
    if not asked:
        return None
    answered = []
    for fact_id in sorted(asked):
        value = asked[fact_id].value
        if isinstance(value, Mapping) and value.get("answered"):
            answered.append({"check": fact_id.removeprefix("attestation."), **value})
    return answered


def waivers(facts: Mapping[str, Fact]) -> list[dict[str, Any]]:
    """The accepted risks that stand in the project's comments."""
    fact = facts.get(INLINE_WAIVERS)
    return list(fact.value) if fact is not None and isinstance(fact.value, list) else []


OF_MODELS: Final = ("trains", "fine_tunes", "loads_models", "calls_llm_api", "local_llm", "agent", "rag", "mcp")
"""Flags of which one holds wherever there is a model."""
NO_MODEL: Final = "Nothing was seen that trains, loads or asks a model: what is judged here holds for any software."


def without_model(project: Mapping[str, Any]) -> bool:
    """Whether it was seen that nothing in the project has to do with a model; not where one of the flags is unknown."""
    seen = project.get("flags")
    return isinstance(seen, Mapping) and all(seen.get(flag) is False for flag in OF_MODELS)


CAPACITY_TAKES: Final = "The capacity plan takes"
COST_TAKES: Final = "The projected cost takes"
TAKEN: Final = "is taken as the project declares it."


def assumptions(config: ProjectConfig, given: list[dict[str, Any]] | None, config_by: str) -> list[str]:
    """What was taken on trust, in words."""
    said = [
        f"{key.replace('_', ' ').capitalize()} {value!r} {TAKEN}"
        for key, value in declared_words(config).items()
        if value
    ]
    if given:
        said.append(f"{len(given)} answers of people are taken on trust; links to their evidence were not opened.")
    if config_by == "project" and config.exclude:
        globs = ", ".join(config.exclude)
        said.append(
            f"The project file asks to leave out {globs}; that was read all the same, since only a file that the caller"
            " names with --config can leave something out."
        )
    return said
