"""Takes the wrappers off a command: `sudo`, `timeout 60`, `uv run`, `poetry run`, `npx`, `coverage run`…

What is left is the command that does the work; the wrappers' names are kept, since some of them (tracing agents,
coverage) are facts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.words import word_set

_ASSIGNMENT: Final = lazy.regex(r"^[A-Za-z_]\w*=")
_PYTHON: Final = lazy.regex(r"^(python|pypy)(\d+(\.\d+)*)?(\.exe)?$")

# Program -> its options that take a value. The wrapped command is what follows its options.
_PLAIN: Final[dict[str, frozenset[str]]] = {
    "sudo": frozenset({"-u", "-g", "--user", "--group"}),
    "time": frozenset({"-f", "-o"}),
    "nohup": frozenset(),
    "exec": frozenset({"-a"}),
    "command": frozenset(),
    "builtin": frozenset(),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "setsid": frozenset(),
    "setpriv": frozenset({"--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set"}),
    "catchsegv": frozenset(),
    "xvfb-run": frozenset({"-s", "-n", "--server-args", "--server-num"}),
    "dbus-run-session": frozenset({"--"}),
    "tini": frozenset(),
    "dumb-init": frozenset(),
    "ddtrace-run": frozenset(),
    "opentelemetry-instrument": frozenset(
        {"--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name", "--exporter_otlp_endpoint"}
    ),
    "uvx": frozenset({"--from", "--with", "-p", "--python", "--index"}),
    "npx": frozenset({"-p", "--package", "-c"}),
    "bunx": frozenset({"-p", "--package"}),
    "pnpx": frozenset(),
    "envdir": frozenset(),
    "chronic": frozenset(),
    "cross-env": frozenset(),
    "cross-env-shell": frozenset(),
    "accelerate-launch": frozenset({"--config_file", "--num_processes"}),
}
# Program and sub-command -> options that take a value.
_SUBCOMMANDS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("poetry", "run"): frozenset(),
    ("pipenv", "run"): frozenset(),
    ("rye", "run"): frozenset(),
    ("pixi", "run"): frozenset({"-e", "--environment", "--manifest-path"}),
    ("uv", "run"): word_set(
        "-p --python --with --with-requirements --with-editable --extra --group --only-group --no-group",
        "--env-file --project --directory --package --index --index-url --default-index --extra-index-url",
        "--cache-dir --color --resolution --python-platform --refresh-package",
    ),
    ("pipx", "run"): frozenset({"--spec", "--python"}),
    ("conda", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}),
    ("mamba", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}),
    ("micromamba", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd", "-r"}),
    ("pnpm", "exec"): frozenset(),
    ("pnpm", "dlx"): frozenset({"--package"}),
    ("yarn", "exec"): frozenset(),
    ("yarn", "dlx"): frozenset({"-p", "--package"}),
    ("npm", "exec"): frozenset({"--package"}),
    ("dotenv", "run"): frozenset({"-f", "--file"}),
    ("doppler", "run"): frozenset({"-p", "-c", "--project", "--config"}),
    ("infisical", "run"): frozenset({"--env", "--path", "--projectId"}),
    ("op", "run"): frozenset({"--env-file"}),
    ("direnv", "exec"): frozenset(),
    ("newrelic-admin", "run-program"): frozenset(),
    ("coverage", "run"): frozenset(
        {"--source", "--include", "--omit", "--rcfile", "--data-file", "--context", "--concurrency"}
    ),
    ("accelerate", "launch"): word_set(
        "--config_file --num_processes --num_machines --machine_rank --mixed_precision --main_process_port",
        "--main_process_ip --gpu_ids --deepspeed_config_file --use_deepspeed",
    ),
    ("uv", "tool"): frozenset(),
    ("hatch", "run"): frozenset(),
    ("pdm", "run"): frozenset({"-p", "--project"}),
}
_PROCESS_LAUNCHERS: Final = frozenset({"torchrun", "deepspeed", "horovodrun", "mpirun"})
_LAUNCHER_VALUES: Final = word_set(
    "-np -n -H --nproc_per_node --nproc-per-node --nnodes --node_rank --master_addr --master_port",
    "--num_gpus --num_nodes --hostfile --include --rdzv_backend --rdzv_endpoint --rdzv_id --standalone",
) - {"--standalone"}

_NODE_VALUES: Final = word_set("-r --require --import --loader --experimental-loader -C --conditions --env-file")
_INSTALLED: Final = lazy.regex(
    r"(?:^|/)node_modules/(?:\.bin/([\w-]+)|(?:@[\w-]+/)?([\w-]+)/(?:[\w.-]+/)*[\w.-]+\.[cm]?js)$"
)


def program_of(word: str) -> str:
    """The comparable name of a program: without its folder, `python3.11` as `python`."""
    name = word.rpartition("/")[2]
    return "python" if _PYTHON.match(name) else name


def unwrap(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The command without its wrappers, and the names of the wrappers, outermost first."""
    rest = list(words)
    taken: list[str] = []
    for _ in range(16):
        inner = _once(rest)
        if inner is None or not inner[0]:
            break
        rest = inner[0]
        taken.append(inner[1])
    return tuple(rest), tuple(name for name in taken if name)


