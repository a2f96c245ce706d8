"""Secrets in all the places that an audit quotes besides the lines of files: none reaches an output of any command."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

OURS = Path(__file__).parents[2]
SUFFIXES = ("json", "html", "md", "long.md", "csv", "sarif", "junit.xml", "gitlab.json", "cdx.json", "oscal.json")
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ANY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Planted:
    """Random keys by the place they are laid at."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self._random = random.Random(9)

    def aws(self, place: str) -> str:
        return self._kept(place, "AKIA", _UPPER, 16)

    def github(self, place: str) -> str:
        return self._kept(place, "ghp_", _ANY, 36)

    def url(self, place: str) -> str:
        return f"https://me:{self._kept(place, '', _ANY, 24)}@host.example/x"

    def _kept(self, place: str, head: str, letters: str, length: int) -> str:
        self.secrets[place] = "".join(self._random.choices(letters, k=length))
        return head + self.secrets[place]


def lay(root: Path, planted: Planted) -> None:
    aws, github, url = planted.aws, planted.github, planted.url
    unsafe = "import pickle, sys\n\npickle.load(open(sys.argv[1], 'rb'))\n"
    rows = "".join(f"{number},{number % 2}\n" for number in range(30))
    key = aws("a key that stands twice")
    files = {
        "README.md": f"# Service {github('title')}\n\nSee {url('address')}.\n\n## Run {aws('heading')}\n",
        f"app/{aws('file name')}.py": unsafe,
        f"app/{github('folder name')}/load.py": unsafe,
        "app/serve.py": f"import requests\n\n\ndef {aws('function')}():\n    return requests.get('{url('request')}')\n",
        "requirements.txt": f"--extra-index-url {url('index')}\nfastapi==0.1\ngit+{url('dependency')}\n",
        "Dockerfile": f"FROM python:3.12\nENV {aws('variable')}=1\nCMD ['x', '--token={github('command')}']\n",
        ".github/workflows/ci.yml": f"on: [push]\njobs:\n  {aws('job')}:\n    runs-on: u\n    steps:\n    - name: {github('step')}\n"
        f"      run: |\n        curl -u me:{planted._kept('words', '', _ANY, 24)} https://x.example\n        pytest\n",
        "conf/twice.yaml": f"{key}: 1\n{key}: 2\n",
        "conf/alias.yaml": f"a: *{github('alias')}\n",
        "conf/bad.toml": f"{github('bad line')} = = 1\n",
        "data/train.csv": f"{github('column')},label\n{rows}",
        "train.py": "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n\n"
        "df = pd.read_csv('data/train.csv')\nLogisticRegression().fit(df[['label']], df['label'])\n",
        "aiaudit.yaml": f"project: {{name: {github('name')}, owner: {aws('owner')}, purpose: '{url('purpose')}'}}\n"
        f"datasets:\n- {{name: {github('set')}, path: 'data/{github('absent file')}.csv', role: train, source: '{url('source')}'}}\n"
        f"models:\n- {{name: {aws('model')}, source: '{url('weights')}'}}\n"
        f"waivers:\n- {{id: SEC-002, reason: {github('reason')}, owner: x, expires: 2027-01-01}}\n",
        "attestations.yaml": f"GOV-003:\n  answer: yes\n  owner: {github('answerer')}\n  evidence: {url('evidence')}\n"
        f"  note: {aws('note')}\n  reviewed: 2026-11-01\n",
    }  # fmt: skip
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> tuple[Planted, dict[str, str]]:
    """What was planted, and each output's text by its name."""
    place = tmp_path_factory.mktemp("secrets")
    planted = Planted()
    lay(place / "root", planted)
    (place / "out").mkdir()
    texts: dict[str, str] = {}
    reports = [word for suffix in SUFFIXES for word in ("-o", str(place / f"out/r.{suffix}"))]
    for name, words in {
        "run": ["run", "root", "--jobs", "1", "--facts-out", "out/facts.json", *reports],
        "data": ["data", "root/data"],
        "data json": ["data", "root/data", "--json"],
        "waivers": ["waivers", "list", "--project", "root"],
        "init": ["init", "--print", "root"],
        "fix": ["fix", "model-card", "root"],
        "broken": ["run", "root", "-q", "--config", "root/conf/alias.yaml"],
        "address": ["run", f"https://me:{planted.github('given address')}@github.com/a/b"],
    }.items():
        env = {"PATH": os.environ["PATH"], "AIAUDIT_CACHE_DIR": str(place / "cache"), "PYTHONPATH": str(OURS)}
        done = subprocess.run(
            [sys.executable, "-m", "aiaudit", *words], cwd=place, env=env, capture_output=True, timeout=120, check=False
        )
        assert done.returncode in (0, 2), done.stderr
        texts[name] = (done.stdout + done.stderr).decode()
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (place / "out").iterdir()}
    return planted, texts


def test_no_secret_is_in_any_output(said):
    planted, texts = said
    assert len(texts) == len(SUFFIXES) + 1 + 8
    leaks = {
        place: names
        for place, secret in planted.secrets.items()
        if (names := sorted(name for name, text in texts.items() if secret.lower() in text.lower()))
    }
    assert leaks == {}


def test_what_held_them_is_still_told(said):
    _, texts = said
    result = json.loads(texts["r.json"])
    found = next(check for check in result["checks"] if check["id"] == "SEC-001")
    assert found["status"] == "fail"
    assert {"app/[secret].py", "app/[secret]/load.py"} <= {one["path"] for one in found["findings"]}
    assert result["project"]["name"] == "[secret]"
    assert result["waivers"][0]["reason"] == "[secret]"
    assert "[secret]" in texts["data"] and "[secret]" in texts["waivers"]
