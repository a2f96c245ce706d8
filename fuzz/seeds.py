"""What fuzzing begins with: small real files of this repository, and a few built ones, for each target."""

from __future__ import annotations

import itertools
import json
import pickle
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(__file__).resolve().parent / "cases"
MOST, LARGEST = 40, 6_000  # files a target, bytes a file

_GLOBS = {
    "yaml": ("checks/levels/*.yaml", "sample_projects/**/*.y*ml", "tests/checks/**/*.y*ml"),
    "json": ("sample_projects/**/*.json", "tests/checks/**/*.json"),
    "toml": ("sample_projects/**/*.toml", "tests/checks/**/*.toml", "tests/checks/**/*.cfg", "tests/checks/**/*.ini"),
    "requirements": ("sample_projects/**/requirements*.txt", "tests/checks/**/requirements*.txt"),
    "dockerfile": ("sample_projects/**/Dockerfile*", "tests/checks/**/Dockerfile*"),
    "shell": ("tests/checks/**/*.sh", "tests/checks/**/Makefile"),
    "notebook": ("sample_projects/**/*.ipynb", "tests/checks/**/*.ipynb"),
    "python": ("sample_projects/**/*.py", "tests/checks/**/*.py"),
    "javascript": ("tests/checks/**/*.ts", "tests/checks/**/*.js"),
    "text": ("sample_projects/**/*.md", "tests/checks/**/.env*"),
    "attestations": ("sample_projects/**/attestations.yaml", "tests/checks/**/attestations.yaml"),
    "config": ("sample_projects/**/aiaudit.yaml", "tests/checks/**/aiaudit.yaml"),
    "gitignore": ("**/.gitignore",),
}
WORDS: dict[str, tuple[str, ...]] = {
    "rules": (
        "items.exists(x, x.line > 1)", "words.filter(w, w.matches('a+'))", ".map(", ".all(", "has(d.x)", "size(", " ? ", " : ",
        " && ", " || ", " in ", "d.u", "m['k']", "9223372036854775807", "-1", "r'a'", '"""', "0x7f", "1e308", "string(",
    ),
    "yaml": ("&a [*a]", "*a", "<<: *a", "!!python/object:os.system", "? ", "- ", "|2\n", ">-\n", "%YAML 1.2", "...", "\t"),
    "requirements": ("--hash=sha256:", "-r ", "-e git+", "@ file:", " \\\n", "; python_version", "==1.0", "[extra]", "${X}"),
    "dockerfile": ("FROM ", "ARG X=1", "RUN <<EOF\n", "# escape=`", "COPY --from=", "USER ", '["a"]', "HEALTHCHECK "),
    "shell": ("<<EOF\n", "$(", "`", "case x in", "esac", "if ", "fi", "{ ", "; }", "((", "set +e", "|| true", "&&"),
    "python": ("import ", "from . import *", "getattr(", "lambda:", "**kw", "match x:", "f'{", "@app.get('/')", "class "),
}  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """Contents to begin with; never none."""
    found = [case.read_bytes() for case in sorted((CASES / target).glob("*"))]
    if target == "rules":
        found += [word.encode() for word in WORDS["rules"]]
    elif target == "models":
        found += _models()
    elif target == "project":
        found += _project()
    elif target == "result":
        found += [json.dumps({"schema_version": 1, "checks": [{"id": "A-1"}], "score": None}).encode()]
    for glob in _GLOBS.get(target, ()):
        files = (path for path in sorted(ROOT.glob(glob)) if path.is_file() and path.stat().st_size <= LARGEST)
        found += [path.read_bytes() for path in itertools.islice(files, MOST - len(found))]
    return found or [b"{}"]


def _project() -> list[bytes]:
    """Files of this repository under the names that the project target knows."""
    from fuzz.project import NAMES

    found = []
    for number, name in enumerate(NAMES):
        match = next((p for p in sorted(ROOT.glob(f"tests/checks/*/*/{name}")) if p.stat().st_size <= LARGEST), None)
        found.append(bytes([number]) + (match.read_bytes() if match else b"a: [1, {b: x}]\n"))
    return found


def _models() -> list[bytes]:
    """One small file a format; the first byte is the target's choice of the name."""
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", pickle.dumps({"w": [1.0, 2.0]}))
        archive.writestr("config.json", '{"class_name": "Lambda", "config": {}}')
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    gguf = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 3) + b"a.b" + struct.pack("<I", 8)
    onnx = b"\x08\x08\x12\x04test:\x0a\x0a\x08\x0a\x01a\x12\x01b\x22\x00"
    npy = b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(128) + pickle.dumps(
        [1]
    )
    return [
        *(b"\x00" + pickle.dumps({"a": (1, b"x", [None])}, number) for number in range(6)),
        b"\x00cos\nsystem\n(S'id'\ntR.",
        b"\x01" + made.getvalue(),
        b"\x06" + made.getvalue(),
        b"\x02" + struct.pack("<Q", len(header)) + header + b"\0\0\0\0",
        b"\x03" + gguf + struct.pack("<Q", 2) + b"{{",
        b"\x04" + onnx,
        b"\x05\x89HDF\r\n\x1a\n" + b'{"class_name": "Lambda"}',
        b"\x07" + npy,
    ]