def _once(words: list[str]) -> tuple[list[str], str] | None:
    if not words:
        return None
    if _ASSIGNMENT.match(words[0]):
        return words[1:], ""
    if words[0].endswith(".py") and "/" in words[0]:  # its first line names the interpreter
        return ["python", *words], ""
    name = program_of(words[0])
    second = words[1] if len(words) > 1 else ""
    if name == "env":
        rest = _after_options(words[1:], frozenset({"-u", "-C", "--unset", "--chdir"}))
        return rest, ""
    if name == "timeout":
        rest = _after_options(words[1:], frozenset({"-s", "-k", "--signal", "--kill-after"}))
        return rest[1:], name
    if name in ("gosu", "su-exec"):  # the user comes first
        return _after_options(words[1:], frozenset())[1:], name
    if name in ("dotenv", "dotenvx") and "--" in words:  # of npm: the file and the variables come first
        return words[words.index("--") + 1 :], name
    if name == "python":
        return _python(words)
    if name == "node":
        return _node(words)
    if name in _PLAIN:
        rest = _after_options(words[1:], _PLAIN[name])
        return _without_version(rest) if name in ("npx", "bunx", "pnpx", "uvx") else rest, name
    if (name, second) in _SUBCOMMANDS:
        return _subcommand(words, name, second)
    if name in _PROCESS_LAUNCHERS:
        rest = _after_options(words[1:], _LAUNCHER_VALUES)
        script = rest[0] if rest else ""
        return (["python", *rest], name) if script.endswith(".py") else (rest, name) if rest else None
    return None


def _subcommand(words: list[str], name: str, second: str) -> tuple[list[str], str] | None:
    rest = words[2:]
    options: list[str] = []
    while rest and rest[0].startswith("-") and rest[0] != "--":
        options.append(rest[0])
        if rest[0] in ("-m", "--module") and len(rest) > 1 and name in ("uv", "coverage", "accelerate"):
            return ["python", "-m", *rest[1:]], f"{name} {second}"
        takes = rest[0] in _SUBCOMMANDS[name, second]
        rest = rest[2:] if takes else rest[1:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    if name == "uv" and second == "tool":
        return (_after_options(rest[1:], _PLAIN["uvx"]), "uvx") if rest[:1] == ["run"] else None
    if name in ("hatch", "pdm", "pixi", "rye"):
        return None  # their own scripts come first: see `runners.named_tasks`
    if name == "direnv" and rest:
        rest = rest[1:]
    if rest and rest[0].endswith(".py") and name in ("uv", "coverage", "accelerate"):
        return ["python", *rest], f"{name} {second}"
    return _without_version(rest) if name in ("pnpm", "yarn", "npm") else rest, f"{name} {second}"


def _without_version(words: list[str]) -> list[str]:
    """`serverless@3.40.0 deploy` runs `serverless`, of that version."""
    name, at, _ = words[0].rpartition("@") if words else ("", "", "")
    return [name, *words[1:]] if at and name else words


def _python(words: list[str]) -> tuple[list[str], str] | None:
    """`python -m MODULE` for modules that are programs of their own, or that launch another."""
    rest = words[1:]
    while rest and rest[0] in ("-u", "-B", "-O", "-E", "-s", "-I", "-P", "-W", "-X"):
        rest = rest[2:] if rest[0] in ("-W", "-X") else rest[1:]
    if len(rest) < 2 or rest[0] != "-m":
        return (["python", *rest], "") if rest != words[1:] else None
    module, arguments = rest[1], rest[2:]
    if module in ("torch.distributed.run", "torch.distributed.launch"):
        return ["torchrun", *arguments], ""
    if module == "accelerate.commands.launch":
        return ["accelerate", "launch", *arguments], ""
    if module in MODULE_PROGRAMS:
        return [MODULE_PROGRAMS[module], *arguments], ""
    return None


# Modules that, run by `python -m`, are the program of that name.
MODULE_PROGRAMS: Final = {
    name: name
    for name in word_set(
        "pytest coverage mypy ruff black isort flake8 pylint bandit pip build twine tox nox unittest invoke",
        "streamlit uvicorn gunicorn hypercorn flask mlflow dvc pre_commit safety pip_audit semgrep poetry uv pdm",
        "hatch nbqa yamllint codespell interrogate pyright deepeval ragas promptfoo lm_eval kedro prefect celery",
        "ipykernel jupyter papermill vllm gradio chainlit locust mkdocs sphinx cibuildwheel behave robot nose2",
        "doctest docformatter vulture pydocstyle autoflake pyupgrade dbt soda great_expectations litellm fastapi",
    )
} | {"pre_commit": "pre-commit", "pip_audit": "pip-audit", "py.test": "pytest", "piptools": "pip-tools"}


def _node(words: list[str]) -> tuple[list[str], str] | None:
    """`node --experimental-vm-modules node_modules/jest/bin/jest.js …`: the program of the package that it starts."""
    rest = _after_options(words[1:], _NODE_VALUES)
    started = _INSTALLED.search(rest[0]) if rest else None
    return ([started[1] or started[2], *rest[1:]], "") if started else None


def _after_options(words: list[str], with_value: frozenset[str]) -> list[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        if rest[0] == "--":
            return rest[1:]
        rest = rest[2:] if rest[0] in with_value else rest[1:]
    return rest
