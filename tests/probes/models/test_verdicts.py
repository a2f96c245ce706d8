"""The labelled set: no malicious file is called safe, no benign one dangerous. And bounds, on files made to hurt."""

from __future__ import annotations

import base64
import gzip
import pickle
import subprocess
import sys
import time
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiaudit.probes.models import second_opinion
from aiaudit.probes.models.globals import classify
from aiaudit.probes.models.judgement import Judgement, Verdict
from aiaudit.probes.models.route import look
from aiaudit.probes.models.second_opinion import add_second_opinion
from aiaudit.probes.models.source import Memory
from tests.probes.models import assemble as a
from tests.probes.models.samples import Sample, benign, malicious


def told(data: bytes, name: str) -> dict[str, Any]:
    return look(Memory(data), name[name.rfind(".") :])


@pytest.mark.parametrize("sample", malicious(), ids=lambda one: f"{one.technique}: {one.name}")
def test_no_malicious_file_is_safe(sample: Sample) -> None:
    found = told(sample.data, sample.name)
    assert found.get("verdict") in ("dangerous", "review", "unknown")
    assert found["reasons"]


@pytest.mark.parametrize("sample", benign(), ids=lambda one: f"{one.technique}: {one.name}")
def test_no_benign_file_is_dangerous(sample: Sample) -> None:
    assert told(sample.data, sample.name).get("verdict") != "dangerous"


def test_how_many_are_called_by_their_name() -> None:
    """More than the promise: what strikes is called dangerous, what does no harm is safe."""
    verdicts = [told(one.data, one.name)["verdict"] for one in malicious()]
    assert verdicts.count("dangerous") >= 93
    safe = [told(one.data, one.name).get("verdict") for one in benign() if one.technique not in ("no model", "Keras")]
    assert set(safe) == {"safe"}


@pytest.mark.parametrize(
    ("module", "name", "verdict"),
    [
        ("collections", "OrderedDict", Verdict.SAFE),
        ("numpy.core.multiarray", "_reconstruct", Verdict.SAFE),
        ("numpy._core.multiarray", "scalar", Verdict.SAFE),
        ("torch._utils", "_rebuild_tensor_v2", Verdict.SAFE),
        ("sklearn.ensemble._forest", "RandomForestClassifier", Verdict.SAFE),
        ("_loss", "CyHalfBinomialLoss", Verdict.SAFE),
        ("_loss", "__pyx_unpickle_CyHalfBinomialLoss", Verdict.SAFE),
        ("_loss", "run", Verdict.DANGEROUS),
        ("sklearn.externals.joblib.parallel", "Parallel", Verdict.REVIEW),
        ("acme.models", "Churn", Verdict.REVIEW),
        ("acme.models", "run", Verdict.DANGEROUS),
        ("torch.nn.modules.linear", "Linear", Verdict.REVIEW),
        ("torch.serialization", "load", Verdict.DANGEROUS),
        ("numpy", "load", Verdict.DANGEROUS),
        ("numpy", "log1p", Verdict.SAFE),
        ("sklearn.metrics._classification", "accuracy_score", Verdict.SAFE),
        ("sklearn.metrics._regression", "root_mean_squared_error", Verdict.SAFE),
        ("sklearn.metrics._scorer", "get_scorer", Verdict.DANGEROUS),
        ("sklearn.feature_selection._univariate_selection", "f_classif", Verdict.SAFE),
        ("sklearn.datasets._base", "load_error", Verdict.DANGEROUS),
        ("torch.nn.functional", "relu", Verdict.SAFE),
        ("torch.nn.functional", "boolean_dispatch", Verdict.DANGEROUS),
        ("torch._C._nn", "gelu", Verdict.SAFE),
        ("torch.hub", "relu", Verdict.DANGEROUS),
        ("scipy.interpolate._interpolate", "interp1d", Verdict.SAFE),
        ("scipy.stats._continuous_distns", "uniform_gen", Verdict.SAFE),
        ("scipy.stats._distn_infrastructure", "instancemethod", Verdict.DANGEROUS),
        ("__builtin__", "eval", Verdict.DANGEROUS),
        ("builtins", "getattr", Verdict.DANGEROUS),
        ("ssl", "anything_at_all", Verdict.DANGEROUS),
        ("collections", "OrderedDict.fromkeys", Verdict.DANGEROUS),
        ("x" * 500, "y", Verdict.DANGEROUS),
    ],
)
def test_names(module: str, name: str, verdict: Verdict) -> None:
    assert classify(module, name) is verdict


