"""A labelled set of model files, frozen before the rules were tuned on it: what each holds, and how it would strike.

A malicious sample must never be called safe, a benign one never dangerous. All are built byte by byte.
"""

from __future__ import annotations

import base64
import bz2
import datetime as dt
import decimal
import gzip
import io
import lzma
import pickle
import tarfile
import zlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

import numpy as np

from tests.probes.models import assemble as a

RUN = a.call("os", "system", "id", number=2)
RUN_4 = a.call("posix", "system", "id")


@dataclass(frozen=True)
class Sample:
    """`name`: the file's name. `technique`: how it strikes, or what it is. `malicious`: the label."""

    name: str
    technique: str
    malicious: bool
    data: bytes


def _tar(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def malicious() -> list[Sample]:
    made: list[Sample] = []

    def add(technique: str, **files: bytes) -> None:
        made.extend(Sample(n.replace("__", "."), technique, True, content) for n, content in files.items())

    add(
        "plain call",
        system0__pkl=a.call("os", "system", "id", number=0),
        system2__pkl=RUN,
        system4__pkl=RUN_4,
        eval3__pkl=a.call("builtins", "eval", "1+1", number=3),
        exec2__pkl=a.call("__builtin__", "exec", "x=1", number=2),
        popen4__joblib=a.call("subprocess", "Popen", "id"),
        nt4__dill=a.call("nt", "system", "calc"),
    )
    bypasses = {
        "importlib": ("importlib", "import_module", "payload"),
        "runpy": ("runpy", "_run_code", "x"),
        "marshal": ("marshal", "loads", "x"),
        "pip": ("pip", "main", "install"),
        "logconfig": ("logging.config", "_resolve", "os.system"),
        "asyncio": ("asyncio.unix_events", "_UnixSubprocessTransport._start", "id"),
        "timeit": ("timeit", "timeit", "1"),
        "webbrowser": ("webbrowser", "open", "http://x"),
        "hub": ("torch.hub", "load", "someone/repo"),
        "runstring": ("numpy.testing._private.utils", "runstring", "x"),
        "f2py": ("numpy.f2py.crackfortran", "myeval", "x"),
        "cprofile": ("cProfile", "run", "x"),
        "pydoc": ("pydoc", "pipepager", "x"),
        "idle": ("idlelib.run", "Executive.runcode", "x"),
        "torchutil": ("torch.utils.collect_env", "run", "id"),
        "pandaseval": ("pandas.core.computation.eval", "eval", "x"),
        "private": ("totally_private_package.tools", "run_it", "x"),
        "ensurepip": ("ensurepip._uninstall", "_main", "x"),
        "doctest": ("doctest", "debug_script", "x"),
        "code": ("code", "InteractiveInterpreter", "x"),
    }
    add("bypass global", **{f"{name}__pkl": a.call(*given) for name, given in bypasses.items()})
    in_memo = a.proto(4) + a.text("os") + b"\x94" + a.text("system") + b"\x94" + b"00" + b"h\x00h\x01" + a.STACK_GLOBAL
    computed = a.proto(4) + a.stack_global("numpy", "prod") + a.text("os") + a.TUPLE1 + a.REDUCE + b"\x94"
    fetched = a.proto(4) + a.stack_global("builtins", "getattr") + a.stack_global("os", "path") + a.text("x")
    add(
        "memo and computed names",
        memo__pkl=in_memo + a.text("id") + a.TUPLE1 + a.REDUCE + a.STOP,
        dup__pkl=a.proto(4) + a.text("os") + a.text("system") + a.STACK_GLOBAL + b"2" + a.text("id") + b"\x85R.",
        computed__pkl=computed + a.text("system") + a.STACK_GLOBAL + a.text("id") + a.TUPLE1 + a.REDUCE + a.STOP,
        getattr__pkl=fetched + a.TUPLE2 + a.REDUCE + a.text("id") + a.TUPLE1 + a.REDUCE + a.STOP,
        long_put__pkl=a.proto(2) + a.glob("os", "system") + b"r\x00\x01\x00\x000" + b"j\x00\x01\x00\x00(U\x02idtR.",
    )
    torch_bytes = a.proto(2) + a.glob("torch.storage", "_load_from_bytes") + a.data(RUN) + a.TUPLE1 + a.REDUCE + a.STOP
    add(
        "nested pickle",
        bytes__pkl=a.proto(4) + a.stack_global("_pickle", "loads") + a.data(RUN_4) + a.TUPLE1 + a.REDUCE + a.STOP,
        hidden__pkl=a.proto(3) + b"}" + a.text("blob") + a.data(RUN) + b"s.",
        storage__pt=torch_bytes,
        base64__pkl=a.call("pickle", "loads", base64.b64encode(RUN).decode()),
        second__pkl=pickle.dumps({"a": 1}, 2) + RUN,
    )
    add(
        "other opcodes",
        inst__pkl=b"(S'id'\nios\nsystem\n.",
        obj__pkl=a.proto(2) + b"(" + a.glob("os", "system") + a.text("id") + a.OBJ + a.STOP,
        newobj__pkl=a.proto(2) + a.glob("subprocess", "Popen") + a.text("id") + a.TUPLE1 + a.NEWOBJ + a.STOP,
        newobj_ex__pkl=a.proto(4) + a.stack_global("subprocess", "Popen") + a.text("id") + b"\x85}" + b"\x92.",
        build__pkl=a.proto(2)
        + a.glob("argparse", "Namespace")
        + b"}"
        + a.text("__init__")
        + a.glob("os", "system")
        + b"sb.",
        poison__pkl=a.proto(2) + a.glob("collections", "OrderedDict") + b"}" + a.text("__new__") + b"Nsb.",
        extension__pkl=a.proto(2) + b"\x82\x05)R.",
    )
    add(
        "compressed",
        zlib__joblib=zlib.compress(RUN),
        gzip__joblib=gzip.compress(RUN, mtime=0),
        bz2__joblib=bz2.compress(RUN),
        xz__joblib=lzma.compress(RUN),
        lzma__joblib=lzma.compress(RUN, format=lzma.FORMAT_ALONE),
        twice__pkl=gzip.compress(zlib.compress(RUN_4), mtime=0),
    )
    bad = a.torch_zip(RUN)
    add(
        "torch zip",
        plain__pt=bad,
        crc__pt=a.with_crc(bad, 0x12345678),
        flag__pt=a.with_flag(bad, 1),
        name__pt=a.renamed_in_directory(bad, b"archive/data.pkl", b"archive/data.txt"),
        headless__pt=bad[: bad.find(b"PK\x01\x02")],
        prefixed__pt=b"\x7fELF" + b"\0" * 60 + bad,
        deflated__pth=a.zipped({"x/data.pkl": RUN}, 8),
        inner__pt=a.zipped({"outer/model.zip": bad}, 8),
        otherwise__pt=a.zipped({"archive/data.pkl": a.state_dict(), "archive/extra.txt": RUN_4}),
    )
    add(
        "disguise",
        model__bin=RUN,
        notes__txt=RUN_4,
        notes0__txt=a.call("os", "system", "id", number=0),
        model__safetensors=RUN_4,
        model__onnx=a.call("builtins", "exec", "x=1", number=2),
        array__npy=RUN,
        config__json=RUN_4,
        weights__h5=RUN_4,
        weights__gguf=bad,
        vocab__dat=zlib.compress(RUN_4),
    )
    add(
        "broken stream",
        cut__pkl=RUN[:-1],
        garbage__pkl=RUN[:-1] + b"\xff\xfe\xfd",
        underflow__pkl=RUN[:-1] + b"RRRR.",
        text_error__pkl=RUN[:-1] + b"\x8c\x05\xff\xfe\xfd\xfc\xfb.",
        cut_zip__pt=bad[: bad.find(b"archive/byteorder")],
    )
    objects = a.npy("'|O'", "(1,)", RUN_4)
    add(
        "numpy objects",
        objects__npy=objects,
        objects__npz=a.zipped({"arr_0.npy": objects}),
        packed__npz=a.zipped({"arr_0.npy": objects}, 8),
        fields__npy=a.npy("[('a', '<f4'), ('b', '|O')]", "(1,)", RUN_4),
    )
    code = base64.b64encode(b"\xe3" + b"\0" * 40).decode()
    lambda_layer = a.keras_layer("Lambda", function=[code, None, None])
    lambda_3 = a.keras_layer(
        "Lambda", function={"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    )
    foreign = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    add(
        "Keras",
        code__h5=a.hdf5(a.keras_model(lambda_layer)),
        code__keras=a.keras_zip(a.keras_model(lambda_3)),
        foreign__keras=a.keras_zip(a.keras_model(foreign)),
        popen__keras=a.keras_zip(a.keras_model(a.keras_layer("Popen", "subprocess", args=["id"]))),
        inside__keras=a.keras_zip(
            a.keras_model(a.keras_layer("Dense", activation={"module": "builtins", "class_name": "eval", "config": {}}))
        ),
    )
    add(
        "ONNX external data",
        absolute__onnx=a.onnx("/etc/passwd"),
        traversal__onnx=a.onnx("../../../../etc/shadow"),
        hidden_traversal__onnx=a.onnx("weights/../../../home/x/.ssh/id_rsa"),
        windows__onnx=a.onnx("C:\\Windows\\win.ini"),
    )
    add(
        "GGUF template",
        ssti__gguf=a.gguf("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
        attr__gguf=a.gguf("{% set x = messages|attr('__class'~'__') %}{{ x }}"),
        globals__gguf=a.gguf("{{ cycler.__init__.__globals__.os.popen('id').read() }}"),
        split__gguf=a.gguf("{{ messages['_' + '_class_' + '_'] }}{{ lipsum['__glo' 'bals__'] }}"),
    )
    add(
        "other archives",
        legacy__pt=_tar({"sys_info": b"(dp0\n.", "pickle": RUN, "storages": b"", "tensors": b""}),
        legacy2__pth=a.legacy_torch(RUN),
        script__pt=a.zipped(
            {
                "m/constants.pkl": a.proto(2) + b").",
                "m/data.pkl": a.proto(2) + b").",
                "m/code/__torch__.py": b'class M(Module):\n  def forward(self, x):\n    torch.save(x, "/etc/cron.d/x")\n',
            }
        ),
        packed__7z=b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x11" * 64,
        packed__rar=b"Rar!\x1a\x07\x01\x00" + b"\x11" * 64,
    )
    return made


def benign() -> list[Sample]:
    made: list[Sample] = []

    def add(technique: str, **files: bytes) -> None:
        made.extend(Sample(n.replace("__", "."), technique, False, content) for n, content in files.items())

    array = np.arange(12, dtype=np.float64).reshape(3, 4)
    estimator = (
        a.proto(4) + a.stack_global("sklearn.linear_model._logistic", "LogisticRegression") + b")\x81}(" + a.text("C")
    )
    estimator += b"G?\xf0\0\0\0\0\0\0" + a.text("coef_") + pickle.dumps(array, 4)[2:-1]
    older = (
        a.proto(3) + a.glob("sklearn.preprocessing.data", "StandardScaler") + b")\x81}" + a.text("copy") + b"\x88sb."
    )
    add("estimator", model__pkl=estimator + b"ub.", scaler__pkl=older)
    add(
        "numpy",
        array4__pkl=pickle.dumps(array, 4),
        array2__pkl=pickle.dumps(array, 2),
        array5__pkl=pickle.dumps({"w": array, "f": np.float32(1.5)}, 5),
        ints__npy=a.npy("'<i8'", "(3,)", b"\0" * 24),
        arrays__npz=a.zipped({"a.npy": a.npy("'<f4'", "(2, 2)", b"\0" * 16)}),
    )
    add(
        "torch",
        weights__pt=a.torch_zip(a.state_dict()),
        weights__bin=a.torch_zip(a.state_dict()),
        legacy__pth=a.legacy_torch(a.state_dict()),
    )
    dtype = (
        a.glob("numpy", "dtype")
        + a.text("f8")
        + b"\x89\x88\x87R(K\x03"
        + a.text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    wrapper = a.proto(3) + a.glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}("
    wrapper += a.text("subclass") + a.glob("numpy", "ndarray") + a.text("shape") + b"K\x03\x85" + a.text("order")
    wrapper += a.text("C") + a.text("dtype") + dtype + a.text("allow_mmap") + b"\x88"
    wrapper += a.text("numpy_array_alignment_bytes") + b"K\x10ub"
    aligned = wrapper + b"\x03\xff\xff\xff" + np.arange(3, dtype=np.float64).tobytes() + b"."
    add("joblib", array__joblib=aligned, array_z__joblib=zlib.compress(aligned))
    dated = {"at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "day": dt.date(2026, 1, 1), "for": dt.timedelta(1)}
    add(
        "plain values",
        dates__pkl=pickle.dumps(dated, 4),
        counts__pkl=pickle.dumps(defaultdict(list, {"a": [1]}), 4),
        ordered__pkl=pickle.dumps(OrderedDict(a=1), 2),
        money__pkl=pickle.dumps(decimal.Decimal("1.5"), 4),
        sets__pkl=pickle.dumps({1, 2, frozenset({3})}, 2),
        lists0__pkl=pickle.dumps([1, 2.5, "x", None, True, 10**30], 0),
        word__pkl=pickle.dumps({"os": "system", "eval": b"cos\nsystem"}, 4),
        large__pkl=pickle.dumps(list(range(5000)), 4),
    )
    add("safetensors", weights__safetensors=a.safetensors(format="pt"), bare__safetensors=a.safetensors())
    chat = (
        "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
    )
    tools = (
        "{%- if tools %}{{ 'You may import tools. Call os functions as JSON' }}{{ tools | tojson }}{%- endif %}" + chat
    )
    add("GGUF", chat__gguf=a.gguf(chat), tools__gguf=a.gguf(tools), none__gguf=a.gguf(None))
    add("ONNX", inline__onnx=a.onnx(), beside__onnx=a.onnx("weights/model.onnx_data"))
    dense = a.keras_layer("Dense", units=8, activation="relu")
    own = {"module": "acme.layers", "class_name": "Attention", "config": {}, "registered_name": "acme>Attention"}
    add(
        "Keras",
        plain__keras=a.keras_zip(a.keras_model(dense)),
        plain__h5=a.hdf5(a.keras_model(dense)),
        weights__h5=a.hdf5(None),
        own__keras=a.keras_zip(a.keras_model(dense, own)),
    )
    add(
        "no model",
        empty__pkl=b"",
        notes__txt=b"certainly not a pickle\nreally\n",
        words__bin=b"This is a text.\n",
        config__json=b'{"a": 1}\n',
        data__zip=a.zipped({"a.csv": b"a,b\n1,2\n"}),
        pointer__pt=b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n",
    )
    return made
