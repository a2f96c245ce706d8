"""A model's figures, whatever they were read from: a count, the words of a `config.json`, or the size of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity import weights
from aiaudit.capacity.architecture import Architecture, Parameters, parameters
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.encoder import Encoder, encoder_from_config
from aiaudit.capacity.index import tree_memory
from aiaudit.capacity.model_config import NotAnArchitecture, from_config
from aiaudit.capacity.published import said_dtype
from aiaudit.capacity.tables import UnknownName, WeightFormat, weight_format
from aiaudit.capacity.terms import Term

_HALVES: Final = ("vllm", "sglang")  # their `--dtype auto` loads 32-bit weights in 16 bits


class NoModel(Exception):  # noqa: N818
    """The model's figures cannot be had. The text says why, and what would help."""


class Model(Struct, frozen=True):
    """A model's figures. `weights`: bytes of the whole model; `shape` is None where nothing tells it."""

    name: str
    weights: Term
    form: WeightFormat
    shape: Architecture | None = None
    count: Parameters | None = None
    encoder: Encoder | None = None  # of a model that embeds or classifies
    classical: bool = False  # no language model: trees, a regression or the like, told by its file's size
    exact: bool = True  # weights do not follow from `form`: a header counted them
    notes: tuple[str, ...] = ()

    def quantised(self, form: WeightFormat, engine: str) -> Model:
        """The same model in another weight format, by the formula."""
        if self.count is None:
            bits = self.form.whole or self.form.linear
            factor = (form.whole or form.linear) / bits
            return replace(self, form=form, weights=self.weights.times(factor, f"× {factor:.3g}"), exact=False)
        term = weights.from_shape(self.count, form, f"{self.name} in {form.name}", engine=engine)
        return replace(self, form=form, weights=term, exact=False)


def of_file(path: str, size: int, what: str) -> Model:
    """A classical model by the size of its file. `what`: how the size is known."""
    note = f"{path}: one to three times {what} is taken"
    name = PurePosixPath(path).name
    return Model(name, tree_memory(size, path), form_of("fp32"), classical=True, notes=(note,))


def form_of(name: str) -> WeightFormat:
    """The weight format of this name. Raises `NoModel`."""
    try:
        return weight_format(name)
    except UnknownName as error:
        raise NoModel(str(error)) from None


def counted(count: float, form: WeightFormat, provenance: str) -> Model:
    """A model of which only the number of parameters is known."""
    rounded = f"{count:.0f}".rstrip("0") != "" and len(f"{count:.0f}".rstrip("0")) <= 3
    note = "only a number of parameters is known: the cache and the speed cannot be told"
    return Model(f"{count / 1e9:g}B", weights.from_count(count, form, provenance, rounded=rounded), form, notes=(note,))


def of_config(
    config: Mapping[str, Any], name: str, provenance: str, asked: str, engine: str, assumed: Assumptions
) -> Model:
    """A model by the formula over the words of its config.json. Raises `NoModel`."""
    if (encoder := encoder_from_config(config)) is not None:
        form = _published(config, provenance, asked, "", assumed)
        size = encoder.parameters * form.linear / 8
        text = f"{encoder.parameters:,} parameters × {form.linear:g} bits / 8"
        return Model(name, Term.exact("weights", size, text, provenance), form, encoder=encoder)
    try:
        shape = from_config(config)
    except NotAnArchitecture as error:
        raise NoModel(f"{provenance}: {error}") from None
    count = parameters(shape)
    form = _published(config, provenance, asked, engine, assumed)
    return Model(
        name,
        weights.from_shape(count, form, provenance, engine=engine),
        form,
        shape,
        count,
        exact=False,
        notes=shape.notes,
    )


def _published(
    config: Mapping[str, Any], provenance: str, asked: str, engine: str, assumed: Assumptions
) -> WeightFormat:
    """The asked format, else the one that config.json tells. `engine`: of a decoder; empty for an encoder."""
    said = asked or said_dtype(config) or str(assumed.take("model.weights.dtype", None))
    try:
        form = weight_format(said)
    except UnknownName as error:
        if asked:
            raise NoModel(str(error)) from None
        told = f"the quantisation that it names ({said}) is not one that is known; set workload.model.weights.dtype"
        raise NoModel(f"{provenance}: {told}") from None
    if form.name == "fp32" and not asked and engine in _HALVES:
        assumed.note("model.weights.dtype", "bf16", f"{engine} loads a 32-bit checkpoint in 16 bits, unless it is told")
        return weight_format("bf16")
    return form


def weighed(config: Mapping[str, Any] | None, term: Term, path: str, asked: str, assumed: Assumptions) -> Model:
    """A model whose bytes are known, and its shape where a config.json stands beside it."""
    try:  # the bytes are known: the format decides the speed alone
        form = weight_format(asked or (said_dtype(config) if config else ""))
    except UnknownName:
        form = form_of(asked or str(assumed.take("model.weights.dtype", None)))
    name = PurePosixPath(path).parent.name or PurePosixPath(path).name
    if config is None:
        note = f"no config.json beside {path}: the cache and the speed cannot be told"
        return Model(name, term, form, notes=(note,))
    if (encoder := encoder_from_config(config)) is not None:
        return Model(name, term, form, encoder=encoder)
    try:
        shape = from_config(config)
    except NotAnArchitecture as error:
        return Model(name, term, form, notes=(f"config.json beside {path}: {error}",))
    return Model(name, term, form, shape, parameters(shape), notes=shape.notes)
