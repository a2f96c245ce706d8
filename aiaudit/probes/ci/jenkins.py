"""Jenkins declarative pipelines, read as text: the stages, the shell steps in them, and the steps of plugins that
deploy. Nothing is evaluated."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.ci.classify import name_kind
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow
from aiaudit.probes.reading import Files

GLOBS: Final = (
    "Jenkinsfile",
    "Jenkinsfile.*",
    "*.Jenkinsfile",
    "jenkins/*Jenkinsfile*",
    "ci/Jenkinsfile*",
    ".jenkins/Jenkinsfile*",
)
_TOKEN: Final = lazy.regex(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<stage>\bstage\s*\(\s*(?:name\s*:\s*)?(?P<q>["'])(?P<name>[^"'\n]*)(?P=q)\s*\))
    |(?P<post>\bpost\s*\{)
    |(?P<never>\bwhen\s*\{\s*expression\s*\{\s*(?:return\s+)?false\s*;?\s*\}\s*\})
    |(?P<asks>\binput\b(?=\s*(?:\(|\{|message\b|id\b|['"])))
    |(?P<catch>\bcatchError\b[^{\n]*\{)
    |(?P<sh>\b(?:sh|bat|powershell|pwsh)\b\s*+(?:\(\s*+)?(?P<args>[^'"\n]*?)(?P<body>'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      (?P<after>[^\n}]*))
    |\b(?P<plugin>cfnUpdate(?:StackSet)?|kubernetesDeploy|openshiftDeploy|azureWebAppPublish|azureFunctionAppPublish
      |pushToCloudFoundry|ebDeploy|createDeployment|s3Upload|googleStorageUpload|azureUpload|sshPublisher)\b\s*(?=[(\w])
    |\bdocker\.(?P<image>build)\s*\(\s*(?:"[^"\n]*"|'[^'\n]*'|[\w.]+)\s*(?:,\s*(?P<options>"[^"\n]*"|'[^'\n]*'))?
    |\b\w+\.(?P<push>push)\s*\(\s*(?=["'\w)])
    |(?P<string>'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<open>\{)|(?P<close>\})""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = lazy.regex(
    r"(?P<kept>'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")|//[^\n]*|/\*.*?\*/", re.DOTALL
)
# Steps of plugins that send files somewhere: a deployment where the stage says so.
_SENDING: Final = frozenset({"s3Upload", "googleStorageUpload", "azureUpload", "sshPublisher"})
_MAX_TEXT: Final = 300_000


def read(files: Files) -> list[Workflow]:
    """The pipelines in Jenkinsfiles."""
    found: list[Workflow] = []
    for entry in files.running(GLOBS):
        text = files.text(entry.path)
        if text and re.search(r"\b(pipeline|node)\b", text):
            triggers = ("schedule",) if re.search(r"\btriggers\s*\{[^}]*\bcron\b", text) else ()
            found.append(
                Workflow(entry.path, "jenkins", entry.name, ("push", *triggers), tuple(_jobs(text[:_MAX_TEXT])))
            )
    return found


def without_comments(text: str) -> str:
    """A pipeline with its comments blanked; lines stay where they are."""
    return _COMMENT.sub(
        lambda hit: hit.group() if hit["kept"] else re.sub(r"[^\n]", " ", hit.group()), text[:_MAX_TEXT]
    )


def _jobs(text: str) -> list[Job]:
    """One job a stage, each after those before it (the order of a pipeline; parallel stages count as in order)."""
    jobs: list[Job] = []
    steps: list[Step] = []
    name, line = "pipeline", 1
    scopes: list[str] = []
    pending = ""
    skipped = asked = False

    def close() -> None:
        if steps:
            jobs.append(Job(name, line, tuple(steps), tuple(job.id for job in jobs), runs=not skipped))
            steps.clear()

    for match in _TOKEN.finditer(text):
        before = len(steps)
        if match["asks"]:
            asked = True
        elif match["stage"]:
            close()
            skipped = False
            name, line = match["name"], text.count("\n", 0, match.start()) + 1
        elif match["never"]:
            skipped = True
        elif match["post"]:
            scopes.append("post")
        elif match["catch"]:
            scopes.append("catch")
        elif match["open"]:
            scopes.append(pending)
        elif match["close"]:
            if scopes:
                scopes.pop()
        elif match["sh"]:
            steps.append(_step(text, match, name, scopes))
        elif match["image"] or (match["push"] and "docker." in text):
            steps.append(_of_docker(text, match, name, scopes))
        elif (plugin := match["plugin"]) and (plugin not in _SENDING or name_kind(name) == "deploy"):
            at = text.count("\n", 0, match.start()) + 1
            held = not {"post", "catch"} & set(scopes)
            steps.append(Step(at, name, uses=plugin, blocking=held, runs="post" not in scopes))
        if asked and len(steps) > before:
            steps[-1] = replace(steps[-1], asked=True)
    close()
    return jobs


def _of_docker(text: str, match: re.Match[str], stage: str, scopes: list[str]) -> Step:
    """A step of the plug-in for Docker (`docker.build(name, "-f Dockerfile .")`, `image.push(tag)`) as a command."""
    line = text.count("\n", 0, match.start()) + 1
    options = (match["options"] or "'.'")[1:-1]
    command = f"docker build {options}" if match["image"] else "docker push image"
    held = not {"post", "catch"} & set(scopes)
    return Step(line, stage, command, line, Shell(), blocking=held, runs="post" not in scopes)


def _step(text: str, match: re.Match[str], stage: str, scopes: list[str]) -> Step:
    body = match["body"]
    quotes = 3 if body[:3] in ("'''", '"""') else 1
    start = match.start("body") + quotes
    tolerated = "returnStatus" in match["args"] + match["after"] or "catch" in scopes
    return Step(
        text.count("\n", 0, match.start()) + 1,
        stage,
        body[quotes:-quotes],
        text.count("\n", 0, start) + 1,
        Shell(errexit=True),
        inputs={"interpolated": body[:1] == '"'},  # Groovy fills a string in double quotes
        blocking=not tolerated and "post" not in scopes,
        runs="post" not in scopes,
    )
