"""One audit of a tree that does all it can to harm, fool or stop it, watched from inside (Python's audit hooks) and, where
strace is installed, from outside (system calls)."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.tree import KEY, OUTSIDE, build

pytestmark = pytest.mark.slow

OURS = Path(__file__).parents[2]
CALLS = "execve,execveat,connect,bind,socket,sendto,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink,symlinkat,link,linkat,truncate,chmod,fchmodat,chown,ptrace,mount"
REPORTS = (
    "json",
    "html",
    "md",
    "long.md",
    "csv",
    "sarif",
    "junit.xml",
    "gitlab.json",
    "cdx.json",
    "oscal.json",
    "frameworks.csv",
    "github",
)


@dataclass(frozen=True)
class Seen:
    """What one audit did, and what it left."""

    root: Path
    code: int
    out: str
    err: str
    result: dict[str, Any]
    reports: dict[str, bytes]
    events: list[tuple[str, Any]]
    calls: list[str] | None  # None: no strace here
    before: dict[str, tuple[int, ...]]
    after: dict[str, tuple[int, ...]]
    megabytes: int

    def skipped(self, path: str) -> str:
        return next((one["reason"] for one in self.result["skipped"]["paths"] if one["path"] == path), "")

    def check(self, check: str) -> dict[str, Any]:
        return next(one for one in self.result["checks"] if one["id"] == check)


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    place = tmp_path_factory.mktemp("hostile")
    root = build(place / "root")
    for name in ("cache", "out", "temporary"):
        (place / name).mkdir()
    files = [word for suffix in REPORTS for word in ("-o", str(place / f"out/r.{suffix}"))]
    log, trace = place / "events.jsonl", place / "trace"
    command = [
        sys.executable,
        "-P",
        str(Path(__file__).with_name("watched.py")),
        str(OURS),
        str(log),
        "run",
        str(root),
        *files,
    ]
    strace = shutil.which("strace")
    if strace is not None and _traces(strace, place):
        command = [
            strace,
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-s",
            "300",
            "-e",
            f"trace={CALLS}",
            "-o",
            str(trace),
            *command,
        ]
    env = {
        "PATH": os.environ["PATH"], "HOME": str(place), "AIAUDIT_CACHE_DIR": str(place / "cache"), "TMPDIR": str(place / "temporary"),
        "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    before = _listing(root)
    going = threading.Event()
    churn = threading.Thread(target=_churn, args=(place / "root/churn", going))
    churn.start()
    try:
        done = subprocess.run(
            command, cwd=root, env=env, capture_output=True, timeout=300, check=False, preexec_fn=_as_a_user
        )
    finally:
        going.set()
        churn.join()
    events = [tuple(json.loads(line)) for line in log.read_text().splitlines()]
    made = Seen(
        root, done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape"),
        json.loads((place / "out/r.json").read_bytes()) if (place / "out/r.json").exists() else {},
        {path.name: path.read_bytes() for path in (place / "out").iterdir()},
        events,
        trace.read_text(errors="replace").splitlines() if trace.exists() else None,
        before, _listing(root), next((int(told) for event, told in events if event == "memory"), 0),
    )  # fmt: skip
    for locked in ("locked", "app/locked.py"):
        (root / locked).chmod(0o700)  # so that pytest can remove it
    return made


def _as_a_user() -> None:
    """Give up root's right to read what nobody may read; other users have none."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for right in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP: gone with the next execve


def _traces(strace: str, place: Path) -> bool:
    """Whether strace may trace here (containers often forbid it)."""
    return subprocess.run([strace, "-o", str(place / "try"), "true"], capture_output=True, check=False).returncode == 0


def _churn(folder: Path, done: threading.Event) -> None:
    """Files that come, grow, turn into links and go, all the time."""
    folder.mkdir()
    number = 0
    while not done.wait(0.003):
        number += 1
        file = folder / f"f{number % 20}.py"
        file.unlink(missing_ok=True)
        if number % 3:
            file.write_text("import pickle\n" * (number % 50))
        else:
            file.symlink_to("/etc/passwd")


def _listing(root: Path) -> dict[str, tuple[int, ...]]:
    found = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in ("deep", "churn")]
        for name in [*names, *files]:
            status = (Path(folder) / name).lstat()
            found[f"{folder}/{name}"] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)
    found.pop(str(root / "churn"), None)
    return found


