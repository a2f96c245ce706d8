"""What aiaudit sees beside what specialists see: the same checkouts, question by question, place by place.

    python benchmarks/peers.py AIAUDIT CHECKOUTS... [--zizmor PROGRAM] [--checkov P] [--hadolint P] [--picklescan P] \
        [--bandit P] [--places]

Each folder in CHECKOUTS is one project. Of every peer that is named, those rules are taken which ask what a check asks,
and each place of theirs is looked for among what aiaudit found, and the other way round: in the same file, or, where a
file has many places, within three lines. What one says and the other does not is no fault by itself: `--places` lists
it to be read at the source. CPU seconds are of whole processes, one after the other, of all projects that hold
something for the peer (aiaudit: all its checks, without a cache).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import run

NEAR = 3  # lines
MANIFESTS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")
TESTS = {"tests", "test", "testing", "docs", "examples"}  # folders
MODELS = ("pkl", "pickle", "joblib", "pt", "pth", "bin", "npy", "npz", "dill")


@dataclass(frozen=True)
class Place:
    """A line of a file, relative to the project; 0 where the whole file is meant."""

    path: str
    line: int = 0


@dataclass
class Told:
    """What one peer says of one project, by rule, and what that cost."""

    places: dict[str, set[Place]] = field(default_factory=dict)
    cpu: float = 0.0

    def add(self, rule: str, place: Place) -> None:
        """Take note of a place of a rule."""
        self.places.setdefault(rule, set()).add(place)


@dataclass(frozen=True)
class Question:
    """`ours` gives the places that aiaudit found, `rules` are those of the peer that ask the same."""

    name: str
    peer: str
    rules: frozenset[str]
    ours: Callable[[Mapping[str, Any]], Iterable[Place]]
    by_line: bool = False


def rows(result: Mapping[str, Any], fact: str, holds: Callable[[Mapping[str, Any]], bool]) -> Iterator[Place]:
    """The places of the rows of a fact for which something holds."""
    value = result["facts"].get(fact, {}).get("value")
    for row in value if isinstance(value, list) else ():
        if isinstance(row, dict) and holds(row):
            yield Place(str(row["path"]), int(row.get("line") or 0))


def of_github(row: Mapping[str, Any]) -> bool:
    """Whether a place is one that zizmor reads: a workflow or an action, and no script that is fetched."""
    return str(row["path"]).startswith((".github/", "action.y")) and row.get("kind") != "script"


def ways_in(result: Mapping[str, Any]) -> Iterator[Place]:
    """Triggers of strangers that reach secrets or rights."""
    for fact in ("security.untrusted_checkouts", "security.SEC-012.hazards"):
        yield from rows(result, fact, lambda row: row.get("kind") in (None, "open_trigger", "environment_file"))


QUESTIONS = (
    Question(
        "words of others in a script",
        "zizmor",
        frozenset({"template-injection"}),
        lambda r: rows(r, "security.injections", of_github),
        True,
    ),
    Question(
        "actions of others by a tag",
        "zizmor",
        frozenset({"unpinned-uses"}),
        lambda r: rows(r, "security.actions", lambda row: row["pinned"] is False and of_github(row)),
        True,
    ),
    Question(
        "tokens wider than needed",
        "zizmor",
        frozenset({"excessive-permissions"}),
        lambda r: rows(r, "security.permissions", lambda row: row["scope"] in ("all", "default") or not row["job"]),
    ),
    Question("strangers start what has rights", "zizmor", frozenset({"dangerous-triggers"}), ways_in),
    Question(
        "image runs as root",
        "checkov",
        frozenset({"CKV_DOCKER_3"}),
        lambda r: rows(r, "security.images", lambda row: row["root"] is True),
    ),
    Question(
        "base image by a tag that moves",
        "hadolint",
        frozenset({"DL3006", "DL3007"}),
        lambda r: rows(r, "infra.images", lambda row: row["pin"] in ("none", "latest")),
    ),
    Question(
        "container runs as root",
        "checkov",
        frozenset({"CKV_K8S_23"}),
        lambda r: rows(r, "security.containers", lambda row: row.get("non_root") is False),
    ),
    Question(
        "container without a limit of memory",
        "checkov",
        frozenset({"CKV_K8S_13"}),
        lambda r: rows(r, "security.containers", lambda row: row.get("memory_limit") == ""),
    ),
    Question(
        "model file can run code",
        "picklescan",
        frozenset({"dangerous"}),
        lambda r: rows(r, "security.SEC-003.scanned", lambda row: row["verdict"] == "dangerous"),
    ),
    Question(
        "request without a timeout",
        "bandit",
        frozenset({"B113"}),
        lambda r: rows(r, "integration.INT-002.waiting", lambda row: row["name"].startswith(("requests.", "httpx."))),
        True,
    ),
    Question(
        "objects made from files",
        "bandit",
        frozenset({"B301", "B614"}),
        lambda r: rows(r, "security.SEC-002.loads", lambda _: True),
        True,
    ),
    Question(
        "model or data set of a hub by its name alone",
        "bandit",
        frozenset({"B615"}),
        lambda r: rows(r, "code.hub_unpinned", lambda _: True),
        True,
    ),
)


def zizmor(program: str, root: Path) -> Told | None:
    """Its findings of high or medium confidence, without what it calls informational."""
    if not (root / ".github").is_dir():
        return None
    told = Told()
    found = output([program, "--offline", "--quiet", "--format", "json", str(root)], told)
    for one in found if isinstance(found, list) else ():
        sure = one["determinations"]
        if sure["confidence"] == "Low" or sure["severity"] == "Informational":
            continue
        first = next((at for at in one["locations"] if at["symbolic"]["kind"] == "Primary"), one["locations"][0])
        path = os.path.relpath(first["symbolic"]["key"]["Local"]["verbatim_path"], root)
        start, end = (first["concrete"]["location"][key]["row"] + 1 for key in ("start_point", "end_point"))
        line = start if one["ident"] != "template-injection" else min(end, start + injected(first))
        told.add(one["ident"], Place(path, line))
    return told


def injected(place: Mapping[str, Any]) -> int:
    """How many lines below the beginning of a script the first expression stands."""
    before, _, _ = place["concrete"]["feature"].partition("${{")
    return int(before.count("\n"))


def checkov(program: str, root: Path) -> Told | None:
    """Its failed checks of Dockerfiles and Kubernetes manifests."""
    files = [*dockerfiles(root), *(path for path in find(root, "*.yaml", "*.yml") if is_manifest(path))]
    if not files:
        return None
    told = Told()
    asked = [program, "--framework", "dockerfile", "kubernetes", "-o", "json", "--quiet", "--compact"]
    found = output([*asked, "--skip-download", *(part for path in files for part in ("-f", str(path)))], told)
    for report in found if isinstance(found, list) else [found]:
        for one in report.get("results", {}).get("failed_checks", ()) if isinstance(report, dict) else ():
            told.add(one["check_id"], Place(os.path.relpath(one["file_abs_path"], root)))
    return told


def hadolint(program: str, root: Path) -> Told | None:
    """Its findings in Dockerfiles."""
    files = dockerfiles(root)
    if not files:
        return None
    told = Told()
    for one in output([program, "-f", "json", "--no-fail", *map(str, files)], told) or ():
        told.add(one["code"], Place(os.path.relpath(one["file"], root), one["line"]))
    return told


def picklescan(program: str, root: Path) -> Told | None:
    """Model files in which it names a dangerous import."""
    files = find(root, *(f"*.{suffix}" for suffix in MODELS))
    if not files:
        return None
    told = Told()
    for file in files:
        before = os.times()
        done = subprocess.run([program, "-p", str(file)], capture_output=True, text=True, check=False)
        told.cpu += spent(before)
        if "dangerous import" in done.stdout + done.stderr:
            told.add("dangerous", Place(os.path.relpath(file, root)))
    return told


def bandit(program: str, root: Path) -> Told | None:
    """Its findings in Python files, of the rules that are compared; tests are left out, as aiaudit does."""
    if not find(root, "*.py"):
        return None
    told = Told()
    rules = sorted(rule for one in QUESTIONS if one.peer == "bandit" for rule in one.rules)
    found = output([program, "-q", "-r", str(root), "-f", "json", "-t", ",".join(rules), "--exit-zero"], told) or {}
    for one in found.get("results", ()):
        path = os.path.relpath(one["filename"], root)
        if not TESTS & set(Path(path).parts):
            told.add(one["test_id"], Place(path, one["line_number"]))
    return told


PEERS: Mapping[str, Callable[[str, Path], Told | None]] = {
    "zizmor": zizmor,
    "checkov": checkov,
    "hadolint": hadolint,
    "picklescan": picklescan,
    "bandit": bandit,
}


def output(command: list[str], told: Told) -> Any:
    """The JSON that a peer prints; None where it prints none."""
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told.cpu += spent(before)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


def spent(before: os.times_result) -> float:
    """CPU seconds of children since then."""
    now = os.times()
    return now.children_user + now.children_system - before.children_user - before.children_system


def find(root: Path, *patterns: str) -> list[Path]:
    """Files of the project by name, without packages that lie in it."""
    found = {path for pattern in patterns for path in root.rglob(pattern) if path.is_file()}
    return sorted(path for path in found if not {"node_modules", ".git", ".venv"} & set(path.relative_to(root).parts))


def dockerfiles(root: Path) -> list[Path]:
    """Everything that builds an image."""
    return find(root, "Dockerfile*", "*.Dockerfile", "*.dockerfile")


def is_manifest(path: Path) -> bool:
    """Whether a YAML file describes containers of a cluster."""
    text = path.read_bytes()[:200_000]
    return any(b"kind: " + kind.encode() in text for kind in MANIFESTS)


def same(place: Place, others: Iterable[Place], by_line: bool) -> bool:
    """Whether a place is among others."""
    return any(place.path == other.path and (not by_line or abs(place.line - other.line) <= NEAR) for other in others)


def main() -> None:
    """Run all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("aiaudit")
    parser.add_argument("checkouts", type=Path, nargs="+")
    for peer in PEERS:
        parser.add_argument(f"--{peer}", help=f"the program {peer}")
    parser.add_argument("--places", action="store_true", help="list what one says and the other does not")
    asked = parser.parse_args()
    roots = sorted({path.resolve() for folder in asked.checkouts for path in folder.iterdir() if path.is_dir()})
    programs = {peer: program for peer in PEERS if (program := getattr(asked, peer))}
    results, told, cpu = {}, {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for root in roots:
            file = Path(folder, "result.json")
            cost = run(
                [asked.aiaudit, "run", str(root), "-q", "--no-cache", "--exit-zero", "-o", str(file)], None, (0, 3)
            )
            results[root], cpu = json.loads(file.read_bytes()), cpu + cost.cpu
            for peer, program in programs.items():
                if (found := PEERS[peer](program, root)) is not None:
                    told[peer, root] = found
    report(results, told, asked.places)
    print(f"\n{'aiaudit, all checks':<28} {len(roots):>3} projects  CPU {cpu:7.1f} s")
    for peer, program in programs.items():
        some = [one for (name, _), one in told.items() if name == peer]
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        name = f"{peer} {next(iter(re.findall(r'[0-9]+(?:[.][0-9]+)+', said)), '')}"
        print(f"{name:<28} {len(some):>3} projects  CPU {sum(one.cpu for one in some):7.1f} s")


def report(results: Mapping[Path, Mapping[str, Any]], told: Mapping[tuple[str, Path], Told], places: bool) -> None:
    """One row a question; with `places` what differs."""
    print(f"{'question':<36} {'peer':<11} {'places':>6} {'of them ours':>13} {'ours':>5} {'of them theirs':>15}")
    differing: list[str] = []
    for question in QUESTIONS:
        counts = [0, 0, 0, 0]
        for root, result in results.items():
            if (question.peer, root) not in told:
                continue
            peer = told[question.peer, root].places
            theirs = {place for rule in question.rules for place in peer.get(rule, ())}
            ours = set(question.ours(result))
            if not question.by_line:
                theirs, ours = {Place(one.path) for one in theirs}, {Place(one.path) for one in ours}
            missed = [one for one in theirs if not same(one, ours, question.by_line)]
            more = [one for one in ours if not same(one, theirs, question.by_line)]
            counts = [
                have + new
                for have, new in zip(
                    counts, (len(theirs), len(theirs) - len(missed), len(ours), len(ours) - len(more)), strict=True
                )
            ]
            for who, some in ((question.peer, missed), ("aiaudit", more)):
                differing += [
                    f"{question.name}: {who} alone: {root.name} {one.path}:{one.line}"
                    for one in sorted(some, key=lambda one: (one.path, one.line))
                ]
        if any(question.peer == peer for peer, _ in told):
            print(
                f"{question.name:<36} {question.peer:<11} {counts[0]:>6} {counts[1]:>13} {counts[2]:>5} {counts[3]:>15}"
            )
    if places:
        print("\n" + "\n".join(differing))


if __name__ == "__main__":
    sys.exit(main())
