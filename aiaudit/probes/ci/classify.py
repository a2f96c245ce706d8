"""What a command is for (see `Kind`): by program and arguments, and by file names where those say nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.builders import builder_kind
from aiaudit.probes.ci.kinds import BY_ACTION, BY_COMMAND, BY_PROGRAM, Kind
from aiaudit.probes.ci.wrappers import program_of

_PROGRAMS: Final[dict[str, Kind]] = {program: kind for kind, text in BY_PROGRAM.items() for program in text.split()}
_COMMANDS: Final[dict[tuple[str, ...], Kind]] = {
    tuple(command.split()): kind for kind, text in BY_COMMAND.items() for command in text.split(",")
}
_ACTIONS: Final[tuple[tuple[str, Kind], ...]] = tuple(
    (prefix.lower(), kind) for kind, text in BY_ACTION.items() for prefix in text.split()
)
_STEMS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    (
        "validate_data",
        lazy.regex(
            r"(validat|check|verif|test)\w*_?(data|dataset|schema|input)s?$|data_?(quality|validation|check)"
            r"|^(data_)?quality_?check"
        ),
    ),
    (
        "evaluate",
        lazy.regex(
            r"(^|_)(eval|evals|evaluate|evaluation|evaluator|run_?evals?|quality_?gate|model_?gate|bench|benchmark"
            r"|score_model|compare_models?|compare_(\w+_)?(baseline|champion))(_|$)"
        ),
    ),
    (
        "train",
        lazy.regex(r"(^|_)(train|training|trainer|retrain|pretrain|finetune|fine_tune|finetuning|fit|sft)(_|$)"),
    ),
    ("deploy", lazy.regex(r"(^|_)(deploy|deployment|release_to|rollout)(_|$)")),
    ("test", lazy.regex(r"^(run_?)?(tests?|unit_?tests?|integration_?tests?|e2e)$|^test_|_tests?$")),
)

_DEPLOYS: Final = lazy.regex(
    r"(?:^|[-_/])(?:deploy|rollout|apply[-_]?(?:terraform|infra\w*|tf|helm|k8s)|(?:terraform|tf|helm)[-_]?(?:apply|upgrade))(?:[-_.]|$)"
)
# `validate-deployment-config`: it looks at a deployment before it is one.
_ONLY_LOOKS: Final = lazy.regex(r"^(?:validate|check|verify|lint|plan|preview|diff|show|list|describe|render)(?:_|$)")
_TEST_PATH: Final = lazy.regex(r"(^|/)(tests?|e2e)/|(^|/)test_[\w-]+\.py$")
_EVAL_PATH: Final = lazy.regex(r"(^|/)(evals?|evaluations?|llm_?tests?|quality_?gate)(/|\b)")
# A part of a package for benchmarks or evaluations that holds what came out against something.
_COMPARES: Final = lazy.regex(r"(^|/)(bench(?:marks?)?|evals?|evaluations?)/(baseline|compare\w*|gate|regression)\.py$")
# `pre_pr_quality_gate`, `code_quality_gate`: of what was written, and not of what a model answers.
_CODE_GATE: Final = lazy.regex(
    r"(^|_)(code|repo|repository|source|pr|pull_?request|commit|push|merge|diff|docs?|documentation|lint|static|style|coverage|ci)"
    r"_?quality_?gates?(_|$)"
)
_VALUED_BY_COMPOSE: Final = frozenset(
    {"-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--progress"}
)
_NO_TESTS: Final = frozenset({"--collect-only", "--co", "--version", "-h", "--help", "--fixtures", "--markers"})


def _of_compose(arguments: list[str]) -> list[str]:
    """`compose -f stack.yml --profile all build` without what stands before the verb."""
    at = 1 if arguments[:1] == ["compose"] else 0
    while at < len(arguments) and arguments[at].startswith("-"):
        del arguments[at : at + (2 if arguments[at] in _VALUED_BY_COMPOSE else 1)]
    return arguments


def kind_of(words: Sequence[str], module: str = "") -> Kind:
    """The kind of an unwrapped command. `module`: the Python file of the tree that it runs, where there is one."""
    if not words:
        return "other"
    program = program_of(words[0])
    arguments = list(words[1:])
    if set(arguments) & {"--version", "--help"} and len(arguments) < 3:
        return "other"
    if program == "python":
        return _python_kind(arguments, module)
    if program == "docker-compose" or (program == "docker" and arguments[:1] == ["compose"]):
        arguments = _of_compose(arguments)
    if kind := builder_kind(program, arguments):
        return kind
    if words[0].endswith("kaniko/executor"):
        return "build_image"
    if program == "gcloud" and arguments[:1] == ["ai"] and arguments[1:2] in (["custom-jobs"], ["hp-tuning-jobs"]):
        return "train" if arguments[2:3] == ["create"] else "other"
    for length in (2, 1):
        if len(arguments) >= length and (kind := _COMMANDS.get((program, *arguments[:length]))):
            idle = kind == "deploy" and (
                _only_tries(arguments)
                or (program in _CLOUDS and _brings_nothing(arguments))
                or (program in _HOSTS and any(map(_REPORT.search, arguments)))
            )
            return "other" if idle else kind
    if kind := _COMMANDS.get((program,)):
        return kind
    if kind := _PROGRAMS.get(program):
        return _refined(kind, program, arguments)
    if program in ("tsc", "vue-tsc"):
        return "lint" if "--noEmit" in arguments or "--noemit" in [a.lower() for a in arguments] else "other"
    if program in _FETCHERS:
        return "deploy" if _asks_a_host(arguments) else "other"
    if program == "git" and arguments[:1] == ["push"]:
        return "deploy" if _PUSHED_TO.search(" ".join(arguments)) else "other"
    if program in ("node", "tsx", "ts-node", "bun", "deno") and arguments:
        script = next((a for a in arguments if a.endswith((".js", ".ts", ".mjs", ".mts", ".cjs"))), "")
        found = stem_kind(script.rpartition("/")[2].partition(".")[0]) if script else "other"
        return "evaluate" if found == "other" and _EVAL_PATH.search(script) else found
    if program in ("octave", "octave-cli", "julia", "rscript"):  # a script of another language, by its name
        script = next((one for one in arguments if one.endswith((".m", ".jl", ".R", ".r"))), "")
        found = stem_kind(script.rpartition("/")[2].rpartition(".")[0]) if script else "other"
        return "test" if found == "other" and re.search(r"(?:^|/)tests?/", script) else found
    if program in ("papermill", "runipy") or (program == "jupyter" and {"execute", "--execute"} & set(arguments)):
        return _notebook_kind(arguments)
    if program in ("ssh", "scp", "rsync"):  # what is laid aside on the same machine reaches nobody yet
        aside = program == "rsync" and bool(arguments) and _ASIDE.match(arguments[-1])
        return "other" if aside else "deploy"
    if program == "aws" and arguments[:2] == ["ec2", "run-instances"] and "--user-data" in arguments:
        return "deploy"  # a machine that starts what it is given, and no bare one
    if program in ("terraform", "tofu") and "apply" in arguments:
        return "deploy"
    if program.endswith((".sh", ".bash")) or "/" in words[0]:
        return stem_kind(program.rpartition(".")[0] or program)
    return "other"


_FETCHERS: Final = frozenset(
    {"curl", "wget", "http", "https", "xh", "invoke-restmethod", "invoke-webrequest", "irm", "iwr"}
)
# What is asked to bring a version to its users by its address alone.
_HOOK: Final = lazy.regex(
    r"(?i:deploy[-_]?hook)|/deploy\b|DEPLOY|(?i:(?:render|vercel|netlify|railway|coolify|dokploy|koyeb|zeabur|portainer)[-_]\w*hook)"
    r"|api\.netlify\.com/build_hooks/|/webhooks/triggerbuild\b|\.scm\.azurewebsites\.net/api/(?:zip|one)?(?:deploy|publish)\b"
)
# Hosts that start what is pushed to them by git.
_PUSHED_TO: Final = lazy.regex(r"heroku|dokku|hf\.co|huggingface\.co/spaces")
# What is asked for it by a request that writes; read, the same addresses list what was deployed.
_DEPLOYMENTS: Final = lazy.regex(
    r"(?i)api\.render\.com/v1/services/[^/\s]+/deploys(?![/\w])|api\.vercel\.com/v\d+/deployments(?![/\w])"
    r"|api\.netlify\.com/api/v1/sites/[^/\s]+/(?:deploys|builds)(?![/\w])|api\.heroku\.com/apps/[^/\s]+/(?:builds|releases|formation)\b"
    r"|api\.digitalocean\.com/v2/apps/[^/\s]+/deployments(?![/\w])|/pages/projects/[^/\s]+/deployments(?![/\w])"
    r"|koyeb\.com/v1/services/[^/\s]+/redeploy\b|/api/v1/applications/[^/\s]+/(?:start|restart)\b|/api/application\.(?:re)?deploy\b"
    r"|backboard\.railway\.(?:app|com)/graphql\b(?s:.{0,2000})\b(?:deploymentTrigger|deploymentRedeploy|serviceInstance(?:Rede|De)ploy)"
)
_WRITES: Final = lazy.regex(
    r"(?:^|\s)(?:-X\s*=?|--request[\s=]|-Method\s)\s*[\"']?(?i:POST|PUT|PATCH)\b|(?:^|\s)(?:POST|PUT|PATCH)\s"
    r"|(?:^|\s)(?:--data(?:-\w+)?|--json|--post-data|-F|--form|-T|--upload-file)[\s=]|(?:^|\s)-d(?:\s|[\"'{])"
)
_LIVES: Final = lazy.regex(
    r"(?i)/(?:health\w*|ping|status|readyz?|ready\w*|livez?|liveness|version|docs|openapi\.json|metrics)/?(?:[\s\"'?]|$)"
)
_ASIDE: Final = lazy.regex(r"/tmp/|\./|\$\{?RUNNER_TEMP")  # noqa: S108 (a folder that a command names)
_HOSTS: Final = frozenset({"vercel", "netlify", "wrangler", "surge", "firebase"})
# Results of tests, a component library and documents, which are put on pages of their own: no model runs there.
_REPORT: Final = lazy.regex(
    r"(?i)(?:^|[/=])(?:[\w.-]*(?:playwright|allure|cypress|tests?|coverage|lighthouse|jest)[-_]?(?:reports?|results?)"
    r"|storybook(?:-static)?|htmlcov|coverage|_build/(?:dir)?html|docs?/(?:_?build|site|dist|public|html)"
    r"|\.(?:vite|vue)press/dist)(?:/|$)"
)
_CLOUDS: Final = frozenset({"aws", "az", "gcloud", "flyctl", "fly", "databricks"})
_LOOKS: Final = lazy.regex(
    r"(?:describe|list|get|show|wait|delete|stop|tag|untag|package)(?:-.*)?|restart|start|auth|identity|keys?|logs?|login|tail"
    r"|validate(?:-.*)?|what-if|browse|cors|appsettings|connection-string|ssl|access-restriction|vnet-integration|update-kubeconfig"
)


def _asks_a_host(arguments: Sequence[str]) -> bool:
    """Whether a request tells a host to deploy: by a hook, or what its API takes; a look whether it lives does not."""
    told = " ".join(arguments)[:8_000]
    if _DEPLOYMENTS.search(told):
        return _WRITES.search(told) is not None
    return _HOOK.search(told) is not None and _LIVES.search(told) is None


def _only_tries(arguments: Sequence[str]) -> bool:
    """Whether nothing is changed: the command says only what it would do."""
    return any(one in ("--dry-run", "--dry-run=client", "--dry-run=server", "--dry-run=true") for one in arguments)


def _brings_nothing(arguments: Sequence[str]) -> bool:
    """Whether a cloud's command only looks, restarts or changes settings: no new version reaches anybody by it."""
    named = [one for one in arguments[:5] if one[:1] != "-"]
    return any(_LOOKS.fullmatch(one) for one in named[1:])


