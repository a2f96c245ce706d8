"""What is referred to and not there, by the four probes `*.unresolved`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import State
from aiaudit.probes.collect import collect
from aiaudit.probes.unresolved.whereabouts import CAPITALS, IGNORED, NOWHERE, Whereabouts
from aiaudit.project.gitignore import IgnoreFile
from tests.probes.support import AS_OF, context


def rows(root: Path, files: dict[str, str], probe: str) -> list[dict[str, Any]]:
    made = context(root, files)
    spec = FactSpec("x", Place("pack.yaml", 1, 1), probe=probe, query={})
    fact = collect([spec], made.project, made.config, AS_OF, isolate=False)["x"]
    assert fact.state in (State.KNOWN, State.ABSENT)
    return list(fact.value or [])


def told(root: Path, files: dict[str, str], probe: str) -> list[tuple[str, int, str, str, str]]:
    return [(one["path"], one["line"], one["target"], one["cause"], one["near"]) for one in rows(root, files, probe)]


@pytest.mark.parametrize(
    ("ignored", "path", "kind", "near", "by_name"),
    [
        ("models/\n", "app/models/x.py", IGNORED, ".gitignore:1", False),
        ("# weights\n\n/app/models\n", "app/models/x.py", IGNORED, ".gitignore:3", False),
        ("*.py\n!keep.py\n", "app/x.py", IGNORED, ".gitignore:1", False),
        ("*.py\n!x.py\n", "app/x.py", NOWHERE, "", False),
        ("config.py\n", "app/config.py", IGNORED, ".gitignore:1", True),
        ("app/config.py\nother\n", "app/config.py", IGNORED, ".gitignore:1", True),
        ("lib/\nlib/\n", "lib/x.py", IGNORED, ".gitignore:2", False),  # git goes by the last one
        ("build/\n", "app/x.py", NOWHERE, "", False),
    ],
)
def test_the_rule_that_keeps_it_out_is_named(
    tmp_path: Path, ignored: str, path: str, kind: str, near: str, by_name: bool
) -> None:
    where = Whereabouts(context(tmp_path, {".gitignore": ignored, "app/main.py": ""}))
    cause = where.why_not([path])
    assert cause is not None
    assert (cause.kind, cause.near, cause.by_name) == (kind, near, by_name)


def test_a_long_file_of_rules_is_put_together_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(
        "aiaudit.probes.unresolved.whereabouts.IgnoreFile", lambda data: made.append(data) or IgnoreFile(data)
    )
    where = Whereabouts(context(tmp_path, {".gitignore": "*a*\n*b*\n*.py\n", "main.txt": ""}))
    causes = [where.why_not([f"gone{number}.py"]) for number in range(50)]
    assert {cause.near for cause in causes if cause is not None} == {".gitignore:3"}
    assert len(made) == 4  # the whole, and each of its lines


def test_a_rule_in_a_folder_is_for_what_lies_below(tmp_path: Path) -> None:
    files = {"service/.gitignore": "/app/models/\n", "service/app/main.py": "", "app/main.py": ""}
    where = Whereabouts(context(tmp_path, files))
    inner, outer = where.why_not(["service/app/models/x.py"]), where.why_not(["app/models/x.py"])
    assert inner is not None and outer is not None
    assert (inner.near, outer.kind) == ("service/.gitignore:1", NOWHERE)


def test_what_may_be_there_after_all_is_not_told_of(tmp_path: Path) -> None:
    files = {".gitmodules": '[submodule "e"]\n\tpath = engine\n\turl = https://example.org/e\n', "app/main.py": ""}
    where = Whereabouts(context(tmp_path, files))
    assert where.why_not(["engine/rank.py"]) is None
    assert where.why_not(["../elsewhere/x.py"]) is None
    assert where.why_not(["app/rank.py"]) is not None


def test_what_git_tracks_and_the_tree_lacks_is_not_told_of(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/main.py": "from app.rank import rank\nfrom app.limits import limit\n"}
    files |= {"app/rank.py": "rank = max\n", "app/limits.py": "limit = 1\n"}
    context(tmp_path, files)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (tmp_path / "app/rank.py").unlink()
    assert told(tmp_path, {}, "python.unresolved") == []


def test_a_name_that_differs_in_capitals_alone(tmp_path: Path) -> None:
    files = {"app/Utils/Text.py": "", "app/main.py": ""}
    where = Whereabouts(context(tmp_path, files))
    cause = where.why_not(["app/utils/text.py"])
    assert cause is not None
    assert (cause.kind, cause.near) == (CAPITALS, "app/Utils/Text")


PACKAGE = {"app/__init__.py": "", "app/other.py": "limit = 1\n"}


@pytest.mark.parametrize(
    "line",
    [
        "    from app.gone import x",  # below something that may not run
        "from os.gone import x",
        "import gone",
        "from gone.parts import x",  # nobody's package here
        "from app.api_pb2 import x",
        "from app.generated.models import x",
        "from app import other",
    ],
)
def test_imports_that_prove_nothing(tmp_path: Path, line: str) -> None:
    body = f"from app.other import limit\nif limit:\n    pass\n{line}\n"
    assert told(tmp_path, PACKAGE | {"app/main.py": body}, "python.unresolved") == []


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("from app.gone import x", "app/gone.py"),
        ("import app.gone.parts as parts", "app/gone/parts.py"),
        ("from .gone import x", "app/gone.py"),
        ("from app.chat_ui import x", "app/chat_ui.py"),
        ("from .gone.parts import (\n    x,\n)", "app/gone/parts.py"),
    ],
)
def test_modules_of_the_project_that_are_not_there(tmp_path: Path, line: str, target: str) -> None:
    files = PACKAGE | {"app/main.py": f"from app.other import limit\n{line}\n"}
    assert told(tmp_path, files, "python.unresolved") == [("app/main.py", 2, target, NOWHERE, "")]


@pytest.mark.parametrize(
    "line", ["from celery.app.task import Task", "from celery import states", "from types import x"]
)
def test_a_package_in_a_package_is_no_library(tmp_path: Path, line: str) -> None:
    files = PACKAGE | {
        "app/celery/__init__.py": "",
        "app/celery/celery.py": "from celery import Celery\n",
        "app/celery/work.py": f"{line}\nfrom celery.work import x\n",
        "app/types.py": "y = 1\n",
        "app/main.py": line,
    }
    assert told(tmp_path, files, "python.unresolved") == []


def test_other_parts_of_a_namespace_may_be_installed(tmp_path: Path) -> None:
    line = "from acme.cloud.answers import ask\nfrom acme.cloud.storage import Client\n"
    files = {"src/acme/cloud/answers/__init__.py": "ask = max\n", "src/main.py": line}
    assert told(tmp_path / "namespace", files, "python.unresolved") == []
    found = told(tmp_path / "package", files | {"src/acme/cloud/__init__.py": ""}, "python.unresolved")
    assert [one[2] for one in found] == ["src/acme/cloud/storage.py"]


def test_what_compilers_of_forms_make_lies_beside_forms(tmp_path: Path) -> None:
    files = PACKAGE | {
        "app/main.py": "from app.other import limit\nfrom app.chat_ui import x\n",
        "app/chat.ui": "<ui/>",
    }
    assert told(tmp_path, files, "python.unresolved") == []


@pytest.mark.parametrize(
    ("importer", "started"),
    [
        ("from app.reviews import rows\n", True),
        ("from app import reviews\n", True),
        ("try:\n    from app.reviews import rows\nexcept ImportError:\n    rows = []\n", False),
        ("def later():\n    from app.reviews import rows\n    return rows\n", False),
    ],
)
def test_what_is_imported_where_it_may_fail_is_not_needed(tmp_path: Path, importer: str, started: bool) -> None:
    files = PACKAGE | {"app/main.py": importer, "app/reviews.py": "from .gone import rows\n"}
    assert [one["started"] for one in rows(tmp_path, files, "python.unresolved")] == [started]


def test_a_compose_file_says_from_where_an_image_is_built(tmp_path: Path) -> None:
    dockerfile = {
        "services/api/Dockerfile": "FROM x:1\nCOPY storage /srv\n",
        "storage/a.txt": "a",
        "services/api/b": "",
    }
    assert rows(tmp_path / "alone", dockerfile, "images.unresolved") == []
    compose = {"compose.yaml": "services:\n  api:\n    build: services/api\n"}
    found = rows(tmp_path / "composed", dockerfile | compose, "images.unresolved")
    assert [one["target"] for one in found] == ["services/api/storage"]


def test_a_folder_of_dvc_brings_what_lies_in_it(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x:1\nCOPY data/drift/now.csv /srv\n", "data/drift.dvc": "outs:\n- path: drift\n"}
    assert rows(tmp_path, files, "images.unresolved") == []


def test_a_package_is_looked_for_where_others_find_it(tmp_path: Path) -> None:
    files = {f"back/{path}": text for path, text in PACKAGE.items()}
    files["back/app/main.py"] = "from app.other import limit\nfrom app.models.schemas import Answer\n"
    files["back/.gitignore"] = "models/\n"
    assert told(tmp_path, files, "python.unresolved") == [
        ("back/app/main.py", 2, "back/app/models/schemas.py", IGNORED, "back/.gitignore:1")
    ]


def test_most_are_two_hundred(tmp_path: Path) -> None:
    body = "from app.other import limit\n" + "".join(f"from app.gone{n} import x\n" for n in range(400))
    files = PACKAGE | {"app/main.py": body, "app/second.py": body}
    assert len(rows(tmp_path, files, "python.unresolved")) == 200


def test_most_copies_are_a_hundred(tmp_path: Path) -> None:
    lines = "".join(f"COPY gone{number}.txt /app/\n" for number in range(300))
    files = {"Dockerfile": f"FROM x:1\n{lines}", "other/Dockerfile": f"FROM x:1\n{lines}"}
    assert len(rows(tmp_path, files, "images.unresolved")) == 100


def test_scripts_say_whether_anything_imports_them(tmp_path: Path) -> None:
    files = {
        "src/index.ts": 'import { a } from "./used";\nexport default a;\n',
        "src/used.ts": 'import { b } from "./gone";\nexport const a = b;\n',
        "src/unused.ts": 'import { c } from "./gone-too";\nexport const d = c;\n',
        "src/used.test.ts": 'import "./unused";\n',
    }
    found = rows(tmp_path, files, "javascript.unresolved")
    assert {(one["path"], one["target"], one["started"]) for one in found} == {
        ("src/used.ts", "src/gone", True),
        ("src/unused.ts", "src/gone-too", False),
    }


@pytest.mark.parametrize(
    ("instruction", "targets"),
    [
        ("COPY gone.txt /app/", ["gone.txt"]),
        ("ADD --chown=1000 gone.txt main.py /app/", ["gone.txt"]),
        ('COPY ["gone.txt", "/app/"]', ["gone.txt"]),
        ("COPY requirements*.txt /app/", []),
        ("COPY main.py requirements*.txt /app/", []),
        ("COPY . /app/", []),
        ("COPY --from=build /srv/gone.txt /app/", []),
        ("ADD https://example.org/gone.txt /app/", []),
        ("COPY $WHAT /app/", []),
        ("ARG WHAT=gone.txt\nCOPY ${WHAT} /app/", ["gone.txt"]),
        ("COPY <<gone.txt /app/\ntext\ngone.txt", []),
        ("COPY ../gone.txt /app/", []),
        ("COPY target/app.jar /app/", []),
    ],
)
def test_sources_of_copies(tmp_path: Path, instruction: str, targets: list[str]) -> None:
    files = {"Dockerfile": f"FROM x:1\n{instruction}\n", "main.py": ""}
    assert [one["target"] for one in rows(tmp_path, files, "images.unresolved")] == targets


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("python gone.py --port 80", "gone.py"),
        ("python -u /app/gone.py", "gone.py"),
        ("uvicorn gone.main:app", "gone/main.py"),
        ("node gone.js", "gone.js"),
        ("node server/gone", "server/gone.js"),
        ("node dist/gone.js", ""),
        ("python -m gunicorn", ""),
        ("python /opt/tools/run.py", ""),
        ("uvicorn $MODULE:app", ""),
        ("python there.py", ""),
        ("nginx -g 'daemon off;'", ""),
    ],
)
def test_programs_of_starts(tmp_path: Path, command: str, target: str) -> None:
    files = {"Procfile": f"web: {command}\n", "there.py": ""}
    assert [one["target"] for one in rows(tmp_path, files, "entrypoints.unresolved")] == ([target] if target else [])


@pytest.mark.parametrize(
    ("dockerfile", "targets"),
    [
        ("WORKDIR /app\nCOPY . .\nCMD gunicorn app:app", ["app.py"]),
        ("WORKDIR /app/\nCOPY . /app\nCMD python app.py", ["app.py"]),
        ("WORKDIR /app\nCOPY . .\nCMD gunicorn webapp.app:app", []),
        ("WORKDIR /app\nCOPY . .\nCMD gunicorn webapp:app", []),
        ("WORKDIR /app\nCOPY . .\nCMD gunicorn --chdir webapp app:app", []),
        ("WORKDIR /app\nCOPY . .\nENV PYTHONPATH=/app/webapp\nCMD gunicorn app:app", []),
        ("WORKDIR /app\nCOPY . .\nWORKDIR /app/webapp\nCMD gunicorn app:app", []),
        ("WORKDIR /app\nCOPY webapp .\nCMD gunicorn app:app", []),
        ("WORKDIR /app\nCOPY . .\nRUN pip install .\nCMD gunicorn app:app", []),
        ("WORKDIR /srv\nCOPY . /app\nCMD gunicorn app:app", []),
    ],
)
def test_an_image_that_holds_the_project_as_it_lies(tmp_path: Path, dockerfile: str, targets: list[str]) -> None:
    files = {"Dockerfile": f"FROM python:3.12-slim\n{dockerfile}\n", "webapp/app.py": "app = 1\n"}
    assert [one["target"] for one in rows(tmp_path, files, "entrypoints.unresolved")] == targets


def test_signs_that_would_move_a_terminal_are_written_as_codes(tmp_path: Path) -> None:
    files = {"src/index.js": 'import { a } from "./gone\u202e\u001b[31m";\n'}
    (one,) = rows(tmp_path, files, "javascript.unresolved")
    assert one["refers"].isprintable() and one["target"].isprintable() and "\\x1b[31m" in one["refers"]


# --- what a README tells people to run


def readme(*commands: str) -> str:
    return "# Ranker\n\n## Start\n\n```bash\n" + "\n".join(commands) + "\n```\n"


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("pip install -r requirements.txt", "requirements.txt"),
        ("python -m pip install --upgrade --requirement requirements/dev.txt", "requirements/dev.txt"),
        ("conda env create -f environment.yml", "environment.yml"),
        ("$ python src/train.py --epochs 3", "src/train.py"),
        (r"python src\train.py", "src/train.py"),
        ("sudo bash setup.sh", "setup.sh"),
        ("uv run python train.py", "train.py"),
        ("./deploy.sh", "deploy.sh"),
        ("streamlit run ui.py", "ui.py"),
        ("uvicorn service.api:app --reload", "service/api.py"),
        ("gunicorn -w 4 service.api:create_app()", "service/api.py"),
        ("cp .env.example .env", ".env.example"),
        ("docker compose -f compose.prod.yml up -d", "compose.prod.yml"),
        ("docker-compose --env-file .env -f compose.prod.yml up", "compose.prod.yml"),
        ("npm run serve", "the script serve of package.json"),
        ("make serve", "the target serve of make"),
        ("cd app && python gone.py", "gone.py"),
    ],
)
def test_commands_of_a_readme_that_lead_nowhere(tmp_path: Path, command: str, target: str) -> None:
    files = {"README.md": readme(command), "app/main.py": "", "Makefile": "test:\n\techo\n"}
    files["package.json"] = '{"scripts": {"dev": "vite"}}'
    assert told(tmp_path, files, "readme.unresolved") == [("README.md", 6, target, NOWHERE, "")]


@pytest.mark.parametrize(
    "commands",
    [
        ["cd app", "python main.py"],
        ["cd /home/ann/ranker/app", "python main.py"],
        ["ssh ann@host", "python main.py"],
        ["uvicorn main:app", "uvicorn app.main:app"],
        ["npm run dev", "make test", "make -j4", "make VERSION=2"],
        ["pip install ranker", "pip install -e .", "python -m ranker.gone", "python -c 'import x'"],
        ["touch notes.py", "python notes.py"],
        ["wget https://example.org/get.sh", "bash get.sh"],
        ["python <your file>.py", "python $FILE", "python my_script.py", "python *.py", "python /opt/x.py"],
        ["git clone https://github.com/a/ranker", "git clone https://github.com/b/engine", "python engine.py"],
        ["git clone https://github.com/a/ranker", "cd engine", "python engine.py"],
        ["cd ../engine", "python engine.py"],
        ["docker compose logs -f web"],
        ["# python gone.py", "echo python gone.py"],
    ],
)
def test_commands_of_a_readme_that_prove_nothing(tmp_path: Path, commands: list[str]) -> None:
    files = {"README.md": readme(*commands), "app/main.py": "", "Makefile": "test:\n\techo\n"}
    files["package.json"] = '{"scripts": {"dev": "vite"}}'
    assert told(tmp_path, files, "readme.unresolved") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/README.md", readme("python gone.py")),
        ("archive/README.md", readme("python gone.py")),
        ("README.md", readme("python gone.py").replace("bash", "python")),
        ("README.md", readme("python gone.py").replace("Start", "Roadmap")),
        ("README.md", "Create a file named `gone.py`.\n\n" + readme("python gone.py")),
        ("README.md", "Run `python gone.py`.\n"),
    ],
)
def test_what_is_not_told_to_run_today(tmp_path: Path, path: str, text: str) -> None:
    assert told(tmp_path, {path: text, "app/main.py": ""}, "readme.unresolved") == []


def test_a_file_that_git_leaves_out_is_named_with_the_rule(tmp_path: Path) -> None:
    files = {"service/README.md": readme("cp .env.example .env"), ".gitignore": "# keys\n.env*\n", "app/main.py": ""}
    assert told(tmp_path, files, "readme.unresolved") == [
        ("service/README.md", 6, ".env.example", IGNORED, ".gitignore:2")
    ]


def test_makefiles_that_make_their_targets_say_nothing(tmp_path: Path) -> None:
    files = {"README.md": readme("make serve"), "Makefile": "run-%:\n\techo $*\n"}
    assert told(tmp_path, files, "readme.unresolved") == []
    (tmp_path / "Makefile").unlink()
    files = {"README.md": readme("make serve"), "app/main.py": ""}
    assert told(tmp_path, files, "readme.unresolved") == [("README.md", 6, "Makefile", NOWHERE, "")]


# --- files that are no Python


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import os\nkey = os.getenv('KEY') ✅\n", 2),
        ("def every():\nrows = 1\n    return rows\n", 2),
        ("name: Daily run\n", 1),
        ("def first(:\n    pass\n", 1),
        ('def first():\n    pass\n"""\n', 3),
    ],
)
def test_a_line_that_is_no_python_is_told(tmp_path: Path, text: str, line: int) -> None:
    files = {"app/main.py": "import app.store\n", "app/store.py": text, "app/__init__.py": ""}
    (row,) = rows(tmp_path, files, "python.unresolved")
    assert (row["path"], row["line"], row["cause"], row["target"], row["started"]) == (
        "app/store.py", line, "broken", "app/store.py", True,
    )  # fmt: skip


