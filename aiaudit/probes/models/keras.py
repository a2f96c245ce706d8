"""Keras models: what the configuration would build. A Lambda layer brings code; a foreign module is imported.

Shape of CVE-2025-1550: `config.json` names any module and function, and the loader calls it, safe mode or not.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.models.judgement import Judgement, Verdict, named
from aiaudit.probes.models.source import Source

MAX_CONFIG: Final = 64 * 1024 * 1024
_MAX_NODES: Final = 500_000
_OWN: Final = frozenset({"keras", "tensorflow", "tf_keras", "keras_nlp", "keras_cv", "keras_hub", "keras_core"})
_STEP: Final = 1 << 22
_OVERLAP: Final = 256
_LAMBDA: Final = lazy.regex(
    rb'\\?"class_name\\?"\s*:\s*\\?"(?:Lambda|__lambda__)\\?"|\\?"function_type\\?"\s*:\s*\\?"lambda'
)
_ESCAPED: Final = lazy.regex(rb"\\\\?u00[4-7][0-9a-fA-F]")  # a letter written so that no search finds it
MAX_SEARCHED: Final = 1 << 30  # bytes of an HDF5 file that are searched


def judge_config(data: bytes) -> Judgement:
    """A model's configuration as JSON: every object that it names."""
    judged = Judgement()
    try:
        config = json.loads(data)
    except (ValueError, RecursionError):
        judged.add(Verdict.UNKNOWN, "header", "the configuration is no JSON")
        return judged
    waiting, seen = [config], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > _MAX_NODES:
            judged.add(Verdict.UNKNOWN, "header", "the configuration is too large")
            break
        if isinstance(node, dict):
            if isinstance(node.get("class_name"), str):
                _judge_object(judged, node)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return judged


def _judge_object(judged: Judgement, node: dict[str, Any]) -> None:
    name, module = node["class_name"], node.get("module")
    if name in ("Lambda", "__lambda__"):
        judged.add(Verdict.DANGEROUS, "Keras Lambda", "a Lambda layer brings code of its own")
        return
    if not isinstance(module, str):
        return
    top = module.partition(".")[0]
    own = top in _OWN
    if own and not re.search(r"(?:^|\.)(?:utils|file_utils|io_utils|models_utils|get_file)(?:\.|$)", module):
        return
    whole = named(f"{module}.{name}")
    if module == "builtins" and name == "function" and isinstance(node.get("config"), str):
        judged.add(
            Verdict.REVIEW, "Keras custom object", f"names a function of the project's own: {named(node['config'])}"
        )
    elif own or top in sys.stdlib_module_names or not name[:1].isupper():
        judged.add(Verdict.DANGEROUS, "Keras foreign module", f"builds {whole}")
    else:
        judged.add(Verdict.REVIEW, "Keras custom object", f"builds {whole}")


def judge_hdf5(source: Source) -> Judgement:
    """An HDF5 file: its text is searched for Lambda layers (a heuristic: attributes are not compressed in HDF5)."""
    judged = Judgement()
    place = 0
    while place < min(source.size, MAX_SEARCHED):
        piece = source.at(place, _STEP + _OVERLAP)
        if _LAMBDA.search(piece):
            judged.add(Verdict.DANGEROUS, "Keras Lambda", "the model's configuration has a Lambda layer")
            return judged
        if b'"class_name"' in piece:
            judged.facts["framework"] = "keras"
        if b"model_config" in piece and _ESCAPED.search(piece):
            judged.add(Verdict.REVIEW, "Keras custom object", "the configuration writes letters as escapes")
        place += _STEP
    if source.size > MAX_SEARCHED:
        judged.add(Verdict.UNKNOWN, "too large", "only the first part of the file was searched")
    return judged
