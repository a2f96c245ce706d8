"""Builds model files byte by byte: pickle opcodes, zips, protobuf, GGUF and HDF5 look-alikes. Nothing is unpickled."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

MARK, STOP, REDUCE, EMPTY_TUPLE, EMPTY_DICT = b"(", b".", b"R", b")", b"}"
TUPLE, TUPLE1, TUPLE2, POP, BUILD, NEWOBJ, NEWOBJ_EX, OBJ = b"t", b"\x85", b"\x86", b"0", b"b", b"\x81", b"\x92", b"o"
STACK_GLOBAL, MEMOIZE = b"\x93", b"\x94"


def proto(number: int) -> bytes:
    return b"\x80" + bytes([number])


def text(value: str) -> bytes:
    """SHORT_BINUNICODE or BINUNICODE."""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


def data(value: bytes) -> bytes:
    """SHORT_BINBYTES or BINBYTES."""
    return b"C" + bytes([len(value)]) + value if len(value) < 256 else b"B" + struct.pack("<I", len(value)) + value


def glob(module: str, name: str) -> bytes:
    """GLOBAL, of protocols 0 to 3."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def stack_global(module: str, name: str) -> bytes:
    """STACK_GLOBAL, of protocol 4."""
    return text(module) + text(name) + STACK_GLOBAL


def call(module: str, name: str, *arguments: str | bytes, number: int = 4, end: bytes = STOP) -> bytes:
    """A whole pickle that calls `module.name` with strings (bytes are taken as opcodes)."""
    made = proto(number) if number >= 2 else b""
    made += stack_global(module, name) if number >= 4 else glob(module, name)
    made += MARK
    for one in arguments:
        if isinstance(one, bytes):
            made += one
        elif number >= 1:
            made += b"X" + struct.pack("<I", len(one.encode())) + one.encode()
        else:
            made += b"S" + repr(one).encode() + b"\n"
    return made + TUPLE + REDUCE + end


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip with a fixed date."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def with_flag(archive: bytes, flag: int) -> bytes:
    """The zip with a bit of the general purpose flags set in every header, such as 1: encrypted."""
    made = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(signature)
        while at >= 0:
            made[at + offset] |= flag
            at = made.find(signature, at + 4)
    return bytes(made)


def with_crc(archive: bytes, crc: int) -> bytes:
    """The zip with this checksum in every header."""
    made = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        at = made.find(signature)
        while at >= 0:
            made[at + offset : at + offset + 4] = struct.pack("<I", crc)
            at = made.find(signature, at + 4)
    return bytes(made)


def renamed_in_directory(archive: bytes, old: bytes, new: bytes) -> bytes:
    """The zip whose central directory gives a member another name (of the same length) than its own header."""
    assert len(old) == len(new)
    at = archive.find(b"PK\x01\x02")
    return archive[:at] + archive[at:].replace(old, new)


def torch_zip(payload: bytes, **more: bytes) -> bytes:
    """What `torch.save` writes: data.pkl, the storages, a version."""
    members = {"archive/data.pkl": payload, "archive/byteorder": b"little", "archive/data/0": b"\0" * 16}
    members |= {f"archive/{name}": content for name, content in more.items()}
    return zipped(members | {"archive/version": b"3\n"})


def state_dict(number: int = 2) -> bytes:
    """data.pkl of {"weight": tensor of 2 × 2}."""
    storage = MARK + text("storage") + glob("torch", "FloatStorage") + text("0") + text("cpu") + b"K\x04" + TUPLE + b"Q"
    tensor = glob("torch._utils", "_rebuild_tensor_v2") + MARK + storage + b"K\x00K\x02K\x02\x86K\x02K\x01\x86\x89"
    tensor += glob("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE + TUPLE + REDUCE
    outer = glob("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
    return proto(number) + outer + MARK + text("weight") + tensor + b"u" + STOP


def legacy_torch(model: bytes) -> bytes:
    """What `torch.save` wrote before 1.6: magic number, protocol, system, the model, keys of storages, raw numbers."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    system = pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2)
    raw = struct.pack("<q", 4) + struct.pack("<4f", 1, 2, 3, 4)
    return magic + pickle.dumps(1001, 2) + system + model + pickle.dumps(["0"], 2) + raw


def npy(descr: str, shape: str, body: bytes) -> bytes:
    """A .npy file of version 1."""
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + body


def hdf5(config: Any) -> bytes:
    """The look of a Keras h5 file: the signature, and the attribute model_config as text."""
    body = b"keras_version\0\0\x032.15.0\0model_config\0" + json.dumps(config).encode() if config is not None else b""
    return b"\x89HDF\r\n\x1a\n" + b"\0" * 88 + b"TREE" + b"\0" * 32 + body + b"\0" * 64


def keras_layer(name: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": {"name": name.lower(), **config}, "registered_name": None}


def keras_model(*layers: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "trainable": True, "layers": list(layers)},
        "registered_name": None,
        "compile_config": {"optimizer": "adam", "loss": "mse"},
    }


def keras_zip(config: Any) -> bytes:
    weights = hdf5(None)
    return zipped({"metadata.json": b"{}", "config.json": json.dumps(config).encode(), "model.weights.h5": weights})


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx(location: str | None = None, node: bytes = b"") -> bytes:
    """An ONNX model with one initializer of 2 × 3 floats, in the file or at `location`."""
    tensor = field(1, 2) + field(1, 3) + field(2, 1) + field(8, b"weight")
    if location is None:
        tensor += field(9, struct.pack("<6f", *range(6)))
    else:
        for key, value in (("location", location), ("offset", "0"), ("length", "24")):
            tensor += field(13, field(1, key.encode()) + field(2, value.encode()))
        tensor += field(14, 1)
    operation = node or field(1, field(1, b"x") + field(2, b"y") + field(4, b"Relu"))
    graph = operation + field(2, b"graph") + field(5, tensor)
    return field(1, 8) + field(2, b"pytorch") + field(7, graph) + field(8, field(1, b"") + field(2, 17))


def gguf(template: str | None, *, tensors: int = 1) -> bytes:
    """A GGUF file (version 3) of architecture llama with a chat template."""

    def string(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    pairs = [
        string("general.architecture") + struct.pack("<I", 8) + string("llama"),
        string("general.file_type") + struct.pack("<II", 4, 15),
        string("llama.context_length") + struct.pack("<II", 4, 4096),
        string("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + string("<s>") + string("</s>"),
    ]
    if template is not None:
        pairs.append(string("tokenizer.chat_template") + struct.pack("<I", 8) + string(template))
    head = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(pairs)) + b"".join(pairs)
    for number in range(tensors):
        head += string(f"blk.{number}.weight") + struct.pack("<IQQIQ", 2, 4, 8, 0, 0)
    return head + b"\0" * 256


def safetensors(**metadata: str) -> bytes:
    head = {"w": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}} | (
        {"__metadata__": metadata} if metadata else {}
    )
    raw = json.dumps(head).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + b"\0" * 12
