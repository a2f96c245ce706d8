"""Where results go: report files, the summary on the terminal, and lines for people."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from msgspec import Struct

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import check_ids
from aiaudit.reports.base import Output, brought_by, check_folder, parse_output, render, write_files
from aiaudit.reports.writing import HERE, Content, led_out, pieces_of

if TYPE_CHECKING:
    from aiaudit.plugins import Plugin

WIDEST = 110
NARROWEST = 20  # columns in which a sentence is still read
MOST_LISTED = 10
_OF_A_PROJECT = (
    "aiaudit.yaml", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "package.json", "Dockerfile",
    "README.md",
)  # fmt: skip
"""A folder that holds one of these is a project by itself, wherever it lies."""

MOST_ABSENT = 3  # data sets that are named
ACCEPTED_DAYS = 90  # in the proposal of a waiver: long enough to mend it, short enough to be asked again


def outputs_of(paths: Iterable[str], stdout_format: str | None) -> list[Output]:
    """The outputs asked for; `--format` alone means stdout."""
    wanted = list(paths)
    if stdout_format and "-" not in wanted:
        wanted.append("-")
    if wanted.count("-") > 1:
        raise UsageError("-o -: stdout can take one report only")
    return [parse_output(path, stdout_format) for path in wanted]


def suffixed(paths: Iterable[str], formats: Sequence[str]) -> list[tuple[str, str]]:
    """The outputs of a command that has formats of its own, each with its suffix."""
    found = []
    for path in paths:
        suffix = Path(path).suffix.lower()
        if suffix not in formats:
            raise UsageError(f"-o {path}: the suffix names no format; there are: {', '.join(formats)}")
        check_folder(path, "-o")
        found.append((path, suffix))
    return found


def brought(outputs: Iterable[Output]) -> tuple[Plugin, ...]:
    """The plug-ins that write the outputs whose format is not ours, each once."""
    found = (brought_by(output.suffix) for output in outputs)
    return tuple(dict.fromkeys(plugin for plugin in found if plugin is not None))


class Renderable(Protocol):
    """What can be rendered in every format."""

    def render(self, suffix: str) -> Content:
        """The report in one format."""


class Saved(Struct, frozen=True):
    """A result that was read from a file."""

    result: dict[str, Any]

    def render(self, suffix: str) -> bytes:
        """The report in one format."""
        return render(suffix, self.result)


def write(
    outputs: Sequence[Output], result: Renderable, also: Sequence[tuple[str, Content]] = (), root: str = HERE
) -> None:
    """Render every report, and only then write any: the files all at once (with those that are made already), and then
    what goes to stdout. None is led out of `root` by a link."""
    rendered = [(output, result.render(output.suffix)) for output in outputs]
    write_files([*also, *((output.path, data) for output, data in rendered if not output.is_stdout)], root=root)
    for output, data in rendered:
        if output.is_stdout:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(pieces_of(data))
            sys.stdout.buffer.flush()


def wrote(paths: Iterable[str]) -> None:
    """Which files were written, for who looks on; scripts are told by the exit code."""
    named = list(paths)
    if named and sys.stderr.isatty():
        say(f"wrote {', '.join(named)}")


def nameless_line(result: dict[str, Any], ways: str) -> None:
    """That pages are headed "Unnamed project", and how to name it: what is saved of a project says not where it lay."""
    if not result["project"].get("name") and not (result.get("brand") or {}).get("system"):
        say(f"the project has no name; give it one: {ways}")


def summary(result: dict[str, Any], stream: TextIO, subject: str = "", packs: Iterable[str] = ()) -> None:
    """The terminal report. `packs`: files of packs beside the shipped ones, which `explain` has to be told."""
    from aiaudit.reports.terminal import render as render_summary

    colour = use_colour(stream.isatty())
    also = "".join(f" --pack {shlex.quote(name)}" for name in packs)
    shipped = set(check_ids("")) if also else set()
    own = {check["id"]: also for check in result["checks"] if check["id"] not in shipped} if also else {}
    stream.write(render_summary(result, width=columns(stream), colour=colour, subject=subject, options=own))


def columns(stream: TextIO) -> int:
    """How wide to write: as the terminal is, but never over what is read with ease; 80 into files and pipes."""
    told = stream.isatty() or "COLUMNS" in os.environ
    return min(shutil.get_terminal_size((80, 24)).columns, WIDEST) if told else 80


def in_column(head: str, text: str, indent: int) -> str:
    """A row of a listing: what stands in its last column is folded there, where a terminal says how wide it is. Into
    files and pipes it stays one line, which is what looks for a word in it."""
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    room = columns(sys.stdout)
    if not told or len(head) + len(text) <= room:
        return head + text
    hang = " " * (len(head) if len(head) + NARROWEST <= room else indent)
    folded = textwrap.wrap(
        text, max(room, len(hang) + NARROWEST), initial_indent=hang, subsequent_indent=hang, break_on_hyphens=False
    )
    return "\n".join([head + folded[0].lstrip(), *folded[1:]] if len(hang) == len(head) else [head.rstrip(), *folded])


def gate_lines(result: dict[str, Any]) -> None:
    """Which gates failed, by how much, and what would pass."""
    for rule in result["gate"]["rules"]:
        if not rule["passed"]:
            hint = f" ({rule['hint']})" if rule["hint"] else ""
            say(f"gate failed: {rule['rule']}: wanted {rule['wanted']}, got {rule['got']}{hint}")


def gate_places(result: dict[str, Any], *, quiet: bool) -> None:
    """Where the checks stand on which a gate failed: the failed ones for those who asked for no summary, and for
    everybody those that could not be judged, for the summary only counts them."""
    named = {*_not_judged(result), *(_in_gate(result) if quiet else ())}
    for check in result["checks"]:
        if check["id"] not in named:
            continue
        for one in check["findings"][:MOST_LISTED]:
            place = f"{one['path']}:{one['line']}" if one["line"] else one["path"] or "the project"
            say(f"{check['id']} {place}: {one['message']}")
        if not check["findings"]:
            say(f"{check['id']} {check['reason']}")
        if len(check["findings"]) > MOST_LISTED:
            say(f"{check['id']} and {len(check['findings']) - MOST_LISTED} more places; the reports list them")
        for waiver in result["waivers"]:
            if waiver["id"] == check["id"] and waiver["state"] == "partial":
                place = waiver["at"] or "aiaudit.yaml"
                say(f"{check['id']} {place}: a waiver accepts {waiver['covers']} of these {waiver['of']} places")


def waiver_lines(result: dict[str, Any]) -> None:
    """Waivers that do nothing any more: unused ones and those whose last day has passed."""
    judged = {check["id"]: check for check in result["checks"]}
    for waiver in result["waivers"]:
        place = waiver["at"] or "aiaudit.yaml"
        check = judged.get(waiver["id"])
        if check is None:  # not among the packs of this audit
            continue
        if waiver["state"] == "expired" and check["status"] not in ("pass", "not_applicable"):
            say(f"warning: {place}: the waiver of {waiver['id']} expired on {waiver['expires']}; the finding is back")
        elif waiver["state"] in ("unused", "expired"):
            why = "nothing is found" if not check["findings"] else "it covers none of what is found"
            say(f"warning: {place}: the waiver of {waiver['id']} is not used: {why}; it can go")


def absent_lines(result: dict[str, Any]) -> None:
    """Data that is declared and not in the tree: nothing of it was measured, which a wrong path looks like."""
    from aiaudit.reports.record import Record, absent_data, misnamed_columns

    absent = absent_data(Record(result["data"]))
    for path, by in absent[:MOST_ABSENT]:
        say(f"note: {path}: declared ({by}), but not here; nothing of it was measured")
    if len(absent) > MOST_ABSENT:
        say(f"note: {len(absent) - MOST_ABSENT} more data sets are declared and not here")
    wrong = misnamed_columns(Record(result["data"]))
    for note in wrong[:MOST_ABSENT]:
        say(f"note: {note}; nothing was measured by it")
    if len(wrong) > MOST_ABSENT:
        say(f"note: {len(wrong) - MOST_ABSENT} more declared columns are not there")


def baseline_lines(result: dict[str, Any]) -> None:
    """What is new, fixed and unchanged since the baseline."""
    since = result["baseline"]
    if since is None:
        return
    other_project_lines(result)
    counts = f"{len(since['new'])} new, {len(since['fixed'])} fixed, {since['unchanged']} unchanged findings"
    rules = "" if since["ruleset_hash"] == result["tool"]["ruleset_hash"] else ", by other rules"
    say(f"since {since['as_of']}{rules}: {counts}")
    for word in ("new", "fixed"):
        for one in since[word][:MOST_LISTED]:
            place = f" {one['path']}" if one["path"] else ""
            line = f":{one['line']}" if one["line"] and word == "new" else ""  # a mended place has moved
            say(f"{word}: {one['check']}{place}{line}: {one['message']}")
        if len(since[word]) > MOST_LISTED:
            say(f"and {len(since[word]) - MOST_LISTED} more {word}; the result JSON lists them all")


def other_project_lines(result: dict[str, Any]) -> None:
    """That the baseline is of another project: what is new since is then nobody's doing."""
    from aiaudit.scoring.comparison import OF_OTHERS

    for note in (result.get("comparison") or {}).get("notes", ()):
        if note.startswith(OF_OTHERS):
            say(f"warning: --baseline: {note[0].lower()}{note[1:]}")