_FOUNDRY: Final = lazy.regex(r"(?i)/(?:cf[-_]?cli|cloud[-_]?foundry|cg-(?:cli|deploy))")
_REQUESTS: Final = lazy.regex(r"(?i)http-?request|webhook|/curl")
_BUILDS_IMAGE: Final = lazy.regex(
    r"(?:docker|container|image|oci)[-_/]build|build[-_](?:and[-_])?(?:push|publish)|/build[-_](?:docker|container|image|oci)\b|/buildkit\b"
)


def kind_of_action(uses: str) -> Kind:
    """The kind of a named action, task, orb or pipe."""
    lower = uses.lower()
    for prefix, kind in _ACTIONS:
        if lower.startswith(prefix):
            return kind
    _, called, file = lower.partition("@")[0].partition("/.github/workflows/")
    if called and _DEPLOYS.search(file):  # a workflow of another repository: its name is all that is seen of it
        return "deploy"
    return "build_image" if _BUILDS_IMAGE.search(lower.partition("@")[0]) else "other"


def kind_of_step(uses: str, inputs: Mapping[str, Any]) -> Kind:
    """The kind of an action as a step of a workflow uses it: what it is told can take back what its name says."""
    kind = kind_of_action(uses)
    if kind == "deploy" and uses.lower().startswith("pulumi/actions"):
        told = str(inputs.get("command") or "")  # without a command it installs the program and no more
        return kind if "${{" in told or told in ("up", "update") else "other"
    if kind == "deploy" and "static-web-apps-deploy" in uses.lower() and str(inputs.get("action")).lower() == "close":
        return "other"  # takes the preview of a request down
    if kind == "other" and _REQUESTS.search(uses.partition("@")[0]):
        address = " ".join(str(inputs.get(one) or "") for one in ("url", "webhook_url", "webhook-url", "data", "body"))
        asked = ["-X", str(inputs.get("method") or "GET"), address]
        return "deploy" if _asks_a_host(asked) else kind
    if kind == "other" and _FOUNDRY.search(uses.partition("@")[0]):  # a program of Cloud Foundry, told what to do
        told = str(inputs.get("command") or inputs.get("cf_command") or "")
        return "deploy" if told.lstrip().removeprefix("cf ").startswith("push") else kind
    return kind


