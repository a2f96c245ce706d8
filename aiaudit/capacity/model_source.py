"""A model's figures from where the workload points: a file of the project, a preset's name, or a plain count.

The best source wins: the sum of the tensors in a header, then an index's own total, then the formula over config.json,
then a count. All reads are guarded; a figure that is not there is told, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from aiaudit import lazy
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.model import Model, NoModel, counted, form_of, of_config, of_file
from aiaudit.capacity.model_files import from_tree, size_of
from aiaudit.capacity.published import named_dtype
from aiaudit.capacity.tables import table
from aiaudit.project.reader import Reader
from aiaudit.project.workload import ModelSourcePart

_TUNED: Final = lazy.regex(
    r"-(?:instruct|chat|it|hf|base|v\d+(?:\.\d+)?|\d{4}|thinking|distill|awq|gptq|fp8|[mn][xv]fp4|fp4|int[48]|w\da\d+"
    r"|bf16|quantized|bnb|unsloth|dynamic)\b.*$"
)

_FAMILY: Final = lazy.regex(r"^(llama|gemma|phi)(\d)")
_PACKED: Final = lazy.regex(r"-(?:i?q\d.*|fp16|bf16|f16)$")
_SIZE: Final = lazy.regex(r"-\d+(?:\.\d+)?b\b")


def resolve(part: ModelSourcePart | None, reader: Reader | None, engine: str, assumed: Assumptions) -> Model:
    """The model that the workload names. Raises `NoModel`."""
    if part is None or not (part.source or part.preset or part.gguf or part.params or part.file_mb):
        raise NoModel("the workload names no model: set workload.model.source to its config.json, a file or a preset")
    asked = part.weights.dtype
    named = part.gguf or part.source
    if part.kind == "classical" or part.file_mb is not None:
        return _classical(part, reader, named)
    if part.preset:
        return _preset(part.preset, asked, engine, assumed)
    if not named:
        form = form_of(asked or str(assumed.take("model.weights.dtype", None)))
        return counted(part.params or 0.0, form, "workload.model.params")
    path = _inside(named)
    if path is not None and reader is not None and (found := from_tree(reader, path, asked, engine, assumed)):
        return found
    try:
        return _preset(named, asked, engine, assumed)
    except NoModel:
        if part.params:
            form = form_of(asked or str(assumed.take("model.weights.dtype", None)))
            return counted(part.params, form, "workload.model.params")
        raise


def _classical(part: ModelSourcePart, reader: Reader | None, named: str) -> Model:
    """By the size of its file; by the declared size where the file is built and not kept."""
    path = _inside(named) if named else None
    size = size_of(reader, path) if path is not None and reader is not None else None
    if size is not None:
        return of_file(path or named, size, "the size of the file")
    if part.file_mb is None:
        raise NoModel(f"there is no file {named!r}: set workload.model.file_mb to its size where it is built elsewhere")
    return of_file(named or "model", round(part.file_mb * 1e6), "the declared size of the file")


def _inside(text: str) -> str | None:
    """A path below the root, or None."""
    path = PurePosixPath(text.removeprefix("./") or ".")
    return None if path.is_absolute() or ".." in path.parts else str(path)


def preset_named(name: str) -> tuple[str, Mapping[str, Any]] | None:
    """The preset of a name as people or hubs write it (`meta-llama/Llama-3.1-8B-Instruct`), or None."""
    rows: Mapping[str, Any] = table("models")["models"]
    word = name.rsplit("/", 1)[-1].lower().replace("_", "-").removeprefix("meta-")
    if ":" in word:  # a tag of Ollama's: llama3.1:8b-instruct-q4_K_M
        word = _FAMILY.sub(r"\1-\2", _PACKED.sub("", word).replace(":", "-"))
    other = {str(name): key for key, row in rows.items() for name in row.get("also", ())}
    plain = _TUNED.sub("", word)
    if _SIZE.search(word[len(plain) :]):  # `…-R1-0528-Qwen3-8B` is a model of its own
        plain = word
    for wanted in (word, word.replace("-instruct", ""), plain):
        if (key := other.get(wanted, wanted)) in rows:
            return key, rows[key]
    return None


def _preset(name: str, asked: str, engine: str, assumed: Assumptions) -> Model:
    found = preset_named(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name.rsplit("/", 1)[-1].lower(), list(table("models")["models"]), n=3, cutoff=0.5)
        hint = (
            f"; near: {', '.join(near)}" if near else "; its config.json in the project, or model.params, would tell it"
        )
        raise NoModel(f"there is no file and no preset {name!r}{hint}")
    form = asked or named_dtype(name)
    if form and not asked:
        assumed.note("model.weights.dtype", form, "as the model's name has it")
    elif not form and "dtype" in found[1]:
        form = str(found[1]["dtype"])
        assumed.note("model.weights.dtype", form, f"as {found[0]} is published")
    elif not form and ":" in name:
        form = "gguf:Q4_K_M"
        assumed.note("model.weights.dtype", form, "as Ollama keeps what a tag names no format for")
    return of_config(found[1]["config"], found[0], f"preset {found[0]}", form, engine, assumed)
