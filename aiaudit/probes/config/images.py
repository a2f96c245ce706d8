"""What an image reference says: how exactly it is pinned, and which user its image runs as by default."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.words import word_set

Pin = Literal["digest", "exact", "partial", "latest"]

_REFERENCE: Final = lazy.regex(
    r"^(?P<name>(?:[\w.-]+(?::\d+)?/)?(?:[\w.-]+/)*[\w.-]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha\d+:[0-9a-fA-F]{32,}))?$"
)
# PostgreSQL has had two numbers, and no third, since its version 10.
_POSTGRES_RELEASE: Final = lazy.regex(r"^[1-9]\d\.\d+(?:-|$)")
# NVIDIA numbers its monthly releases by year and month, and leaves each as it is.
_NVIDIA: Final = "nvcr.io/nvidia/"
_NVIDIA_RELEASE: Final = lazy.regex(r"^\d\d\.\d\d(?:-|$)")
_EXACT_TAG: Final = lazy.regex(
    r"(?<![\d.])v?\d+\.\d+\.\d+|(?<!\d)20\d{6}(?!\d)|(?<![0-9a-f])[0-9a-f]{12,40}(?![0-9a-f])"
)

# Official and widely used images, by the last parts of their names, whose default user was read in their Dockerfiles.
_ROOT: Final = word_set(
    "python node ubuntu debian alpine golang rust ruby php openjdk eclipse-temurin amazoncorretto busybox",
    "scratch bash fedora centos rockylinux almalinux amazonlinux nginx httpd redis postgres mysql mariadb",
    "mongo nvidia/cuda pytorch/pytorch tensorflow/tensorflow continuumio/miniconda3 continuumio/anaconda3",
    "astral-sh/uv oven/bun denoland/deno nvidia/pytorch nvidia/tensorflow nvidia/tritonserver",
    "nvidia/tensorrt nvidia/deepstream nvidia/l4t-base nvidia/l4t-pytorch nvidia/l4t-tensorrt nvidia/nemo",
    "vllm/vllm-openai ollama/ollama mlflow/mlflow tiangolo/uvicorn-gunicorn-fastapi",
    "tiangolo/uvicorn-gunicorn huggingface/transformers-pytorch-gpu",
    "buildpack-deps gradle maven docker dotnet/sdk dotnet/aspnet ubi8/ubi ubi9/ubi ubi9/ubi-minimal",
    "devcontainers/python playwright/python",
)
_NON_ROOT: Final = word_set(
    "apache/airflow prom/prometheus prom/alertmanager grafana/grafana grafana/loki",
    "nginxinc/nginx-unprivileged mambaorg/micromamba jupyter/base-notebook jupyter/minimal-notebook",
    "jupyter/scipy-notebook jupyter/datascience-notebook jupyter/tensorflow-notebook",
    "jupyter/pytorch-notebook elasticsearch/elasticsearch ubi9/python-311 ubi9/python-312 ubi8/python-39",
    "chainguard/python chainguard/node",
    # AWS Lambda runs a function as a user without rights of its own, whatever its image says.
    "lambda/python lambda/nodejs lambda/java lambda/dotnet lambda/ruby lambda/provided",
)

# Official images whose entrypoint begins as root and starts the server as its own user.
_STEPS_DOWN: Final = word_set(
    "redis valkey/valkey postgres pgvector/pgvector postgis/postgis mysql mariadb mongo rabbitmq memcached"
)


class Image(Struct, frozen=True):
    """A parsed reference: `ghcr.io/org/app:1.2@sha256:…`."""

    name: str
    tag: str
    digest: str

    @property
    def pin(self) -> Pin:
        """`exact`: three numbers, a date or a hash in the tag; `partial`: another tag; `latest`: none, or latest."""
        if self.digest:
            return "digest"
        if self.tag in ("", "latest"):
            return "latest"
        if self.short == "postgres" and _POSTGRES_RELEASE.search(self.tag):
            return "exact"
        if self.name.lower().startswith(_NVIDIA) and _NVIDIA_RELEASE.search(self.tag):
            return "exact"
        return "exact" if _EXACT_TAG.search(self.tag) else "partial"

    @property
    def short(self) -> str:
        """The name without a registry, `library/` or other leading parts: at most two parts."""
        official = self.name.lower().rpartition("/library/")[2]  # also behind a mirror of Docker Hub
        parts = [part for part in official.split("/") if part != "library"]
        if len(parts) > 1 and (any(mark in parts[0] for mark in ".:") or parts[0] == "localhost"):
            parts = parts[1:]
        return "/".join(parts[-2:])

    @property
    def steps_down(self) -> bool:
        """Whether the image's own entrypoint gives root up before it starts the server."""
        return self.short in _STEPS_DOWN

    def default_root(self) -> bool | None:
        """Whether the image runs as root where nothing else is said; None where that is not known."""
        if "nonroot" in self.tag or "rootless" in self.tag or self.name.startswith(("bitnami/", "cgr.dev/chainguard/")):
            return False
        if self.short in _NON_ROOT:
            return False
        return True if self.short in _ROOT or self.short.rpartition("/")[2] in _ROOT & {"uv"} else None


def parse(reference: str) -> Image | None:
    """The image that a reference names; None where it is not one (a template, for example)."""
    reference = reference.strip()
    match = _REFERENCE.match(reference) if len(reference) < 512 else None
    if match is None and "@sha256:" in reference[:512]:  # one that stands for a digest and is none, and pins nothing
        match = _REFERENCE.match(reference[:512].partition("@")[0])
    return Image(match["name"], match["tag"] or "", match["digest"] or "") if match else None


def is_root(user: str) -> bool:
    """Whether a `USER` value is the super-user."""
    name = user.partition(":")[0].strip().strip("\"'")
    return name in ("root", "0", "")