def pushes_to_a_host(words: Sequence[str], remotes: dict[str, str]) -> bool:
    """Whether a command pushes to a host by the name that an earlier one of the job gave it (`git remote add space
    https://huggingface.co/spaces/ada/api`, `git push space main`). `remotes`: the names so far; it is added to."""
    if not words or program_of(words[0]) != "git":
        return False
    named = [one for one in words[1:] if not one.startswith("-")]
    if named[:1] == ["remote"] and named[1:2] in (["add"], ["set-url"]) and len(named) > 3:
        remotes[named[2]] = named[3]
    return named[:1] == ["push"] and len(named) > 1 and _PUSHED_TO.search(remotes.get(named[1], "")) is not None


def name_kind(name: str) -> Kind:
    """What a task's name alone suggests (for a task whose commands could not be resolved)."""
    return stem_kind(re.sub(r"[^a-z0-9]+", "_", name.lower()))


def _refined(kind: Kind, program: str, arguments: list[str]) -> Kind:
    first = arguments[0] if arguments else ""
    if program in ("pytest", "py.test") and set(arguments) & _NO_TESTS:
        return "other"
    if program in ("pytest", "py.test", "vitest") and any(_EVAL_PATH.search(a) for a in arguments if a[:1] != "-"):
        return "evaluate"
    if program in ("playwright", "cypress") and first in (
        "install",
        "install-deps",
        "codegen",
        "show-report",
        "merge-reports",
        "verify",
    ):
        return "other"
    if program == "pre-commit" and first in ("install", "autoupdate", "clean", "gc"):
        return "other"
    if program in ("ruff", "biome") and first in ("--version", "clean", "init", "version"):
        return "other"
    return kind


