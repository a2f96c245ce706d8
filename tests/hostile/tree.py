"""A project that does all it can to harm, fool or stop whoever audits it.

Each function lays one kind of harm below a folder, beside an ordinary little service; `build` lays all of them. What
the system does not let this process make (device nodes, names that are not UTF-8) is left out.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

SECRET = "".join(random.Random(10).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
KEY = f"AKIA{SECRET}"  # of the shape of an AWS key id; random, so that no scanner of this repository finds one
OUTSIDE = "outside-canary-8d1f"  # stands in files beside the tree; in no output
GB = 1024**3

NAMES = (
    b"caf\xe9.py", b"new\nline.py", b"\x1b[31mred\x1b[0m.py", "\u202egnp.py".encode(), b"<img src=x onerror=alert(1)>.py",
    b"[link=file:@@etc]x.py", b"::error file=a::b.py", b"=cmd|' @C calc'!A0.py", b"`tick` | pipe ![x](y).py", b"-rf.py",
    b"%0A::set-output.py", b" space .py", b"a" * 240 + b".py", "x\u0301\u0489".encode() * 20 + b".py", b"${jndi:ldap:x}.py",
)  # fmt: skip
UNSAFE = "import pickle, sys\n\npickle.load(open(sys.argv[1], 'rb'))\n"


def build(root: Path) -> Path:
    """Everything at once. `root` must not exist; beside it lies `outside`, which no one may look into."""
    outside = root.parent / "outside"
    _write(outside / "secret.py", f"KEY = '{OUTSIDE}'\n")
    service(root)
    links(root, outside)
    special_files(root)
    huge_files(root)
    names(root / "names")
    bombs(root)
    archives(root / "models")
    notebooks(root)
    planted(root)
    hidden(root)
    repository(root, outside)
    return root


def service(root: Path) -> None:
    """What an honest project would hold, with one known fault: a test that this is still judged."""
    _write(root / "README.md", "# Service\n\nAnswers questions.\n\n## Install\n\n    pip install .\n")
    _write(root / "requirements.txt", "fastapi==0.110.0\n-r ../../outside/secret.py\n-e git+https://x\n")
    _write(
        root / "app/serve.py",
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef ask():\n    return 1\n",
    )
    _write(root / "app/load.py", UNSAFE)


def links(root: Path, outside: Path) -> None:
    """Loops, chains, and ways out of the tree."""
    folder = root / "links"
    folder.mkdir()
    for name, target in {
        "self": "self", "a": "b", "b": "a", "here": ".", "up": "..", "out.py": str(outside / "secret.py"),
        "out": str(outside), "relative.py": "../../outside/secret.py", "passwd.py": "/etc/passwd", "fd": "/proc/self/fd",
        "inside.py": "../app/load.py", "gone.py": "nowhere",
    }.items():  # fmt: skip
        (folder / name).symlink_to(target)
    (root / "MODEL_CARD.md").symlink_to(outside / "secret.py")
    (root / "docs").symlink_to(outside)


def special_files(root: Path) -> None:
    """Pipes, sockets and devices, under names that probes read."""
    for name in ("attestations.yaml", "pyproject.toml", "Makefile", "app/pipe.py", "data/train.csv", "models/a.pkl"):
        (root / name).parent.mkdir(exist_ok=True)
        os.mkfifo(root / name)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as one:  # a long path is too long for one
        before = Path.cwd()
        os.chdir(root / "app")
        try:
            one.bind("live.py")
        finally:
            os.chdir(before)
    with contextlib.suppress(PermissionError):
        os.mknod(root / "data/zero.csv", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        os.mknod(root / "app/zero.py", 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def huge_files(root: Path) -> None:
    """Large, sparse, and of one line."""
    for name, size in {
        "data/huge.csv": 10 * GB, "models/huge.safetensors": 10 * GB, "models/huge.pt": 10 * GB, "app/huge.py": 10 * GB,
        "big.ipynb": GB // 5, "logs/huge.jsonl": 10 * GB, "data/huge.parquet": GB,
    }.items():  # fmt: skip
        (root / name).parent.mkdir(exist_ok=True)
        with (root / name).open("wb") as file:
            file.truncate(size)
    line = "x" * 1_000_000
    _write(root / "app/line.py", f"x = '{line}'\n")
    _write(root / "web/line.js", f"const x = '{line}';\n" * 2)
    _write(root / "docs-real/line.md", f"# {line}\n")
    _write(root / "conf/line.json", json.dumps({line: line}))
    _write(root / "data/line.csv", f"a,b\n1,{line}\n")
    deep = root / "deep"
    deep.mkdir()
    at = os.open(deep, os.O_RDONLY)
    for _ in range(300):  # a path longer than any call takes
        os.mkdir("d" * 50, dir_fd=at)
        at, before = os.open("d" * 50, os.O_RDONLY, dir_fd=at), at
        os.close(before)
    os.close(at)


def names(folder: Path) -> None:
    """Names that are markup, orders to a terminal, formulas, or no text. Each file has a finding, so each is named."""
    folder.mkdir()
    for name in NAMES:
        with contextlib.suppress(OSError):  # some file systems take UTF-8 alone
            (folder / os.fsdecode(name)).write_text(UNSAFE)


def bombs(root: Path) -> None:
    """Small texts that become large, deep or slow where a reader believes them."""
    nine = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    alias = f"a: &a [x, x, x, x, x, x, x, x, x]\n{nine}\n"
    for name in (".github/workflows/bomb.yml", "k8s/bomb.yaml", "docker-compose.yml", "environment.yml", "dvc.yaml"):
        _write(root / name, alias)
    _write(root / "k8s/deep.yaml", "a: " + "[" * 5000 + "]" * 5000)
    _write(root / "k8s/indent.yaml", "\n".join(" " * n + "a:" for n in range(1000)))
    _write(root / "k8s/number.yaml", "a: " + "9" * 50_000)
    _write(root / "k8s/merge.yaml", "a: &a {x: 1}\nb: &b {<<: [" + ", ".join(["*a"] * 3000) + "]}\n")
    _write(root / "package.json", '{"a":' * 5000 + "1" + "}" * 5000)
    _write(root / "conf/deep.json", "[" * 200_000)
    _write(root / "conf/number.json", '{"n": ' + "9" * 50_000 + ', "x": 1e999999, "y": -Infinity}')
    _write(root / "conf/number.toml", "a = " + "9" * 50_000 + "\n")
    _write(root / "conf/deep.toml", "a = " + "[" * 5000 + "]" * 5000)
    for name, code in {
        "parens": "x = " + "(" * 5000 + ")" * 5000, "minus": "x = " + "-" * 50_000 + "1", "plus": "x = " + "1+" * 20_000 + "1",
        "attributes": "x" + ".a" * 20_000, "calls": "f(" * 3000 + ")" * 3000, "number": "x = " + "9" * 50_000, "nul": "x = 1\0\n",
        "nested": "\n".join(" " * n + "if x:" for n in range(99)) + "\n" + " " * 99 + "pass\n", "lambda": "lambda: " * 3000 + "1",
        "surrogate": "# -*- coding: utf-7 -*-\nx = '\\ud800'\n", "coding": "# -*- coding: nonsense -*-\nx = 1\n", "string": "x = '''",
    }.items():  # fmt: skip
        _write(root / f"app/bomb_{name}.py", code + "\n")
    _write(root / "web/deep.ts", "const x = " + "[" * 20_000 + "]" * 20_000)
    _write(root / "web/parens.ts", "f(" * 5000)
    _write(root / "docs-real/deep.md", "#" * 3000 + " x\n" + "> " * 3000 + "\n" + "[" * 5000 + "](" * 5000)
    _write(root / "app/app.Dockerfile", "FROM " + "x" * 100_000 + "\nRUN \\\n" * 5000 + "true <<A <<B <<C\n")
    _write(root / "constraints.txt", "a==1 \\\n" * 5000)
    _write(root / "app/.env", "A=${A}\nB=" + "$(" * 5000 + "\n")
    _write(root / "run.sh", "if " * 3000 + "((" * 3000 + "$(" * 3000 + "<<E\n")
    _write(root / "junit.xml", '<!DOCTYPE l [<!ENTITY a "x">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 12)) + "]><testsuites>&a11;</testsuites>")  # fmt: skip


def archives(folder: Path) -> None:
    """Model files and archives that unpack to far more, elsewhere, or to something else than they say."""
    zeros = bytes(16 * 1024 * 1024)
    bomb = _zip({"archive/data.pkl": zeros, "archive/data/0": zeros})
    (folder / "bomb.pt").write_bytes(bomb)
    for level in range(4):
        bomb = _zip({f"level{level}.zip": bomb, "data.pkl": b"\x80\x02N."})
    (folder / "nested.zip").write_bytes(bomb)
    (folder / "nested.pt").write_bytes(bomb)
    call = b"cposix\nsystem\n(S'touch ran'\ntR."
    (folder / "traversal.pt").write_bytes(_zip({"../../../evil.pkl": call, "/abs/data.pkl": call, "a\\..\\b": call}))
    wrong = bytearray(_zip({"archive/data.pkl": call}))
    wrong[14:18] = b"\0\0\0\0"  # its CRC
    (folder / "crc.pt").write_bytes(bytes(wrong))
    (folder / "many.zip").write_bytes(_zip({f"{n}": b"" for n in range(5000)}))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        info = tarfile.TarInfo("../../evil.pkl")
        info.size = len(zeros)
        tar.addfile(info, io.BytesIO(zeros))
    (folder / "bomb.tar.gz").write_bytes(made.getvalue())
    packed = gzip.compress(zeros * 8, 1)
    (folder / "bomb.joblib").write_bytes(packed)
    (folder.parent / "data/bomb.csv.gz").write_bytes(packed)
    (folder.parent / "data/claims.xlsx").write_bytes(_far_cell())
    (folder / "call.pkl").write_bytes(call)
    (folder / "long.pkl").write_bytes(b"\x80\x04" + b"(" * 500_000)
    (folder / "length.safetensors").write_bytes(b"\xff" * 8 + b"{}")
    (folder / "deep.safetensors").write_bytes((100_000).to_bytes(8, "little") + b"[" * 100_000)
    (folder / "counts.gguf").write_bytes(b"GGUF\x03\0\0\0" + b"\xff" * 16)


def notebooks(root: Path) -> None:
    """An output of many megabytes, cells of the wrong kinds, and a bomb in JSON."""
    picture = base64.b64encode(bytes(6 * 1024 * 1024)).decode()
    cell = {"cell_type": "code", "source": ["import pickle\n"], "outputs": [{"data": {"image/png": picture}}]}
    _write(root / "nb/large.ipynb", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    _write(root / "nb/deep.ipynb", '{"cells": ' + "[" * 50_000)
    _write(
        root / "nb/wrong.ipynb",
        json.dumps({"cells": [1, None, {"source": {"a": 1}}, {"cell_type": "code", "source": 3}]}),
    )


def planted(root: Path) -> None:
    """Packs, templates, plug-ins and modules that a careless auditor would load from the tree."""
    run = "import pathlib\npathlib.Path(__file__).with_name('RAN').write_text('ran')\n"
    for name in (
        "aiaudit/__init__.py",
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "yaml.py",
        "duckdb.py",
        "re2.py",
    ):
        _write(root / name, run)
    pack = (
        "schema: 1\npack: security\ntitle: Mine\nchecks:\n- {id: SEC-001, title: t, severity: low, kind: automatic}\n"
    )
    _write(root / "checks/security.yaml", pack)
    _write(root / "checks/shared/flags.yaml", "facts: {flag.loads_models: {derive: 'false'}}\n")
    _write(root / "templates/report.html.j2", "{{ ''.__class__.__mro__[1].__subclasses__() }}")
    _write(root / ".duckdbrc", ".shell touch RAN\n")
    _write(root / "setup.cfg", "[options.entry_points]\naiaudit =\n  x = evil:run\n")
    settings = {
        "project": {"name": "<b>[red]\u202e\x1b[1m name</b>", "stage": "scale"}, "exclude": ["**"], "packs": ["organisation"],
        "severity": {"SEC-002": "low"}, "datasets": [{"name": "d", "path": "../outside/secret.py", "role": "train"}],
        "waivers": [{"id": "SEC-002", "reason": "x", "owner": "y", "expires": "2099-01-01"}],
        "brand": {"name": "</style><script>alert(1)</script>", "logo": "../outside/secret.py"},
    }  # fmt: skip
    _write(root / "aiaudit.yaml", json.dumps(settings))


def hidden(root: Path) -> None:
    """A secret behind ignore files of every tool, and files that may not be read."""
    for name in (".gitignore", ".ignore", ".rgignore", ".dockerignore", ".aiauditignore"):
        _write(root / name, "*\n**/*\n/app/\n")
    _write(root / ".gitattributes", "* filter=evil diff=evil export-ignore\n")
    _write(root / "app/settings.py", f'AWS_ACCESS_KEY_ID = "{KEY}"\nAWS_SECRET_ACCESS_KEY = "{_random(40)}"\n')
    _write(root / "locked/inside.py", UNSAFE)
    _write(root / "app/locked.py", UNSAFE)
    (root / "app/locked.py").chmod(0)
    (root / "locked").chmod(0)


def repository(root: Path, outside: Path) -> None:
    """A git repository whose settings name programs for everything (other kinds: tests/probes/git/test_hostile.py)."""
    if shutil.which("git") is None:
        return
    env = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    who = ["-c", "user.name=<b>Eve</b>\x1b[1m", "-c", "user.email=eve@example.com", "-c", "core.hooksPath=/dev/null"]

    def git(*words: str, where: Path = root) -> None:
        subprocess.run(["git", *who, *words], cwd=where, env=env, check=True, capture_output=True)

    git("init", "-q", "--template=")
    git("add", "-f", "README.md", "app/serve.py")
    git("commit", "-q", "-m", "::error::first\n\n<script>\x1b[2J")
    ran = root / "RAN"
    script = f"#!/bin/sh\ntouch '{ran}'\n"
    program = root / ".git/evil"
    program.write_text(script)
    program.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"):
        _write(root / ".git/hooks" / hook, script)
        (root / ".git/hooks" / hook).chmod(0o755)
    keys = {
        "core": ("fsmonitor", "pager", "editor", "sshCommand", "askPass", "gitProxy", "alternateRefsCommand"),
        'diff "evil"': ("textconv", "command"), 'filter "evil"': ("clean", "smudge", "process"), "pager": ("log",),
        "gpg": ("program",), "credential": ("helper",), "uploadpack": ("packObjectsHook",), "diff": ("external",),
    }  # fmt: skip
    with (root / ".git/config").open("a") as file:
        for section, names_ in keys.items():
            file.write(f"[{section}]\n" + "".join(f"\t{name} = {program}\n" for name in names_))
        file.write(f"[log]\n\tshowSignature = true\n[include]\n\tpath = {outside / 'secret.py'}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _far_cell() -> bytes:
    """A workbook of a kilobyte that claims seventeen billion cells."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    cells = "".join(f'<c r="{at}" t="inlineStr"><is><t>a</t></is></c>' for at in ("A1", "B1", "XFD1048576"))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>',
    }
    return _zip({name: text.encode() for name, text in parts.items()})


def _zip(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def _random(length: int) -> str:
    return "".join(
        random.Random(11).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=length)
    )
