"""What a pipeline takes from elsewhere and runs, and whether that is fixed: includes of GitLab, templates of Azure,
libraries of Jenkins, orbs, pipes, plugins, and the images that jobs run in. GitHub's actions: `workflows`.

Two rules hold for all systems. What others own is fixed by a commit or a digest only, since a tag can be moved; what
stands on the project's own server (another project there, a library that its Jenkins knows) is fixed by a version, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci import azure, gitlab
from aiaudit.probes.ci.jenkins import without_comments
from aiaudit.probes.ci.model import Workflow, as_list, as_map
from aiaudit.probes.config import images
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

_COMMIT: Final = lazy.regex(r"(?:^|[@#/=])[0-9a-f]{40}(?:$|[/?&])")
_VERSION: Final = lazy.regex(r"^(?:refs/tags/.+|v?\d+(?:\.\d+)*(?:[-+.]\w+)*|[0-9a-f]{7,40})$")
_RELEASE: Final = lazy.regex(r"^v?\d+\.\d+\.\d+$")  # what a registry of orbs or components never changes
_LIBRARY: Final = lazy.regex(r"@Library\s*\(\s*(?P<many>\[[^\]]*\]|value\s*=\s*\[[^\]]*\]|[\"'][^\"']+[\"'])")
_LOADED: Final = lazy.regex(r"\blibrary\s*\(?\s*(?:identifier\s*:\s*)?[\"'](?P<name>[\w./-]+(?:@[^\"']*)?)[\"']")
_QUOTED: Final = lazy.regex(r"[\"']([^\"']+)[\"']")
_DOCKER_AGENT: Final = lazy.regex(
    r"\bdocker\s*\{[^{}]*?\bimage\s+[\"'](?P<agent>[^\"']+)[\"']|\bdocker\.image\(\s*[\"'](?P<call>[^\"']+)[\"']\s*\)"
)
# Where anybody may publish; other registries are those of a vendor or of one's own.
_OPEN: Final = frozenset(
    {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "quay.io", "ghcr.io", "gcr.io"}
    | {"public.ecr.aws", "registry.gitlab.com"}
)
# Publishers whose images and parts are the system's own, as `actions/` is for GitHub.
_VENDORS: Final = {
    "github": lazy.regex(r"^(?:ghcr\.io/)?(?:actions|github)/"),
    "gitlab": lazy.regex(r"^(?:(?:registry\.gitlab\.com/)?gitlab(?:-org)?/|(?:gitlab\.com/)?components/)"),
    "azure": lazy.regex(r"^mcr\.microsoft\.com/"),
    "circleci": lazy.regex(r"^(?:cimg|circleci)/"),
    "bitbucket": lazy.regex(r"^(?:atlassian|bitbucketpipelines)/"),
    "buildkite": lazy.regex(r"^(?:[\w-]+(?:#|$)|buildkite(?:-plugins)?/)"),
    "cloudbuild": lazy.regex(r"^gcr\.io/(?:cloud-builders|google\.com|google-containers|cloud-marketplace)/|^google/"),
    "taskcluster": lazy.regex(r"^taskcluster/"),
    "jenkins": lazy.regex(r"^jenkins/"),
    "drone": lazy.regex(r"^(?:plugins|drone)/"),
    "woodpecker": lazy.regex(r"^woodpeckerci/"),
    "semaphore": lazy.regex(r"^(?:registry\.semaphoreci\.com|semaphoreci)/"),
    "cirrus": lazy.regex(r"^(?:ghcr\.io/)?cirruslabs/"),
}
_OWN: Final = lazy.regex(r"^\$(?:CI_REGISTRY(?:_IMAGE)?|\{CI_REGISTRY(?:_IMAGE)?\})(?=[/:]|$)")
_VARIABLE: Final = lazy.regex(r"\$\{?(\w+)\}?")
_DEEPEST: Final = 12


class Borrowed(Struct, frozen=True):
    """Something from elsewhere: its place, its name with its version, what it is (`kind`), and how far it is fixed."""

    path: str
    line: int
    uses: str
    kind: str
    pinned: bool
    official: bool = False
    local: bool = False

    def record(self) -> dict[str, Any]:
        """As `ci.workflows` gives it."""
        owner = "" if self.local else re.split(r"[/@#:]", self.uses.removeprefix("https://"), maxsplit=1)[0]
        return {
            "path": self.path,
            "line": self.line,
            "uses": self.uses,
            "kind": self.kind,
            "owner": owner,
            "pinned": self.pinned or self.local,
            "official": self.official,
            "local": self.local,
        }


def borrowed(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    """What a pipeline of any system but GitHub's takes from elsewhere; of GitHub's the images of its jobs."""
    read = _READERS.get(workflow.system)
    if read is not None:
        yield from read(workflow, files)


def image_of(
    system: str, path: str, line: int, named: Any, variables: Mapping[str, Any] | None = None
) -> Iterator[Borrowed]:
    """The image that a job runs in. None where its name is put together from what is not known here."""
    given = named.get("name") or named.get("image") if isinstance(named, Mapping) else named
    name = _VARIABLE.sub(lambda hit: str((variables or {}).get(hit.group(1), hit.group())), str(given or "")).strip()
    own = _OWN.match(name) is not None
    image = images.parse(name.removeprefix("docker://"))
    if not own and (image is None or "$" in name):
        return
    vendor = image is not None and bool(_VENDORS[system].match(image.name))
    yield Borrowed(
        path,
        line,
        name,
        "image",
        bool(image and image.digest),
        official=vendor or (image is not None and "/" not in _short(image.name)),
        local=own or (image is not None and not vendor and _host(image.name) not in _OPEN | {""}),
    )


def _host(name: str) -> str:
    """The registry that an image names; "" where it names none."""
    first, _, rest = name.partition("/")
    return first if rest and ("." in first or ":" in first or first == "localhost") else ""


def _short(name: str) -> str:
    """The name without Docker Hub's own parts: an official image of it has no owner."""
    return re.sub(r"^(?:(?:index\.|registry-1\.)?docker\.io/)?(?:library/)?", "", name)


