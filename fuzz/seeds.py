"""What fuzzing begins with: small real files of this repository, and a few built ones, for each target."""

from __future__ import annotations

import contextlib
import itertools
import json
import pickle
import sqlite3
import struct
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(__file__).resolve().parent / "cases"
MOST, LARGEST = 40, 6_000  # files a target, bytes a file

_GLOBS = {
    "yaml": ("checks/levels/*.yaml", "sample_projects/**/*.y*ml"),
    "json": ("sample_projects/**/*.json",),
    "toml": ("sample_projects/**/*.toml",),
    "requirements": ("sample_projects/**/requirements*.txt",),
    "dockerfile": ("sample_projects/**/Dockerfile*",),
    "notebook": ("sample_projects/**/*.ipynb",),
    "python": ("sample_projects/**/*.py",),
    "text": ("sample_projects/**/*.md",),
    "lines": ("sample_projects/**/*.ipynb", "sample_projects/**/*.py", "sample_projects/**/*.md"),
    "attestations": ("sample_projects/**/attestations.yaml",),
    "config": ("sample_projects/**/aiaudit.yaml",),
    "gitignore": (".gitignore",),
}
_ENDINGS: dict[str, tuple[str, ...]] = {
    "yaml": (".yml", ".yaml"), "json": (".json",), "toml": (".toml", ".cfg", ".ini"), "dockerfile": ("Dockerfile",),
    "helm": ("deployment.yaml", "service.yaml"), "requirements": ("requirements.txt",), "shell": (".sh", "Makefile"), "notebook": (".ipynb",), "python": (".py",),
    "javascript": (".ts", ".tsx", ".js"), "text": (".env", ".md"), "attestations": ("attestations.yaml",),
    "access": (".sql", ".rules", "rules.json"), "config": ("aiaudit.yaml",), "gitignore": (".gitignore",), "lines": (".py", ".ts", ".md", ".sh", ".yaml", ".ipynb"),
}  # fmt: skip
WORDS: dict[str, tuple[str, ...]] = {
    "rules": (
        "items.exists(x, x.line > 1)", "words.filter(w, w.matches('a+'))", ".map(", ".all(", "has(d.x)", "size(", " ? ", " : ",
        " && ", " || ", " in ", "d.u", "m['k']", "9223372036854775807", "-1", "r'a'", '"""', "0x7f", "1e308", "string(",
    ),
    "yaml": ("&a [*a]", "*a", "<<: *a", "!!python/object:os.system", "? ", "- ", "|2\n", ">-\n", "%YAML 1.2", "...", "\t"),
    "requirements": ("--hash=sha256:", "-r ", "-e git+", "@ file:", " \\\n", "; python_version", "==1.0", "[extra]", "${X}"),
    "dockerfile": ("FROM ", "ARG X=1", "RUN <<EOF\n", "# escape=`", "COPY --from=", "USER ", '["a"]', "HEALTHCHECK "),
    "helm": (
        "{{ ", " }}", "{{- ", " -}}", "{{ if .Values.on }}", "{{ else }}", "{{ end }}", "{{ range $k, $v := .Values.env }}", "{{ with .Values.image }}",
        "toYaml .", "| nindent 4", "| quote", "default 1", ".Values.n", "$.Values", "(eq 1 2)", "/* ", " */", "{{ $x := ", "printf", "int 1e9",
    ),
    "shell": ("<<EOF\n", "$(", "`", "case x in", "esac", "if ", "fi", "{ ", "; }", "((", "set +e", "|| true", "&&"),
    "access": (
        "create policy p on t ", "for all ", "to anon ", "using (", "with check (", "alter table t ", "enable row level security;", "drop policy p on t;",
        "create table t (", "revoke all on t from anon;", "do $$ begin ", "end $$;", "auth.uid()", "match /a/{b} {", "allow read, write: if ", '".read": ',
    ),
    "python": ("import ", "from . import *", "getattr(", "lambda:", "**kw", "match x:", "f'{", "@app.get('/')", "class "),
}  # fmt: skip


PARTS = ("ci", "dependencies", "deployment", "documents", "figures")  # as in `project.PARTS`, which costs an import


