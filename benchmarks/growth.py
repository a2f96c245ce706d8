"""Does the cost of an audit grow with the number of files, and no faster? CPU seconds, largest memory of a process.

    python benchmarks/growth.py AIAUDIT [--files 12000 60000 120000]

AIAUDIT is the command. Each tree is made for the purpose in a temporary folder: of ten files seven are Python (some of
them call a model, a web service or a training library), two are YAML or JSON, one is Markdown; no two are equal, forty
a folder. Each is audited whole, without a cache, with one job and one output. Linear means: a file of the largest tree
costs at most a quarter more than one of the smallest. Exit code 1 where it costs more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measure import line, run

MOST = 1.25  # times the cost of a file in the smallest tree
FOLDER = 40
PYTHON = (
    "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef area_{n}(width: float, height: float) -> float:\n"
    "    return width * height + {n}\n",
    "import requests\n\n\ndef fetch_{n}(key: str) -> bytes:\n"
    "    return requests.get(f'https://example.org/{n}/{{key}}', timeout=10).content\n",
    "import torch\n\n\ndef load_{n}(path: str) -> object:\n    model = torch.load(path, weights_only=True)\n"
    "    model.eval()\n    return model\n",
    "class Record{n}:\n    def __init__(self, name: str) -> None:\n        self.name = name\n\n"
    "    def label(self) -> str:\n        return f'{{self.name}}-{n}'\n",
    "def test_{n}():\n    assert sum(range({n})) >= 0\n",
    "from openai import OpenAI\n\n\ndef ask_{n}(question: str) -> str:\n    client = OpenAI(timeout=20)\n"
    "    asked = [dict(role='user', content=question)]\n"
    "    made = client.chat.completions.create(model='gpt-4o', max_tokens=99, messages=asked)\n"
    "    return made.choices[0].message.content\n",
    "VALUES_{n} = [{n}, 2, 3]\n\n\ndef total_{n}() -> int:\n    return sum(VALUES_{n})\n",
)
OTHERS = (
    ("settings_{n}.yaml", "name: part-{n}\nlimits: {{cpu: 1, memory: {n}Mi}}\nsteps: [read, clean, write]\n"),
    ("table_{n}.json", '{{"part": {n}, "rows": [1, 2, 3], "owner": "team"}}\n'),
    ("note_{n}.md", "# Part {n}\n\nWhat this part does, and who asks for it.\n\n## Use\n\nRun it with the key {n}.\n"),
)


def main() -> int:
    """Make the trees, audit them, and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aiaudit")
    parser.add_argument("--files", type=int, nargs="+", default=[12_000, 60_000, 120_000])
    options = parser.parse_args()
    each = []
    for files in sorted(options.files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "tree"
            make(root, files)
            command = [
                options.aiaudit,
                "run",
                str(root),
                "--quiet",
                "--no-cache",
                "--jobs",
                "1",
                "-o",
                f"{folder}/r.json",
            ]
            cost = run(command, allowed=(0, 3))
        each.append(cost.cpu / files)
        print(line(f"aiaudit run, {files:,} files", cost, f"{1000 * each[-1]:.2f} ms CPU a file"), flush=True)
    grown = each[-1] / each[0]
    print(f"a file of the largest tree costs {grown:.2f} × one of the smallest (at most {MOST})")
    return int(grown > MOST)


def make(root: Path, files: int) -> None:
    """A tree of so many files."""
    for number in range(files):
        folder = root / f"part{number // (FOLDER * 50):03}" / f"sub{number // FOLDER:05}"
        if number % FOLDER == 0:
            folder.mkdir(parents=True)
        name, text = _file(number)
        (folder / name).write_text(text, encoding="utf-8")


def _file(number: int) -> Sequence[str]:
    kind = number % 10
    if kind < len(PYTHON):
        name = f"test_{number}.py" if kind == 4 else f"module_{number}.py"
        return name, PYTHON[kind].format(n=number)
    name, text = OTHERS[kind - len(PYTHON)]
    return name.format(n=number), text.format(n=number)


if __name__ == "__main__":
    sys.exit(main())