def test_the_marks_of_a_merge_are_told_though_one_side_is_read(tmp_path: Path) -> None:
    text = "limit = 0\n<<<<<<< HEAD\nlimit = 1\n=======\nlimit = 2\n>>>>>>> more\n"
    files = {"app/main.py": "import app.store\n", "app/store.py": text, "app/__init__.py": ""}
    (row,) = rows(tmp_path, files, "python.unresolved")
    assert (row["path"], row["line"], row["cause"], row["started"]) == ("app/store.py", 2, "merge", True)


@pytest.mark.parametrize(
    "text",
    [
        'print "ready"\n',
        "!pip install x\nimport os\n",
        "%matplotlib inline\n",
        "limit = 1\n{{ cookiecutter.setup }}\n",
        "{% if a %}\nlimit = 1\n{% endif %}\n",
        'told = """\n<<<<<<< HEAD\n=======\n>>>>>>> more\n"""\n',  # marks in a text
        'told = f"{rows["name"]}"\n',  # Python 3.12
        "type Row = dict[str, int]\n",
        "limit = 1\n",
        "",
    ],
)
def test_what_another_program_or_python_reads_is_not_told(tmp_path: Path, text: str) -> None:
    files = {"app/main.py": "limit = 1\n", "app/store.py": text, "app/__init__.py": ""}
    assert told(tmp_path, files, "python.unresolved") == []


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("python src/train.py --token abcdefgh", "`python src/train.py`"),
        (
            "pip install -r requirements.txt --index-url https://user:pw@example.org",
            "`pip install -r requirements.txt`",
        ),
        ("npm run serve -- --key=abcdefgh", "`npm run serve`"),
        ("make deploy KEY=abcdefgh", "`make deploy`"),
        ("API_KEY=abcdefgh uvicorn service.api:app --port 1", "`uvicorn service.api:app`"),
    ],
)
def test_what_stands_around_the_name_is_not_shown(tmp_path: Path, command: str, shown: str) -> None:
    files = {"README.md": readme(command), "app/main.py": ""}
    assert [one["refers"] for one in rows(tmp_path, files, "readme.unresolved")] == [shown]
