"""What a start command starts: a server or a batch job, of which module, with how many workers, in development mode?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci.wrappers import program_of
from aiaudit.probes.words import word_set

_SERVERS: Final = word_set(
    "uvicorn gunicorn hypercorn daphne waitress-serve granian uwsgi streamlit chainlit gradio torchserve tritonserver",
    "text-generation-launcher text-embeddings-router litellm solara panel voila mesop reflex nginx",
)
_SERVE_COMMANDS: Final = frozenset(
    {
        ("flask", "run"),
        ("fastapi", "run"),
        ("fastapi", "dev"),
        ("bentoml", "serve"),
        ("vllm", "serve"),
        ("serve", "run"),
        ("ray", "start"),
        ("ollama", "serve"),
        ("mlflow", "server"),
        ("mlflow", "models"),
        ("mlflow", "ui"),
        ("next", "start"),
        ("next", "dev"),
        ("vite", "dev"),
        ("airflow", "webserver"),
        ("airflow", "api-server"),
        ("langgraph", "up"),
        ("langgraph", "dev"),
        ("wrangler", "dev"),
        ("prefect", "server"),
    }
)
_BATCH_COMMANDS: Final = frozenset(
    {
        ("airflow", "scheduler"),
        ("dagster-daemon", "run"),
        ("prefect", "worker"),
        ("prefect", "agent"),
        ("rq", "worker"),
        ("dvc", "repro"),
        ("papermill", ""),
        ("kedro", "run"),
    }
)
_BATCH_PROGRAMS: Final = word_set("celery arq dramatiq rq cron crond supercronic papermill spark-submit")
_SERVER_MODULES: Final = lazy.regex(
    r"(^|/)(app|server|serve|serving|api|asgi|wsgi|webapp|web|gradio_app|streamlit_app|run_server|start_server|inference_server)$"
)
_BATCH_MODULES: Final = lazy.regex(
    r"(^|_|/)(batch|score|scoring|worker|consumer|scheduler|jobs?|pipeline|etl|ingest)(_|$)"
)
_NODE_SERVER: Final = lazy.regex(r"(server|index|main|app)\.(m|c)?[jt]s$")
_WITH_VALUE: Final = word_set(
    "--host --port -b --bind -w --workers -k --worker-class --log-level --timeout -t --threads -c --config --env-file",
    "--root-path",
    "--app-dir --factory-dir --ssl-keyfile --ssl-certfile -p -h --log-config --limit-concurrency --timeout-keep-alive",
    "--access-logfile --error-logfile --interface --server.port --server.address --backlog --max-requests",
    # gunicorn's
    "--graceful-timeout --keep-alive --max-requests-jitter --worker-tmp-dir --worker-connections --chdir -n --name -u",
    "--user -g --group -m --umask --pid -e --env --pythonpath --forwarded-allow-ips --proxy-allow-from --log-file",
    "--access-logformat --logger-class --log-config-json --certfile --keyfile --ca-certs --ciphers --cert-reqs",
    "--limit-request-line --limit-request-fields --limit-request-field_size --statsd-host --statsd-prefix",
    # uvicorn's
    "--loop --http --ws --ws-max-size --ws-ping-interval --ws-ping-timeout --lifespan --uds --fd --header --reload-dir",
    "--reload-include --reload-exclude --limit-max-requests --timeout-graceful-shutdown --ssl-ca-certs",
)


class Start(Struct, frozen=True):
    """`kind`: serve, batch or "" (not known). `target`: module or script as named. `development`: the sign of a
    development server ("" where there is none). `workers`: 0 where the command does not say."""

    kind: str = ""
    target: str = ""
    development: str = ""
    workers: int = 0


def start_of(words: Sequence[str]) -> Start:
    """What an unwrapped command line starts."""
    if not words:
        return Start()
    program, arguments = program_of(words[0]), list(words[1:])
    verb = "run" if program == "flask" and "run" in arguments else arguments[0] if arguments else ""
    pair = (program, verb)
    if program in _SERVERS or pair in _SERVE_COMMANDS:
        return Start("serve", _target(program, arguments), _development(program, arguments), _workers(arguments))
    if program in _BATCH_PROGRAMS or pair in _BATCH_COMMANDS:
        return Start("batch", _option(arguments, "-A", "--app"))
    if program == "python":
        return _python(arguments)
    if program in ("node", "tsx", "ts-node", "bun", "deno", "nodemon"):
        script = next((word for word in arguments if not word.startswith("-")), "")
        served = bool(_NODE_SERVER.search(script) or "server" in script)
        return Start("serve" if served else "", script, program if program in ("nodemon", "tsx", "ts-node") else "")
    return Start()


def _python(arguments: list[str]) -> Start:
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        target = arguments[1]
        if target in ("http.server", "vllm.entrypoints.openai.api_server", "sglang.launch_server"):
            return Start("serve", "", "http.server" if target == "http.server" else "")
        if "api_server" in target or "launch_server" in target:
            return Start("serve", target)
        stem = target.replace(".", "/")
    else:
        target = next((word for word in arguments if not word.startswith("-")), "")
        stem = target.removesuffix(".py")
    if _SERVER_MODULES.search(stem):
        return Start("serve", target, "--reload" if "--reload" in arguments else "")
    if target.endswith("manage.py"):
        return Start("serve", target, "runserver") if "runserver" in arguments else Start()
    return Start("batch" if _BATCH_MODULES.search(stem) else "", target)


def _target(program: str, arguments: list[str]) -> str:
    """The module or script that a server is given."""
    if program == "flask":
        return _option(arguments, "--app", "-A")
    if program in ("vllm", "ollama", "mlflow", "tritonserver", "nginx", "ray", "litellm", "next", "airflow", "prefect"):
        return ""
    rest = arguments[1:] if arguments[:1] in (["run"], ["dev"], ["serve"], ["hello"]) else list(arguments)
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE and rest:
            rest.pop(0)
        elif not word.startswith("-") and not word.isdigit():  # a number belongs to an option that is not known
            return word
    return ""


def _development(program: str, arguments: list[str]) -> str:
    for sign in ("--reload", "--debug", "--debugger", "--dev"):
        if sign in arguments or f"{sign}=true" in arguments:
            return sign
    if program == "flask":
        return "flask run"
    if program == "mlflow" and arguments[:1] == ["ui"]:
        return "mlflow ui"
    return f"{program} dev" if arguments[:1] == ["dev"] else ""


def _workers(arguments: list[str]) -> int:
    value = _option(arguments, "-w", "--workers", "--num-workers")
    return int(value[:6]) if value.isdigit() else 0


def _option(arguments: list[str], *names: str) -> str:
    for index, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(arguments[index + 1 : index + 2]), "")
    return ""