def test_zips_that_disagree_with_themselves_are_told() -> None:
    good = a.torch_zip(a.state_dict())
    for made, words in (
        (a.with_crc(good, 1), "checksum"),
        (a.with_flag(good, 1), "encrypted"),
        (a.renamed_in_directory(good, b"archive/data.pkl", b"archive/data.txt"), "is called"),
        (good[: good.find(b"PK\x01\x02")], "no directory"),
    ):
        found = told(made, "x.pt")
        assert found["verdict"] in ("review", "unknown")
        assert any(words in one["what"] for one in found["reasons"])


def test_tricks_thought_of_after_the_set_was_frozen() -> None:
    run = a.call("os", "system", "id", number=2)
    wrapper = (
        a.proto(3) + a.glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + a.text("shape") + b"K\x40\x85"
    )
    wrapper += a.text("dtype") + a.glob("numpy", "dtype") + a.text("u1") + b"\x85Rub"
    stored = a.zipped({"archive/data.pkl": run}, 8)
    other_method = bytearray(stored)
    other_method[8:10] = b"\0\0"  # the local header says stored, the directory deflated
    getter = a.proto(3) + a.glob("operator", "attrgetter") + a.text("__self__") + b"\x85Rq\x070"
    indirect = b"h\x07" + a.glob("os", "system") + b"\x85R."
    tricks = {
        "a call of what an earlier call gave": (getter + wrapper[2:] + indirect + b"\0" * 64, "x.joblib"),
        "opcodes where joblib has an array": (wrapper + run[2:-1] + b"." + b"\0" * 64, "x.joblib"),
        "method by the directory": (bytes(other_method), "x.pt"),
        "other quotes": (a.npy('"|O"', "(1,)", run), "x.npy"),
        "escaped letters": (a.npy("'\\x7cO'", "(1,)", run), "x.npy"),
        "doubled key": (a.npy("'<f4', 'descr': '|\\x4f'", "(1,)", run), "x.npy"),
        "appended to an array": (a.zipped({"a.npy": a.npy('"|O"', "(1,)", run)}, 8), "x.npz"),
    }
    for trick, (data, name) in tricks.items():
        assert told(data, name)["verdict"] == "dangerous", trick
    escaped = a.hdf5(a.keras_model(a.keras_layer("Lambda"))).replace(b'"Lambda"', b'"\\u004cambda"')
    assert told(escaped, "x.h5")["verdict"] == "review"


def test_what_dill_calls_is_followed() -> None:
    def array(function: bytes, arguments: bytes = b"K\x00\x85C\x01b\x87") -> bytes:
        state = (
            b"(K\x01K\x01\x85"
            + a.stack_global("numpy", "dtype")
            + a.text("f8")
            + b"\x89\x88\x87R\x89C\x08"
            + b"\0" * 8
            + b"t"
        )
        made = function + a.stack_global("numpy", "ndarray") + arguments + state + b"Nt"
        return a.proto(4) + a.stack_global("dill._dill", "_create_array") + b"(" + made + b"R."

    reconstruct = a.stack_global("numpy.core.multiarray", "_reconstruct")
    load_type = a.stack_global("dill._dill", "_load_type")
    slice_of = a.proto(4) + load_type + a.text("slice") + b"\x85R" + b"K\x00K\x02N\x87R."
    assert told(array(reconstruct), "x.pkl")["verdict"] == "safe"
    assert told(slice_of, "x.dill")["verdict"] == "safe"
    code = a.proto(4) + load_type + a.text("CodeType") + b"\x85RK\x00\x85R."
    handed_on = a.proto(4) + a.stack_global("collections", "defaultdict") + load_type + b"\x85R."
    computed = a.proto(4) + load_type + load_type + a.text("slice") + b"\x85R\x85R."
    system = array(a.stack_global("os", "system"), a.text("id") + b"\x85")
    for made in (code, handed_on, computed, system, array(load_type)):
        assert told(made, "x.pkl")["verdict"] == "dangerous"
    # what it says of dill does not hide what else it says
    both = array(reconstruct)[:-1] + b"0" + a.stack_global("numpy.f2py", "run_main") + b")R."
    assert told(both, "x.pkl")["verdict"] in ("review", "dangerous")


