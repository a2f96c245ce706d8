"""Which programs of the project its own code starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.ci.programs import started_programs
from aiaudit.probes.reading import Files
from aiaudit.project.tree import Project

STARTED = {
    "a list": 'import subprocess, sys\nsubprocess.run([sys.executable, "src/train.py", "--fast"])\n',
    "flags before it": 'import subprocess\nsubprocess.check_call(["python3", "-u", "./src/train.py"])\n',
    "a module": 'import subprocess, sys\ncommand = [sys.executable, "-m", "src.train"]\nsubprocess.Popen(command)\n',
    "a text": 'import os\nos.system("cd /app && python src/train.py > log.txt")\n',
    "a filled text": 'import subprocess, sys\nsubprocess.run(f"{sys.executable} src/train.py", shell=True)\n',
    "a path": 'import subprocess, sys\nsubprocess.run([sys.executable, str(ROOT / "src" / "train.py")])\n',
    "the interpreter of a folder": (
        'import subprocess\nsubprocess.run([str(ROOT / ".venv" / "bin" / "python"), str(ROOT / "src/train.py")])\n'
    ),
    "a helper": "import subprocess, sys\ndef step(p):\n    subprocess.run([sys.executable, p])\nstep('src/train.py')\n",
    "a loop": "import os\nfor one in ['src/train.py']:\n    os.system(f'python {one}')\n",
    "runpy": 'import runpy\nrunpy.run_path("src/train.py")\n',
}
NOT_STARTED = {
    "another program": 'import subprocess\nsubprocess.run(["git", "add", "src/train.py"])\n',
    "only named": 'import subprocess\nSTEPS = ["src/train.py"]\nsubprocess.run(["make"])\n',
    "a sentence": 'import subprocess, sys\nsubprocess.run([sys.executable, given])\nprint("src/train.py")\n',
    "code in place": 'import subprocess, sys\nsubprocess.run([sys.executable, "-c", "src/train.py"])\n',
    "somebody's module": 'import subprocess, sys\nsubprocess.run([sys.executable, "-m", "pip", "install", "x"])\n',
    "no start": 'command = ["python", "src/train.py"]\n',
}


def _started(tmp_path: Path, code: str) -> list[str]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print(1)\n", encoding="utf-8")
    (tmp_path / "run.py").write_text(code, encoding="utf-8")
    with Project.open(tmp_path) as project:
        return started_programs("run.py", Files(project))


@pytest.mark.parametrize("code", STARTED.values(), ids=STARTED)
def test_is_started(tmp_path: Path, code: str) -> None:
    assert _started(tmp_path, code) == ["src/train.py"]


@pytest.mark.parametrize("code", NOT_STARTED.values(), ids=NOT_STARTED)
def test_is_not_started(tmp_path: Path, code: str) -> None:
    assert _started(tmp_path, code) == []