def test_it_ends_calmly(seen):
    assert seen.code in (0, 2), seen.err
    assert "Traceback" not in seen.err and "internal error" not in seen.err
    assert sorted(seen.reports) == sorted(f"r.{suffix}" for suffix in REPORTS), seen.err
    assert [fact for fact, found in seen.result["facts"].items() if found["state"] == "error"] == []
    assert [check["id"] for check in seen.result["checks"] if check["status"] == "error"] == []
    assert 0 < seen.megabytes <= 512


def test_what_is_ordinary_is_still_judged(seen):
    found = {(one["path"], one["line"]) for one in seen.check("SEC-003")["findings"]}
    assert {("models/call.pkl", 1), ("models/traversal.pt", 1), ("models/crc.pt", 1)} <= found
    assert seen.check("SEC-003")["status"] == "fail"
    assert seen.result["facts"]["code.unsafe_deserialisation"]["value"] is True
    paths = {one["path"] for one in seen.result["facts"]["code.unsafe_deserialisation"]["evidence"]}
    assert any(path.startswith(("app/load.py", "names/")) for path in paths)


def test_what_was_not_looked_at_is_told_with_its_reason(seen):
    for path, reason in {
        "app/pipe.py": "not a regular file, not opened", "Makefile": "not a regular file, not opened",
        "links/out.py": "a link to no file of the project, not followed", "docs": "a link to no file of the project, not followed",
        "app/huge.py": "too large: only its head was read", "app/bomb_nul.py": "holds NUL bytes",
        "app/locked.py": "permission denied", "locked": "permission denied", ".git": "version control store, not walked",
    }.items():  # fmt: skip
        assert seen.skipped(path) == reason, path
    assert any(one["reason"] == "deeper than 64 folders" for one in seen.result["skipped"]["paths"])
    assert {one["path"] for one in seen.result["skipped"]["paths"]} >= {
        f"app/bomb_{n}.py" for n in ("parens", "minus", "plus")
    }
    assert seen.skipped("app/bomb_surrogate.py") == "in the encoding utf-7, which hides its text"


def test_ignore_files_hide_nothing(seen):
    assert seen.check("SEC-001")["status"] in ("fail", "partial")
    assert ("app/settings.py", 1) in {(one["path"], one["line"]) for one in seen.check("SEC-001")["findings"]}
    assert any("asks to leave out **" in said for said in seen.result["assumptions"])


def test_the_tree_moves_no_verdict_and_brings_no_pack(seen):
    assert len(seen.result["packs"]) == 11
    assert seen.check("SEC-001")["title"] != "t"
    assert {check["severity"] for check in seen.result["checks"] if check["id"] == "SEC-002"} == {"critical"}
    assert seen.check("SEC-002")["status"] != "pass"


def test_nothing_outside_is_read_and_no_secret_is_told(seen):
    for name, data in seen.reports.items():
        assert OUTSIDE.encode() not in data, name
        assert KEY.encode() not in data, name
        assert b"root:x:0" not in data, name
    said = seen.out + seen.err
    assert OUTSIDE not in said and KEY not in said
    cache = b"".join(path.read_bytes() for path in (seen.root.parent / "cache").rglob("*") if path.is_file())
    assert OUTSIDE.encode() not in cache and KEY.encode() not in cache


def test_names_are_text_and_nothing_else(seen):
    controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
    said = seen.out + seen.err
    assert not controls.search(said)
    assert not re.search(r"(?m)^\s*::", said)
    for name, data in seen.reports.items():
        text = data.decode("utf-8")
        assert not controls.search(text), name
        if name.endswith(".html"):
            assert (
                "<img src=x" not in text
                and "<script>alert" not in text
                and "onerror=alert(1)>" not in text.replace("&gt;", "")
            )
        if name.endswith(".csv"):
            assert not re.search(r'(?m)^"?[=+@]|,"?[=+@]', text)
    listed = {one["path"] for one in seen.result["facts"]["code.unsafe_deserialisation"]["evidence"]}
    assert any("\\n" in path or "\\x1b" in path or "\\xe9" in path or "names/" in path for path in listed)