def waiver_snippet(result: dict[str, Any], settings: str = "") -> None:
    """What somebody may paste into aiaudit.yaml who takes the risk of the failed checks that the gate names.

    `settings`: that file as it stands.
    """
    from aiaudit.project.edit import entries_to_paste

    named = _in_gate(result)
    if not named:
        return
    day = (dt.date.fromisoformat(result["as_of"]) + dt.timedelta(days=ACCEPTED_DAYS)).isoformat()
    entries = [{"id": check, "reason": "TODO why", "owner": "TODO who answers", "expires": day} for check in named]
    text, there = entries_to_paste(settings, "waivers", entries)
    where = "below `waivers:` of aiaudit.yaml" if there else "into aiaudit.yaml"
    say(f"to take a risk for a time, paste this {where} and say who and why (or: aiaudit waivers add):")
    print(text, file=sys.stderr)


def _in_gate(result: dict[str, Any]) -> list[str]:
    """The failed checks on which a gate failed that a waiver would pass: not scores, coverage and levels."""
    failed = [rule for rule in result["gate"]["rules"] if not rule["passed"]]
    return sorted({check for rule in failed for check in rule["checks"]})


def _not_judged(result: dict[str, Any]) -> set[str]:
    """The checks that a gate asks for by their ids and that were not judged."""
    asked = {rule["rule"].removeprefix("--fail-on ") for rule in result["gate"]["rules"] if not rule["passed"]}
    unseen = ("unknown", "blocked", "error")
    return {check["id"] for check in result["checks"] if check["id"] in asked and check["status"] in unseen}


