"""`entrypoints`: how a project is started, and what file of the tree that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Level
from aiaudit.probes.ci.entrypoints import Entrypoints, EntrypointsQuery
from aiaudit.probes.ci.serving import start_of
from tests.probes.support import context


def starts(root: Path, files: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    return Entrypoints().answer("starts", EntrypointsQuery(**query), context(root, files)).value or []


def test_the_command_of_an_image(tmp_path: Path) -> None:
    files = {
        "Dockerfile": (
            'FROM python:3.12 AS base\nENTRYPOINT ["sh", "-c"]\nFROM base\n'
            'CMD ["exec uvicorn app.main:app --workers 4"]\n'
        ),
        "src/app/main.py": "",
    }
    assert [(s["kind"], s["module"], s["line"], s["workers"], s["wrappers"]) for s in starts(tmp_path, files)] == [
        ("serve", "src/app/main.py", 2, 4, ["exec"])
    ]


def test_an_entry_script_and_an_agent_around_the_server(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM x:1\nENTRYPOINT ["./start.sh"]\n',
        "start.sh": "#!/bin/sh\nalembic upgrade head\nexec opentelemetry-instrument gunicorn -w 2 api:app\n",
        "api.py": "",
    }
    found = starts(tmp_path, files, kinds=("serve",))
    assert [(s["path"], s["line"], s["module"], s["wrappers"]) for s in found] == [
        ("start.sh", 3, "api.py", ["exec", "opentelemetry-instrument"])
    ]


def test_a_script_that_hands_on_to_the_command_it_is_given(tmp_path: Path) -> None:
    files = {
        "src/server/Dockerfile": (
            'FROM x:1\nCOPY src/ /app/src/\nENTRYPOINT ["/app/src/server/start.sh"]\n'
            'CMD ["uvicorn", "server.main:app", "--host", "0.0.0.0"]\n'
        ),
        "src/server/start.sh": '#!/bin/bash\nset -e\ndvc pull models\nexec "$@"\n',
        "src/server/main.py": "",
    }
    found = starts(tmp_path / "a", files, kinds=("serve",))
    assert [(s["path"], s["line"], s["module"]) for s in found] == [("src/server/Dockerfile", 3, "src/server/main.py")]
    files["src/server/start.sh"] = '#!/bin/bash\necho "asked for $@"\nexec sleep infinity\n'
    assert starts(tmp_path / "b", files, kinds=("serve",)) == []


def test_compose_kubernetes_procfile_makefile_and_packages(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": (
            "services:\n  api:\n    image: x:1\n    command: uvicorn web:app --reload\n  m:\n    command: [--flag]\n"
        ),
        "k8s/job.yaml": (
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: score}\n"
            "spec: {jobTemplate: {spec: {template: {spec: {containers:\n"
            "  [{name: c, image: x:1, command: [python, jobs/score_batch.py]}]}}}}}\n"
        ),
        "Procfile": "web: gunicorn web:app\nworker: celery -A tasks worker\n",
        "Makefile": "train:\n\tpython train.py\nclean:\n\trm -rf x\n",
        "pyproject.toml": '[project]\nname = "p"\n[project.scripts]\np = "p.cli:main"\n',
        "package.json": '{"scripts": {"start": "node server.js", "build": "tsc"}}',
        "web.py": "",
        "train.py": "",
        "jobs/score_batch.py": "",
        "p/cli.py": "",
    }
    found = {
        (s["source"], s["kind"], s["module"], s["deployed"], s["development_server"]) for s in starts(tmp_path, files)
    }
    assert found == {
        ("compose", "serve", "web.py", True, "--reload"),
        ("kubernetes", "batch", "jobs/score_batch.py", True, ""),
        ("procfile", "serve", "web.py", True, ""),
        ("procfile", "batch", "", True, ""),
        ("makefile", "train", "train.py", False, ""),
        ("console script", "other", "p/cli.py", False, ""),
        ("package.json", "serve", "", False, ""),
    }
    assert len(starts(tmp_path, {}, deployed=True)) == 4


def test_what_platforms_start_by_their_descriptions(tmp_path: Path) -> None:
    files = {
        "apprunner.yaml": "version: 1.0\nruntime: python311\nrun:\n  command: python3 -m uvicorn web:app --port 8000\n",
        "appspec.yml": "version: 0.0\nhooks:\n  ApplicationStart:\n    - location: bin/start.sh\n      runas: ec2-user\n",
        "bin/start.sh": "#!/bin/sh\nnohup gunicorn web:app &\n",
        "render.yaml": "services:\n  - type: worker\n    name: jobs\n    startCommand: celery -A tasks worker\n",
        "railway.json": '{"deploy": {"startCommand": "uvicorn web:app"}}',
        "fly.toml": 'app = "x"\n[processes]\nweb = "gunicorn web:app"\n',
        "web.py": "",
    }
    found = {(s["path"], s["line"], s["kind"], s["module"]) for s in starts(tmp_path, files, deployed=True)}
    assert found == {
        ("apprunner.yaml", 4, "serve", "web.py"),
        ("bin/start.sh", 2, "serve", "web.py"),
        ("render.yaml", 4, "batch", ""),
        ("railway.json", 1, "serve", "web.py"),
        ("fly.toml", 3, "serve", "web.py"),
    }


def test_app_service_starts_in_the_folder_that_azd_brings_there(tmp_path: Path) -> None:
    files = {
        "azure.yaml": "name: shop\nservices:\n  web:\n    project: ./back\n    host: appservice\n",
        "infra/main.bicep": "module web 'site.bicep' = {\n  params: {\n    appCommandLine: 'start.sh'\n  }\n}\n",
        "infra/site.bicep": "param appCommandLine string = ''\n",
        "back/start.sh": "#!/bin/bash\nuv run --active hypercorn 'shop.app:create_app()' --bind=0.0.0.0\n",
        "back/shop/app.py": "",
    }
    found = [(s["path"], s["line"], s["kind"], s["module"]) for s in starts(tmp_path, files, deployed=True)]
    assert found == [("back/start.sh", 2, "serve", "back/shop/app.py")]


def test_where_azd_brings_two_services_there_the_command_may_be_of_either(tmp_path: Path) -> None:
    both = "services:\n  a: {project: a, host: appservice}\n  b: {project: b, host: appservice}\n"
    site = "params: {\n  appCommandLine: 'gunicorn app:app'\n}\n"
    assert starts(tmp_path, {"azure.yaml": both, "main.bicep": site, "a/app.py": "", "b/app.py": ""}) == []


def test_settings_of_such_a_name_start_nothing(tmp_path: Path) -> None:
    settings = {"app.yaml": "runtime: 3\nentrypoint: web:app\nservices: [mail]\n", "appspec.yml": "hooks: later\n"}
    assert starts(tmp_path, settings) == []


def test_a_commented_command_starts_nothing(tmp_path: Path) -> None:
    assert starts(tmp_path, {"Dockerfile": 'FROM x:1\n# CMD ["uvicorn", "a:app"]\n'}) == []


def test_a_script_of_an_image_is_the_file_that_was_copied(tmp_path: Path) -> None:
    files = {
        "docker/api/Dockerfile": (
            "FROM python:3.12\nCOPY --chown=me docker/start_api.sh docker/other.sh /app/\nCOPY . .\n"
            'ENTRYPOINT ["/app/start_api.sh"]\n'
        ),
        "docker/start_api.sh": "#!/bin/sh\npython -u watch/api.py\n",
        "docker/other.sh": "#!/bin/sh\npython watch/other.py\n",
        "docker/job/Dockerfile": 'FROM python:3.12\nCOPY docker/job/run.sh /bin/begin.sh\nCMD ["/bin/begin.sh"]\n',
        "docker/job/run.sh": "#!/bin/sh\npython watch/job.py\n",
        "docker/lost/Dockerfile": 'FROM python:3.12\nCOPY docker/api.sh /bin/x.sh\nCMD ["/bin/y.sh"]\n',
        "docker/api.sh": "#!/bin/sh\npython watch/lost.py\n",
        "watch/api.py": "",
        "watch/other.py": "",
        "watch/job.py": "",
        "watch/lost.py": "",
    }
    deployed = [
        (s["path"], s["module"]) for s in starts(tmp_path, files) if s["source"] == "dockerfile" and s["module"]
    ]
    assert sorted(deployed) == [("docker/job/run.sh", "watch/job.py"), ("docker/start_api.sh", "watch/api.py")]


def test_only_what_is_deployed_is_wired(tmp_path: Path) -> None:
    made = {"Makefile": "serve:\n\tuvicorn a:app\n"}
    assert Entrypoints().answer("s", EntrypointsQuery(), context(tmp_path, made)).level is Level.CONTENT


@pytest.mark.parametrize(
    ("command", "kind", "target", "development"),
    [
        ("uvicorn app:app --host 0.0.0.0", "serve", "app:app", ""),
        ("gunicorn -k uvicorn.workers.UvicornWorker -w 4 app:app", "serve", "app:app", ""),
        ("gunicorn --graceful-timeout 90 --keep-alive 75 -b :8080 app:app", "serve", "app:app", ""),
        ("gunicorn --worker-tmp-dir /dev/shm --not-known-yet 5 app:app", "serve", "app:app", ""),
        ("flask --app web run", "serve", "web", "flask run"),
        ("flask run --debug", "serve", "", "--debug"),
        ("fastapi dev main.py", "serve", "main.py", "fastapi dev"),
        ("fastapi run main.py", "serve", "main.py", ""),
        ("streamlit run ui/app.py --server.port 80", "serve", "ui/app.py", ""),
        ("vllm serve meta-llama/Llama-3", "serve", "", ""),
        ("python server.py", "serve", "server.py", ""),
        ("python -m app.server", "serve", "app.server", ""),
        ("python manage.py runserver", "serve", "manage.py", "runserver"),
        ("celery -A jobs worker", "batch", "jobs", ""),
        ("python train.py", "", "train.py", ""),
        ("node dist/server.js", "serve", "dist/server.js", ""),
        ("ls", "", "", ""),
    ],
)
def test_kinds_of_starts(command: str, kind: str, target: str, development: str) -> None:
    start = start_of(command.split())
    assert (start.kind, start.target, start.development) == (kind, target, development)
