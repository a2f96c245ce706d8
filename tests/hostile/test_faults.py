"""Whatever goes wrong while an audit runs, older outputs stay, no temporary file stays, and what could be judged is."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aiaudit import resources
from aiaudit.audit import audit
from aiaudit.probes.text.engine import TextEngine
from aiaudit.reports.result import to_json
from aiaudit.ruleset import Options
from tests.cli.conftest import PROJECT, WORLD, lay

OURS = Path(__file__).parents[2]
# The small world's packs, and a signal at the nth event of a kind that Python's own audit hooks tell of.
SCRIPT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
world, event, left, number = sys.argv.pop(1), sys.argv.pop(1), int(sys.argv.pop(1)), int(sys.argv.pop(1))
parent = os.getpid()
def hook(name, args):
    global left
    if event in (name, "any") and os.getpid() == parent:
        left -= 1
        if left == 0:
            os.kill(parent, number)
from aiaudit import resources
from aiaudit.__main__ import main
resources._PACKAGE = Path(world)
sys.addaudithook(hook)
sys.exit(main())
"""


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder with a project, an older report, and folders for the cache and for temporary files."""
    files = {**PROJECT, **{f"app/m{n}.py": f"x{n} = 1  # TODO\n" * 2000 for n in range(20)}}
    lay(tmp_path / "project", files)
    for name in ("cache", "temporary", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "out/r.json").write_text("old")
    return tmp_path


def hung_up_on() -> None:
    """Whoever runs the tests under nohup, or in the background of a script, has a signal ignored that the program is to
    hear."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(
    place: Path, *arguments: str, event: str = "-", count: int = 0, number: int = 0, **options
) -> subprocess.CompletedProcess:
    env = {
        "PATH": os.environ["PATH"],
        "AIAUDIT_CACHE_DIR": str(place / "cache"),
        "TMPDIR": str(place / "temporary"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    head = [sys.executable, "-P", "-c", SCRIPT, str(OURS), str(WORLD), event, str(count), str(number), "run"]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": hung_up_on, **options}
    command = [*head, str(place / "project"), "-q", *arguments]
    return subprocess.run(command, env=env, text=True, timeout=60, check=False, **given)


def left(place: Path) -> set[str]:
    return {path.name for folder in ("out", "temporary") for path in (place / folder).iterdir()}


@pytest.mark.parametrize(
    ("event", "count", "name"),
    [
        ("os.scandir", 2, "SIGTERM"),  # in the walk
        ("os.fork", 2, "SIGTERM"),  # while workers are started
        ("tempfile.mkstemp", 2, "SIGINT"),  # the first output is written, the second has a temporary file
        ("os.chmod", 2, "SIGHUP"),  # both are written, none has its name
    ],
)
def test_a_signal_leaves_the_older_outputs_and_nothing_else(place, event, count, name):
    out = ["-o", str(place / "out/r.json"), "-o", str(place / "out/r.csv"), "--jobs", "2"]
    number = signal.Signals[name]
    done = run(place, *out, event=event, count=count, number=number)
    words = "interrupted" if name == "SIGINT" else f"stopped by {name}"
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", f"aiaudit: {words}; nothing was written\n")
    assert (place / "out/r.json").read_text() == "old"
    assert left(place) == {"r.json"}


@pytest.mark.parametrize("count", sorted(random.Random(10).sample(range(1, 5000), 8)))
def test_a_signal_at_any_point_leaves_all_old_or_all_new(place, count):
    """The points are drawn from all events that Python tells of: imports, opens, forks, renames, removals."""
    out = ["-o", str(place / "out/r.json"), "-o", str(place / "out/r.csv"), "--jobs", "2"]
    done = run(place, *out, event="any", count=count, number=signal.SIGTERM)
    new = {"r.json", "r.csv"}
    if done.returncode == 0:  # so many events there are not: the run came to its end
        assert left(place) == new
        return
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    old = (place / "out/r.json").read_text() == "old"
    assert left(place) == ({"r.json"} if old else new)
    assert old or json.loads((place / "out/r.json").read_text())["schema_version"] == 1


def test_a_signal_while_the_files_take_their_names_waits_until_all_have_them(place):
    out = ["-o", str(place / "out/r.json"), "-o", str(place / "out/r.csv")]
    done = run(place, *out, event="os.rename", count=1, number=signal.SIGTERM)
    assert done.returncode == 128 + signal.SIGTERM
    assert json.loads((place / "out/r.json").read_text())["schema_version"] == 1
    assert left(place) == {"r.json", "r.csv"}


def test_a_full_disk_leaves_the_older_outputs_and_says_so_in_one_line(place):
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # the cache does not fit either: then there is none

    done = run(place, "-o", str(place / "out/r.csv"), "-o", str(place / "out/r.json"), preexec_fn=little)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aiaudit: cannot write ")
    assert done.stderr.count("\n") == 1
    assert (place / "out/r.json").read_text() == "old"
    assert left(place) == {"r.json"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_and_a_full_stdout(place):
    (place / "out/full.json").symlink_to("/dev/full")
    done = run(place, "-o", str(place / "out/full.json"))
    assert (done.returncode, done.stderr) == (
        2,
        f"aiaudit: cannot write {place}/out/full.json: no space left on device\n",
    )
    with Path("/dev/full").open("w") as full:
        done = run(place, "-o", "-", stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("aiaudit: no space left on device")


def test_a_worker_that_is_killed_costs_its_file_and_nothing_else(tmp_path, monkeypatch):
    """As the system's own killer does it where memory is short."""
    monkeypatch.setattr(resources, "_PACKAGE", WORLD)
    root = lay(tmp_path / "project", {**PROJECT, **{f"app/m{n:02}.py": "# TODO\n" * 500 for n in range(40)}})
    whole = to_json(audit(str(root), Options(jobs=2, cache=False)))
    (root / "app/kill.py").write_text("# TODO: kill\n")
    honest = TextEngine.scan
    parent = os.getpid()

    def scan(self, data, entry):
        if entry.path == "app/kill.py":
            assert os.getpid() != parent
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(self, data, entry)

    monkeypatch.setattr(TextEngine, "scan", scan)
    monkeypatch.setattr(TextEngine, "bounded", False)
    made = to_json(audit(str(root), Options(jobs=2, cache=False)))
    assert made["skipped"]["paths"] == [{"path": "app/kill.py", "reason": "the scanner crashed on this file"}]
    before, after = ({c["id"]: len(c["findings"]) for c in one["checks"]} for one in (whole, made))
    assert after == before and sum(after.values()) > 40
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # nobody is left behind