def part_of_repository(root: str) -> None:
    """That the folder is a part of a repository and no project by itself: what lies above it was not seen."""
    from aiaudit.probes.git.run import GitError, find_repository

    folder = Path(root).resolve()
    if any((folder / name).exists() for name in _OF_A_PROJECT):
        return
    try:
        repository = find_repository(root)
    except GitError:
        return
    if repository is not None and repository.prefix:
        above = Path(root, *[".."] * repository.prefix.count("/"))
        say(
            f"{repository.prefix} is a part of a repository; its CI, tests, documents and manifests above this folder"
            f" were not seen: aiaudit run {os.path.normpath(above)}"
        )


def several_projects(root: str) -> None:
    """That the folder holds repositories of their own: a login of one, its tests or its documents count for all here,
    which hides what the others lack."""
    folder = Path(root).resolve()
    if (folder / ".git").exists():
        return
    try:
        named = sorted(one.name for one in folder.iterdir() if not one.is_symlink() and (one / ".git").exists())
    except OSError:
        return
    if len(named) > 1:
        from aiaudit.reports.text import visible

        first = ", ".join(map(visible, named[:MOST_ABSENT])) + (", …" if len(named) > MOST_ABSENT else "")
        say(
            f"note: {len(named)} folders here are repositories of their own ({first}), and what one of them has counts"
            " for all: audit each by itself; `aiaudit portfolio` shows them side by side"
        )


def below(root: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that lie below the root, relative to it: an audit does not read its own reports."""
    base = Path(root).resolve()
    found = []
    for path in paths:
        full = Path(path).resolve()
        if full.is_relative_to(base) and not set(path) & set("[]{}*?!"):
            found.append(full.relative_to(base).as_posix())
    return tuple(found)


def stay_inside(root: str, paths: Iterable[str]) -> None:
    """No file that is named below the root may be led out of it by a link of the project: whoever wrote that could have
    any file of this user written over. Raises `UsageError`."""
    for path in paths:
        if real := led_out(root, path):
            raise UsageError(f"-o {path}: a link of the project leads to {real}; name that file itself")


def use_colour(is_terminal: bool) -> bool:
    """Whether to print in colour: NO_COLOR forbids it, FORCE_COLOR asks for it, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")


class Progress:
    """`reading 120 of 456 files`, or what a probe is at, on a terminal's stderr; nothing where there is none."""

    def __init__(self, wanted: bool) -> None:
        self.on = wanted and sys.stderr.isatty()
        self.shown = ""

    def __call__(self, done: int, total: int) -> None:
        self.doing(f"reading {done:,} of {total:,} files")

    def doing(self, text: str) -> None:
        """Show what is being done, in one line."""
        if self.on and text != self.shown:
            from aiaudit.reports.text import shorten, visible

            print(f"\r{shorten(visible(text), 78)}\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = text

    def clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = ""