def test_git_is_read_and_runs_nothing(seen):
    if shutil.which("git") is None:
        pytest.skip("needs git")
    assert seen.result["project"]["commit"]
    assert [path for path in seen.after if path.endswith("/RAN")] == []


def test_the_tree_is_as_it_was(seen):
    assert seen.after == seen.before


def test_from_inside_no_socket_no_import_no_program_no_write(seen):
    place = str(seen.root.parent)
    root = str(seen.root)
    allowed = tuple(f"{place}/{name}" for name in ("cache", "out", "temporary"))
    programs = []
    assert len(seen.events) > 300
    for event, told in seen.events:
        if event.startswith(
            ("socket.", "ftplib.", "urllib.", "http.", "smtplib.", "webbrowser.", "pty.", "os.system", "pickle.")
        ):
            raise AssertionError((event, told))
        if event == "subprocess.Popen":
            programs.append(told)
        elif event in ("import", "exec"):
            assert not str(told).startswith(root), told
        elif event == "open":
            assert str(told[0]).startswith((*allowed, "/dev/null")) or isinstance(told[0], int), told
        elif event in (
            "os.mkdir",
            "os.remove",
            "os.rmdir",
            "os.symlink",
            "os.chmod",
            "os.truncate",
            "os.utime",
            "os.link",
        ):
            target = told[1] if event in ("os.symlink", "os.link") else told[0]
            is_open = isinstance(target, int) or told[-1] not in (-1, None)  # by a descriptor
            assert str(target).startswith(allowed) or is_open, (event, told)
        elif event in ("os.rename", "shutil.move"):
            assert all(str(one).startswith(allowed) or "out/" in str(one) for one in told[:2]), (event, told)
        elif event == "ctypes.dlopen":
            assert "nvidia" in str(told) or "cuda" in str(told) or told in (["None"], [None], ["libc.so.6"]), told
    assert programs or shutil.which("git") is None
    reader = [str(program) for program in programs if "workbook_rows.py" in str(program[1])]
    assert 1 <= len(reader) <= 2, programs  # for one workbook, which is opened once more where it could not be profiled
    for program, arguments, _, environment in programs:
        if "workbook_rows.py" in str(arguments):
            assert str(program) == sys.executable and list(arguments)[1] == "-I" and len(arguments) == 3, arguments
            continue
        assert Path(program).name == "git" and not str(program).startswith(root), program
        assert not any(root in str(word) and not str(word).startswith("--git-dir=") for word in arguments), arguments
        assert "core.fsmonitor=false" in arguments or arguments[-1] == "version", arguments
        for name in ("PATH", "HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
            assert name in str(environment)
        assert place not in re.sub(r"GIT_DIR[^,]*", "", str(environment)), environment


def test_from_outside_no_socket_no_program_no_write(seen):
    if seen.calls is None:
        pytest.skip("needs strace")
    place = str(seen.root.parent)
    allowed = tuple(f'"{place}/{name}' for name in ("cache", "out", "temporary"))
    writes = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
    started = []
    for line in seen.calls:
        call = re.match(r"\d+\s+(\w+)\((.*)", line)
        if call is None or "= -1 " in line:
            continue
        name, told = call.groups()
        assert name not in ("connect", "bind", "sendto", "ptrace", "mount"), line
        if name == "socket":
            assert "AF_INET" not in told, line
        elif name.startswith("execve"):
            started.append(told.split('"')[1])
        elif name in ("open", "openat", "creat"):
            if writes.search(told):
                path = '"' + told.split('"')[1]
                assert path.startswith((*allowed, '"/dev/null', f'"{place}/events.jsonl')) or "O_TMPFILE" in told, line
        elif name.startswith(("mkdir", "rename", "unlink", "symlink", "link", "truncate", "chmod", "fchmod", "chown")):
            assert any(part in told for part in allowed) or "AT_FDCWD" not in told, line
    assert {Path(program).name for program in started} <= {Path(sys.executable).name, "python3", "python", "git"}, set(
        started
    )
    assert "git" in {Path(program).name for program in started} or shutil.which("git") is None
    assert not any(program.startswith(str(seen.root)) for program in started)


def test_nothing_temporary_is_left(seen):
    assert list((seen.root.parent / "temporary").iterdir()) == []