def _gitlab(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    path, (_, data) = workflow.path, gitlab.documents(files, workflow.path)
    variables = {key: as_map(one).get("value", one) for key, one in as_map(data.get("variables")).items()}
    yield from _includes(path, data)
    for key, value in [("", data), *data.items()]:
        job = as_map(value)
        if key and (key in gitlab.KEYWORDS - {"default"} or not job):
            continue
        if job.get("image"):
            known = {**variables, **as_map(job.get("variables"))}
            yield from image_of("gitlab", path, line_of(job, "image") or 1, job["image"], known)
        if key:
            yield from _includes(path, as_map(job.get("trigger")))


def _includes(path: str, holder: Mapping[str, Any]) -> Iterator[Borrowed]:
    listed = holder.get("include")
    for index, item in enumerate(as_list(listed)):
        entry = as_map(item)
        line = (line_of(listed, index) if isinstance(listed, list) else None) or line_of(holder, "include") or 1
        remote = item if isinstance(item, str) and "://" in item else entry.get("remote")
        if isinstance(remote, str):
            fixed = bool(entry.get("integrity") or _COMMIT.search(remote))
            own = remote.startswith("https://gitlab.com/gitlab-org/")
            yield Borrowed(path, line, remote, "include", fixed, official=own)
        elif isinstance(entry.get("project"), str):
            name, ref = str(entry["project"]), str(entry.get("ref") or "")
            told = f"{name}@{ref}" if ref else name
            yield Borrowed(
                path, line, told, "include", bool(_VERSION.match(ref)), official=name.startswith("gitlab-org/")
            )
        elif isinstance(entry.get("component"), str):
            name, _, version = str(entry["component"]).partition("@")
            fixed = bool(_RELEASE.match(version) or _COMMIT.search(f"@{version}"))
            official = bool(_VENDORS["gitlab"].match(name) or re.match(r"\$CI_SERVER_(?:FQDN|HOST)/components/", name))
            yield Borrowed(path, line, str(entry["component"]), "include", fixed, official=official)


def _azure(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    path, data = workflow.path, as_map(workflow.data)
    resources = as_map(data.get("resources"))
    for index, item in enumerate(as_list(resources.get("repositories"))):
        entry = as_map(item)
        alias, ref = str(entry.get("repository") or ""), str(entry.get("ref") or "")
        texts = (files.text(one.path) or "" for one in files.matching(azure.GLOBS))
        if alias and any(re.search(rf"template:\s*['\"]?[^\s'\"]+@{re.escape(alias)}\b", text) for text in texts):
            line = line_of(resources["repositories"], index) or 1
            name = str(entry.get("name") or alias)
            yield Borrowed(path, line, f"{name}@{ref}" if ref else name, "template", bool(_VERSION.match(ref)))
    for index, item in enumerate(as_list(resources.get("containers"))):
        line = line_of(resources["containers"], index) or 1
        yield from image_of("azure", path, line, as_map(item).get("image"))
    aliases = {str(as_map(item).get("container")) for item in as_list(resources.get("containers"))}
    for holder in _maps(data, 0):
        named = as_map(holder.get("container")).get("image") or holder.get("container")
        if isinstance(named, str) and named not in aliases and holder is not resources and "image" not in holder:
            yield from image_of("azure", path, line_of(holder, "container") or 1, named)


def _maps(node: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """All mappings of a document."""
    if depth > _DEEPEST:
        return
    if isinstance(node, Mapping):
        yield node
    for inner in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _maps(inner, depth + 1)


def _jenkins(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    text = without_comments(files.text(workflow.path) or "")
    named = [(hit.start(), name) for hit in _LIBRARY.finditer(text) for name in _QUOTED.findall(hit["many"])]
    named += [(hit.start(), hit["name"]) for hit in _LOADED.finditer(text)]
    for start, name in named:
        version = name.partition("@")[2]
        yield Borrowed(workflow.path, _line(text, start), name, "library", bool(_VERSION.match(version)))
    for hit in _DOCKER_AGENT.finditer(text):
        yield from image_of("jenkins", workflow.path, _line(text, hit.end()), hit["agent"] or hit["call"])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _circle(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    path, data = workflow.path, as_map(workflow.data)
    orbs = as_map(data.get("orbs"))
    for key, value in orbs.items():
        if isinstance(value, str):
            name, _, version = value.partition("@")
            official = name.startswith("circleci/")
            yield Borrowed(
                path, line_of(orbs, key) or 1, value, "orb", bool(_RELEASE.match(version)), official=official
            )
    for group in ("executors", "jobs"):
        for value in as_map(data.get(group)).values():
            first = as_map(next(iter(as_list(as_map(value).get("docker"))), None))
            yield from image_of("circleci", path, line_of(first, "image") or line_of(value, "docker") or 1, first)


def _bitbucket(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    path, data = workflow.path, as_map(workflow.data)
    for holder in _maps(data, 0):
        if isinstance(holder.get("pipe"), str):
            name, line = str(holder["pipe"]), line_of(holder, "pipe") or 1
            if name.startswith("docker://"):
                yield from image_of("bitbucket", path, line, name.removeprefix("docker://"))
            else:
                official = bool(_VENDORS["bitbucket"].match(name))
                yield Borrowed(path, line, name, "pipe", bool(_COMMIT.search(name)), official=official)
        if "image" in holder and (holder is data or "script" in holder):
            yield from image_of("bitbucket", path, line_of(holder, "image") or 1, holder["image"])


def _buildkite(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    for holder in _maps(workflow.data, 0):
        listed = holder.get("plugins")
        for index, item in enumerate(
            listed if isinstance(listed, list) else [listed] if isinstance(listed, Mapping) else ()
        ):
            line = line_of(listed, index) if isinstance(listed, list) else line_of(holder, "plugins")
            for name, given in [(item, None)] if isinstance(item, str) else as_map(item).items():
                local = str(name).startswith(("./", "../"))
                official = bool(_VENDORS["buildkite"].match(str(name)))
                fixed = bool(_COMMIT.search(str(name)))
                yield Borrowed(workflow.path, line or 1, str(name), "plugin", fixed, official=official, local=local)
                image = as_map(given).get("image")
                if isinstance(image, str):
                    yield from image_of("buildkite", workflow.path, line_of(given, "image") or line or 1, image)


def _cloudbuild(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    for job in workflow.jobs:
        for step in job.steps:
            yield from image_of("cloudbuild", workflow.path, step.line, step.image)


def _drone(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    """The images of steps, plug-ins among them; of services those that they run beside."""
    for job in workflow.jobs:
        for step in job.steps:
            yield from image_of(workflow.system, workflow.path, step.line, step.image)


def _containers(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    """Images that stand as `image` in a container of a task, or of an agent."""
    for holder in _maps(workflow.data, 0):
        for key in ("container", "containers"):
            for one in map(as_map, as_list(holder.get(key))):
                if isinstance(one.get("image"), str):
                    yield from image_of(workflow.system, workflow.path, line_of(one, "image") or 1, one["image"])


def _taskcluster(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    for holder in _maps(workflow.data, -_DEEPEST):
        payload = as_map(holder.get("payload"))
        if isinstance(payload.get("image"), str):
            yield from image_of("taskcluster", workflow.path, line_of(payload, "image") or 1, payload["image"])


def _github(workflow: Workflow, files: Files) -> Iterator[Borrowed]:
    for value in as_map(as_map(workflow.data).get("jobs")).values():
        job = as_map(value)
        if job.get("container"):
            named = job["container"]
            line = line_of(named, "image") if isinstance(named, Mapping) else line_of(job, "container")
            if "${{" not in str(named if isinstance(named, str) else as_map(named).get("image")):
                yield from image_of("github", workflow.path, line or 1, named)


_READERS: Final = {
    "gitlab": _gitlab,
    "azure": _azure,
    "jenkins": _jenkins,
    "circleci": _circle,
    "bitbucket": _bitbucket,
    "buildkite": _buildkite,
    "cloudbuild": _cloudbuild,
    "taskcluster": _taskcluster,
    "drone": _drone,
    "woodpecker": _drone,
    "semaphore": _containers,
    "cirrus": _containers,
    "github": _github,
}
