"""Words of strangers that reach a script of GitHub one step later: by a variable of the environment that an expression
or `eval` takes up again, or by the output of an earlier step.

A variable by itself is the right way (`run: echo "$TITLE"`); `${{ env.TITLE }}` puts its words into the script all the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.composite import EXPRESSION, OpenStep
from aiaudit.probes.ci.evaluated import run_again
from aiaudit.probes.ci.model import Workflow, as_map
from aiaudit.project.parse import line_of

_ENV: Final = lazy.regex(r"\benv\.(\w+)|\benv\[\s*'(\w+)'\s*\]")
_OUTPUT: Final = lazy.regex(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)")
_OF_JOB: Final = lazy.regex(r"\bneeds\.([\w-]+)\.outputs\.([\w-]+)")
_WRITTEN: Final = lazy.regex(
    r"^[^\n]*?[\"'\s]?([\w-]+)=([^\n]*?)[\"']?\s*>>\s*[\"']?\$\{?GITHUB_OUTPUT\b", re.MULTILINE
)
_END: Final = lazy.regex(r"[\"']?\w+[\"']?")
_SPOKEN: Final = lazy.regex(r"\$\{?(\w+)")
_LONGEST: Final = 40_000  # characters of a script


def carried(workflow: Workflow, one: OpenStep, untrusted: Any) -> Iterator[tuple[int, str]]:
    """Offset in the script, and the words, of what a stranger chose and a step handed on. `untrusted`: what a stranger
    chooses by itself."""
    if one.path != workflow.path or not one.step.script:
        return
    script = one.step.script[:_LONGEST]
    job = as_map(as_map(as_map(workflow.data).get("jobs")).get(one.job.id))
    strange = _strange(workflow, job, one.step.line, untrusted)
    for match in EXPRESSION.finditer(script):
        for named in _ENV.finditer(match.group(1)):
            name = named.group(1) or named.group(2)
            if name in strange:
                yield match.start(), f"env.{name} ({strange[name]})"
        for named in _OUTPUT.finditer(match.group(1)):
            words = _handed_out(workflow, job, named.group(1), named.group(2), untrusted)
            if words:
                yield match.start(), f"{named.group(0)} ({words})"
        for named in _OF_JOB.finditer(match.group(1)):
            words = _of_another_job(workflow, named.group(1), named.group(2), untrusted)
            if words:
                yield match.start(), f"{named.group(0)} ({words})"
    for at, name, _ in run_again(script, strange):
        if name in strange:
            yield at, f"{name} ({strange[name]})"


def _strange(workflow: Workflow, job: Mapping[str, Any], line: int, untrusted: Any) -> dict[str, str]:
    """The variables of a step whose text a stranger chooses: name -> what it is made of."""
    found: dict[str, str] = {}
    for name, text in variables(workflow, job, line).items():
        words = [untrusted.search(inner) for inner in EXPRESSION.findall(text)]
        if hit := next((one for one in words if one), None):
            found[name] = hit.group(0)
    return found


def variables(workflow: Workflow, job: Mapping[str, Any], line: int) -> dict[str, str]:
    """The variables of a step by their texts: those of the workflow, of its job and its own."""
    steps = [as_map(step) for step in job.get("steps") or ()] if isinstance(job.get("steps"), list) else []
    own = [step.get("env") for step in steps if line_of(step) == line]
    found: dict[str, str] = {}
    for held in (as_map(workflow.data).get("env"), job.get("env"), *own):
        found.update({str(name): str(text) for name, text in as_map(held).items()})
    return found


def by_its_variables(workflow: Workflow, one: OpenStep, text: str) -> str:
    """A text with what the variables stand for that it names (`${{ env.HEAD }}`, `$HEAD`)."""
    job = as_map(as_map(as_map(workflow.data).get("jobs")).get(one.job.id))
    known = variables(workflow, job, one.step.line) if one.path == workflow.path else {}
    named = [first or second for first, second in _ENV.findall(text)] + _SPOKEN.findall(text)
    return " ".join([text, *(known[name] for name in dict.fromkeys(named) if name in known)])


def _handed_out(workflow: Workflow, job: Mapping[str, Any], step_id: str, output: str, untrusted: Any) -> str:
    """What of a stranger's words a step of the job writes into this output; "" for none."""
    steps = job.get("steps")
    for step in map(as_map, steps if isinstance(steps, list) else []):
        if str(step.get("id")) != step_id:
            continue
        strange = _strange(workflow, job, line_of(step) or 0, untrusted)
        for told in _told(str(step.get("run") or "")[:_LONGEST], output):
            if hit := untrusted.search(told):
                return str(hit.group(0))
            for spoken in _SPOKEN.findall(told):
                if spoken in strange:
                    return strange[spoken]
    return ""


def _told(script: str, output: str) -> Iterator[str]:
    """What a script writes into an output: on one line, or on the lines up to the word that ends it."""
    for written in _WRITTEN.finditer(script):
        if written.group(1) == output:
            yield written.group(2)
    _, mark, after = script.partition(f"{output}<<")
    if mark and "GITHUB_OUTPUT" in script:
        end = (_END.match(after) or [""])[0].strip("\"'")
        rest = after.partition("\n")[2]
        yield rest.partition(end)[0] if end and end in rest else rest


def _of_another_job(workflow: Workflow, name: str, output: str, untrusted: Any) -> str:
    """What of a stranger's words a job that was waited for hands on; "" for none."""
    job = as_map(as_map(as_map(workflow.data).get("jobs")).get(name))
    text = str(as_map(job.get("outputs")).get(output) or "")
    if hit := untrusted.search(text):
        return str(hit.group(0))
    named = _OUTPUT.search(text)
    return _handed_out(workflow, job, named.group(1), named.group(2), untrusted) if named else ""