@given(st.binary(min_size=8, max_size=8))
@example(b"\x81" + bytes(7))
@example(b"R" + bytes(7))
@example(b"b\x81\x85R" + bytes(4))
def test_numbers_that_look_like_a_call_are_numbers(number: bytes) -> None:
    """joblib before 1.2 aligned no arrays: one number in 128 begins with the byte of REDUCE or NEWOBJ."""
    wrapper = (
        a.proto(3) + a.glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + a.text("shape") + b"K\x01\x85"
    )
    wrapper += a.text("dtype") + a.glob("numpy", "dtype") + a.text("f8") + b"\x85Rub"
    model = a.proto(3) + a.glob("sklearn.linear_model._logistic", "LogisticRegression") + b")\x81}" + a.text("coef_")
    data = model + wrapper[2:] + number + b"sb."
    assert told(data, "x.joblib")["verdict"] != "dangerous"


def test_bombs_end_as_unknown_and_soon() -> None:
    start = time.process_time()
    zeros = zlib.compress(b"\x80\x04" + b"\0" * (100 * 1024 * 1024), 9)
    many = b"\x80\x04" + b"N0" * 1_500_000
    deep = a.call("os", "system", "id")
    for _ in range(6):
        deep = a.zipped({"x.zip": deep})
    for made, name in (
        (zeros, "x.joblib"),
        (a.zipped({"a/data.pkl": b"\x80\x04" + b"\0" * (80 * 1024 * 1024)}, 8), "x.pt"),
        (many, "x.pkl"),
        (deep, "x.pt"),
        (gzip.compress(zlib.compress(gzip.compress(zlib.compress(gzip.compress(b"\x80\x04N."))))), "x.pkl"),
        (b"GGUF" + b"\xff" * 40, "x.gguf"),
        (b"\x80\x04" + b"(" * 100_000 + b".", "x.pkl"),
        (a.onnx()[:-3] + b"\xff" * 40, "x.onnx"),
        ((1 << 40).to_bytes(8, "little") + b"{}", "x.safetensors"),
    ):
        assert told(made, name)["verdict"] in ("unknown", "safe" if made.startswith(b"\x80\x04(") else "unknown"), name
    assert time.process_time() - start < 20


def test_the_second_scanner_only_raises_and_its_failure_is_no_clean_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    judged, raised = Judgement(), []
    for data in (pickle.dumps([1, 2]), a.call("os", "system", "id", number=2), a.call("os", "system", "id", number=2)):
        add_second_opinion(judged, data)
        raised.append(judged.verdict)
    assert raised == [Verdict.SAFE, Verdict.REVIEW, Verdict.DANGEROUS]

    def gone() -> None:
        raise ImportError

    monkeypatch.setattr(second_opinion, "_scanner", gone)
    assert told(pickle.dumps([1, 2]), "x.pkl")["verdict"] == "unknown"


def test_sentences_in_a_file_are_no_pickles() -> None:
    """An index of documents holds whole sentences, whose letters may be opcodes by chance."""
    assert (
        told(pickle.dumps({"text": "for revenue, fee (biaya platform), total. ab"}, 4), "index.pkl")["verdict"]
        == "safe"
    )
    # A catalogue of tables: a long name may be read as base64, and what it would decode to as opcodes.
    assert told(pickle.dumps([{"table": "AgentBookingRegion"}], 4), "tables.pkl")["verdict"] == "safe"
    # LightGBM keeps its trees as text, in whose numbers pickles in hexadecimal might begin, hundreds of times.
    trees = "\n".join(f"leaf_value=0.8003{at * 7919:010d} 0.8004{at * 104729:010d}" for at in range(300))
    assert told(pickle.dumps({"model": trees}, 4), "model.pkl")["verdict"] == "safe"
    inner = a.call("os", "system", "id; id; id; id; id; id", number=2)
    for hidden in (inner, base64.b64encode(inner).decode(), inner.hex()):
        assert told(pickle.dumps({"text": hidden}, 4), "index.pkl")["verdict"] == "dangerous"


def test_text_of_a_file_is_made_printable() -> None:
    found = told(a.call("evil\x1b[31m", "run\u202e", "x"), "x.pkl")
    assert all(one["what"].isprintable() for one in found["reasons"])


def test_nothing_heavy_is_imported_without_a_pickle() -> None:
    words = "import sys, aiaudit.probes.models.files, aiaudit.probes.models.engine; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.split()
    assert "modelaudit_picklescan" not in loaded
    assert "aiaudit.probes.models.route" not in loaded
    assert "numpy" not in loaded
