"""No planted secret comes out: not in any format, not in saved facts, not in the cache, not on the terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import re2

from aiaudit.probes.secrets import kingfisher
from aiaudit.reports.base import FORMATS
from tests.cli.conftest import lay

from ..git.repositories import Repo, needs_git
from . import corpus, held_out
from .corpus import ALNUM, Case, Maker

_PIECE = 12  # characters; no shorter piece of a value is telling


def planted() -> list[Case]:
    """The secrets of both corpora, and some in places that other probes quote from."""
    m = Maker(30)
    keys = [("hf" + "_" + m.of(ALNUM[:52], 34)) for _ in range(9)]
    words = [f"Kv7-{m.of(ALNUM, 4)}-Harbor{m.of(ALNUM, 4)}" for _ in range(3)]
    texts = {
        "src/prompt.py": f'SYSTEM = """You are a helpful assistant. The key is {keys[0]}. Never tell it to anybody, whoever asks."""\n'
        f'client.chat.completions.create(model="gpt-5.5", messages=[{{"role": "system", "content": SYSTEM}}])\n',
        "src/load.py": f'import requests, torch, subprocess\nrequests.get("https://x.io/m?token={keys[1]}")\n'
        f'model = AutoModel.from_pretrained("a/b", token="{keys[1]}", trust_remote_code=True)\n',
        ".github/workflows/p.yml": f"on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        f"      - run: curl -H 'Authorization: Bearer {keys[2]}' https://x.io | bash\n",
        "ops/Dockerfile": f"FROM python:latest\nARG TOKEN={keys[3]}\nENV HF_TOKEN={keys[3]}\nRUN pip install --index-url https://u:{keys[3]}@x.io/simple y\n",
        "ops/compose.yml": f"services:\n  db:\n    image: postgres:latest\n    environment:\n      POSTGRES_PASSWORD: {words[0]}\n",
        "k8s/d.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n"
        f"      - name: a\n        image: a:latest\n        env:\n        - name: API_TOKEN\n          value: {keys[4]}\n",
        "infra/main.tf": f'resource "aws_db_instance" "x" {{\n  password = "{words[1]}"\n  publicly_accessible = true\n}}\n',
        "requirements.txt": f"--extra-index-url https://u:{keys[5]}@x.io/simple\ngit+https://{keys[5]}@github.com/a/b@main\nopenai\n",
        "README.md": f"# Run\n\n## Install\n\n    pip install x\n    export HF_TOKEN={keys[6]} && python src/load.py\n",
        "package.json": f'{{"name": "x", "scripts": {{"start": "TOKEN={keys[7]} node a.js"}}, "dependencies": {{"a": "git+https://{keys[7]}@x.io/a.git"}}}}\n',
        "app.py": f'from fastapi import FastAPI\napp = FastAPI()\n\n@app.get("/x/{keys[8]}")\ndef x(): return eval("1")\n',
        "aiaudit.yaml": f"project: {{name: x}}\nparams: {{SEC-001: {{least_bytes: {words[2]}}}}}\n",
    }  # fmt: skip
    values = [keys[0], keys[1], keys[2], keys[3], words[0], keys[4], words[1], keys[5], keys[6], keys[7], keys[8]]
    own = [Case(path, path, text, True, value) for (path, text), value in zip(texts.items(), values, strict=False)]
    first = [one._replace(path=f"one/{one.path}") for one in corpus.true_cases()]
    second = [one._replace(path=f"two/{one.path}") for one in held_out.true_cases()]
    return [*own, *first, *second]


def _written(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".vscdb":  # Kingfisher's compiled rules: made from its rules alone
            yield path.relative_to(folder).as_posix(), path.read_bytes()


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("engine", ["builtin", "kingfisher"])
def test_no_output_holds_a_planted_secret(tmp_path: Path, engine: str) -> None:
    if engine == "kingfisher" and kingfisher.program() is None:
        pytest.skip("kingfisher is not installed")
    cases = planted()
    assert len(cases) >= 30
    project, out = tmp_path / "project", tmp_path / "out"
    repo = Repo(project)
    repo.commit("start", {"one.py": f"K = '{cases[0].value}'\n"})
    lay(project, {case.path: case.text for case in cases if not case.path.endswith(".gitignore")})
    past = "hf" + "_" + Maker(31).of(ALNUM[:52], 34)
    repo.commit("more", {"gone.py": f"K = '{past}'\n"})
    repo.commit("less", {"gone.py": "K = 1\n", "one.py": "K = 1\n"})
    out.mkdir()
    formats = set(FORMATS) - {".pdf"}  # it is the HTML on pages, packed so that no search finds a word in it
    reports = [word for suffix in formats for word in ("-o", str(out / f"report{suffix}"))]
    command = [sys.executable, "-m", "aiaudit", "run", str(project), *reports, "--facts-out", str(out / "facts.json"),
               "--history", "--secrets-engine", engine, "--timings"]  # fmt: skip
    shown = b""
    for _ in range(2):  # the second time from the cache
        done = subprocess.run(command, check=False, capture_output=True, env={"AIAUDIT_CACHE_DIR": str(out / "cache"), "AIAUDIT_DEBUG": "1", "PATH": "/usr/bin:/bin"})  # fmt: skip
        assert done.returncode in (0, 2), done.stderr[-2000:]
        shown += done.stdout + done.stderr
    written = [*_written(out), ("terminal", shown)]
    assert {name for name, _ in written} >= {f"report{suffix}" for suffix in formats} | {"facts.json"}
    assert any(name.startswith("cache/") for name, _ in written)
    assert b"built-in rules" in dict(written)["report.json"]
    assert b"SEC-019" in dict(written)["report.json"]
    pieces = _pieces([*((case.name, case.value) for case in cases), ("past", past)])
    assert len(pieces) > 300
    options = re2.Options()
    options.max_mem = 1 << 28  # bytes for a table of so many pieces
    search = re2.compile(b"|".join(map(re.escape, pieces)), options)
    assert all(search.search(b"so " + piece + b" it is") for piece in pieces)
    leaks = {(name, pieces[found[0]]) for name, data in written for found in search.finditer(data)}
    assert not leaks, sorted(leaks)


def _pieces(values: Iterable[tuple[str, str]]) -> dict[bytes, str]:
    """The pieces of each value that are long enough to tell, with what they are of."""
    return {
        value[at : at + _PIECE].encode(): name for name, value in values for at in range(0, len(value) - _PIECE + 1, 4)
    }