def _python_kind(arguments: list[str], module: str) -> Kind:
    target = module
    if not target and arguments[:1] == ["-m"] and len(arguments) > 1:
        target = arguments[1].replace(".", "/")
    elif not target and arguments and not arguments[0].startswith("-"):
        target = arguments[0]
    if not target:
        return "other"
    if target.endswith("manage.py") and "test" in arguments:
        return "test"
    if target.rpartition("/")[2] == "setup.py":
        verbs: dict[str, Kind] = {"test": "test", "install": "install", "upload": "publish"}
        return verbs.get(next(iter(arguments[1:2]), ""), "other")
    stem = target.rpartition("/")[2].removesuffix(".py")
    if stem in ("__main__", "main", "cli", "run", "app"):
        tail = [a for a in arguments[1:] if re.match(r"^[a-z][a-z_-]+$", a)]
        by_argument = stem_kind(tail[0].replace("-", "_")) if tail else "other"
        if by_argument != "other":
            return by_argument
        stem = target.rpartition("/")[0].rpartition("/")[2] or stem
    kind = stem_kind(stem)
    if kind == "other" and len(arguments) > 1 and re.match(r"^[a-z][a-z_-]+$", arguments[1]):
        told = stem_kind(arguments[1])  # `forecast.py train-load`: what a program of several modes is told to do
        kind = told if told in ("train", "evaluate") else kind
    if kind == "other" and _COMPARES.search(target):
        return "evaluate"
    return "test" if kind == "other" and _TEST_PATH.search(target) else kind


def _notebook_kind(arguments: Sequence[str]) -> Kind:
    """What a notebook is for that a program executes: by its name, and by the folder of tests that it lies in."""
    notebook = next((one for one in arguments if one.endswith(".ipynb")), "")
    kind = stem_kind(notebook.rpartition("/")[2].removesuffix(".ipynb")) if notebook else "other"
    return "test" if kind == "other" and re.search(r"(^|/)(tests?|e2e)/", notebook) else kind


def stem_kind(stem: str) -> Kind:
    """The kind of what a name stands for: `train` of `finetune_7b`."""
    lower = re.sub(r"[^a-z0-9]+", "_", stem.lower())
    found: Kind = next((kind for kind, pattern in _STEMS if pattern.search(lower)), "other")
    if found == "deploy" and lower.startswith("test_"):
        return "test"
    if found == "evaluate" and _CODE_GATE.search(lower):
        return "lint"
    return "other" if found == "deploy" and _ONLY_LOOKS.search(lower) else found