def seeds(target: str, *, cases: bool = True) -> list[bytes]:
    """Contents to begin with; never none. `cases`: with files of the checks' cases, which take a few seconds to read."""
    found = [case.read_bytes() for case in sorted((CASES / target).glob("*"))]
    if target == "rules":
        found += [word.encode() for word in WORDS["rules"]]
    elif target == "models":
        found += _models()
    elif target == "docx":
        found += _docx()
    elif target == "sqlite":
        found += _sqlite()
    elif target == "sheet":
        found += _sheets()
    elif target == "workbook":
        texts = "<sst>" + "".join(f"<si><t>{word}</t></si>" for word in ("id", "a &amp; b", "")) + "<si/></sst>"
        row = '<table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>'
        found += [*_sheets(), texts.encode(), (row + "<table:table-cell/></table:table-row>").encode()]
    elif target in ("letters", "discreet"):
        key = "hf" + "_abcdefghijklmnopqrstuvwxyzABCDEFGH"
        texts = (f"a {key}\n", f"curl -u me:{key[3:20]} https://x.example", f"app/{key}.py", "a\u202eb\0c", "x" * 40)
        found += [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-32")]
    elif target == "project" or target in PARTS:
        found += _project(target) if cases else [bytes([n]) + b"a: [1, {b: x}]\n" for n in range(20)]
    elif target == "result":
        found += [json.dumps({"schema_version": 1, "checks": [{"id": "A-1"}], "score": None}).encode()]
    found += _of_cases(target) if cases else []
    for glob in _GLOBS.get(target, ()):
        files = (path for path in sorted(ROOT.glob(glob)) if path.is_file() and path.stat().st_size <= LARGEST)
        found += [path.read_bytes() for path in itertools.islice(files, max(0, 2 * MOST - len(found)))]
    return found or [b"{}"]


@cache
def case_files() -> dict[str, list[str]]:
    """The files of the checks' cases, by their last name; the smallest first."""
    found: dict[str, set[str]] = {}
    for expect in sorted(ROOT.glob("tests/checks/*/*/expect.yaml")):
        text = expect.read_text(encoding="utf-8")
        if "files:" in text and len(text) < 4 * LARGEST:
            files = (yaml.load(text, yaml.CSafeLoader) or {}).get("files") or {}
            for path, content in files.items():
                if isinstance(content, str) and 20 < len(content) < LARGEST:
                    found.setdefault(path.rpartition("/")[2], set()).add(content)
    return {name: sorted(texts, key=lambda text: (len(text), text)) for name, texts in found.items()}


def _of_cases(target: str) -> list[bytes]:
    """What the cases hold for a target."""
    endings = _ENDINGS.get(target, ())
    texts = (text for name, some in sorted(case_files().items()) if name.endswith(endings) for text in some[::3])
    return [text.encode() for text in itertools.islice(texts, MOST)] if endings else []


def _project(target: str) -> list[bytes]:
    """Files of this repository under the names that the target knows; where there is none, of the same kind."""
    from fuzz import project

    found = []
    for number, name in enumerate(project.PARTS[target][1] if target in PARTS else project.NAMES):
        last, ending = name.rpartition("/")[2], "." + name.rpartition(".")[2]
        texts = case_files().get(last) or [
            text for other, some in sorted(case_files().items()) if other.endswith(ending) for text in some[:1]
        ]
        found += [bytes([number]) + text.encode() for text in (texts or ["a: [1, {b: x}]\n"])[:3]]
    return found


def _sqlite() -> list[bytes]:
    """Small databases: plain, with an index, with a computed column, with a view."""
    made = []
    for more in ("", "CREATE INDEX i ON t(b)", "CREATE TABLE u (a, c AS (a + 1))", "CREATE VIEW v AS SELECT * FROM t"):
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(f"PRAGMA page_size = 512; CREATE TABLE t (a INT, b TEXT); {more};")
            connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"text {n}") for n in range(9)])
            connection.commit()
            made.append(connection.serialize())
    return made


def _sheets() -> list[bytes]:
    """The XML of a sheet with two rows, and one that names the last cell there is."""
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    cells = [
        "".join(f'<c r="{c}{n}" t="inlineStr"><is><t>{text}</t></is></c>' for c, text in zip("AB", row, strict=True))
        for n, row in enumerate((("check", "answer"), ("GOV-001", "yes")), 1)
    ]
    rows = "".join(f'<row r="{n}">{row}</row>' for n, row in enumerate(cells, 1))
    last = '<row r="1048576"><c r="XFD1048576" t="n"><v>1e999</v></c></row>'
    return [f"{head}<sheetData>{inner}</sheetData></worksheet>".encode() for inner in (rows, last, rows + last)]


def _docx() -> list[bytes]:
    """One Word document, as XML and packed: with headings, a list, a table and text that was deleted."""
    import io
    import zipfile

    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "<w:r><w:t>Words of it</w:t></w:r>"
    style = '<w:pPr><w:pStyle w:val="Heading1"/><w:numPr/></w:pPr>'
    body = (
        f"<w:p>{style}{text}</w:p><w:p>{text}</w:p><w:del>{text}</w:del>"
        f"<w:tbl><w:tr><w:tc><w:p>{text}</w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    )
    xml, packed = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>', io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return [xml.encode(), packed.getvalue()]


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
