"""What is fuzzed: one function a reader of foreign bytes.

A target takes any bytes. It lets pass the one exception that the reader documents for bad input, and holds what comes
back to what everybody relies on: it can be written as JSON in UTF-8. Anything else that is raised is a fault of aiaudit.
Each target is made when it is first wanted, so that a fuzzer can watch the imports.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Run = Callable[[bytes], None]


def rules() -> Run:
    """The rule language: read, type-checked, evaluated on small values, explained."""
    from aiaudit.model.types import BOOL, DYN, INT, STRING, Unknown, list_of, map_of, record
    from aiaudit.rules import RuleError, compile, evaluate

    place = record("place", path=STRING, line=INT, source=STRING)
    names = {
        "n": INT, "s": STRING, "b": BOOL, "d": DYN, "items": list_of(place), "words": list_of(STRING), "m": map_of(INT),
    }  # fmt: skip
    values = {
        "n": 3, "s": "a.b", "b": True, "d": {"x": [1, "y", None], "u": Unknown("?")}, "words": ["a", "ab"], "m": {"k": 1},
        "items": [{"path": "a.py", "line": 1, "source": Unknown("?")}, {"path": "b.py", "line": 2, "source": "user"}],
    }  # fmt: skip

    def run(data: bytes) -> None:
        try:
            expression = compile(data.decode("utf-8", "replace"), names)
        except RuleError:
            return
        evaluate(expression, values, explain=True)

    return run


def yaml() -> Run:
    """The guarded YAML reader: all documents, with their places."""
    from aiaudit.project.parse import Malformed, parse_yaml_all

    return _reader(parse_yaml_all, Malformed)


def json_() -> Run:
    """The guarded JSON reader."""
    from aiaudit.project.parse import Malformed, parse_json

    return _reader(parse_json, Malformed)


def toml() -> Run:
    """The guarded TOML reader, and INI for the same bytes."""
    from aiaudit.project.parse import Malformed, parse_ini, parse_toml

    first, second = _reader(parse_toml, Malformed), _reader(parse_ini, Malformed)

    def run(data: bytes) -> None:
        first(data)
        second(data)

    return run


def requirements() -> Run:
    """Requirements files of pip. Any text gives a result."""
    from aiaudit.probes.dependencies.requirements_txt import compiled_from, source_options, split
    from aiaudit.project.reader import decode

    def run(data: bytes) -> None:
        text = decode(data)
        lines = split(text)
        source_options(lines)
        compiled_from(text)
        assert all(line.line >= 1 for line in lines)

    return run


def dockerfile() -> Run:
    """Dockerfiles. Any text gives a result or none."""
    from aiaudit.model.types import as_json
    from aiaudit.probes.config.docker import image_record
    from aiaudit.project.reader import decode

    def run(data: bytes) -> None:
        _hold(image_record("Dockerfile", decode(data)), as_json)

    return run


def helm() -> Run:
    """Templates of Helm charts. Any text is filled or left alone."""
    from aiaudit.model.types import as_json
    from aiaudit.probes.config.helm_render import fill
    from aiaudit.project.reader import decode

    values = {
        "image": {"tag": "1"},
        "n": 2,
        "on": True,
        "ports": [1, 2],
        "env": {"A": "b"},
        "none": None,
        "text": "{{ . }}",
    }

    def run(data: bytes) -> None:
        filled = fill(decode(data), values)
        if filled is not None:
            _hold(filled.documents, as_json)
            assert all(line >= 1 for line in filled.lines)

    return run


def shell() -> Run:
    """Shell scripts of CI steps."""
    from aiaudit.probes.ci.shell import commands
    from aiaudit.project.reader import decode

    def run(data: bytes) -> None:
        commands(decode(data), errexit=True)

    return run


def notebook() -> Run:
    """Notebooks, and the Python in their cells."""
    from aiaudit.probes.python.notebook import NotNotebook, python_code, read_notebook

    def run(data: bytes) -> None:
        try:
            found = read_notebook(data)
        except NotNotebook:
            return
        for cell in found.cells:
            assert len(python_code(cell)) == len(cell.lines)

    return run


def python() -> Run:
    """The Python engine with every question that the shipped packs ask. Only what Python's parser raises may come."""
    return _engine("python", "a.py", (SyntaxError, ValueError, RecursionError, MemoryError))


def javascript() -> Run:
    """The JavaScript and TypeScript engine."""
    return _engine("javascript", "a.ts", ())


def text() -> Run:
    """The text engine: all patterns, and the rules for secrets."""
    return _engine("text", "a.env", ())


def lines() -> Run:
    """Text on one line: code, prose, commands and the cells of notebooks. No line of the file may be lost."""
    from aiaudit.probes.text.one_line import on_one_line

    def run(data: bytes) -> None:
        for suffix in (".py", ".ts", ".r", ".md", ".sh", ".yaml", ".ipynb"):
            shown = on_one_line(data, suffix)
            assert shown.breaks == sorted(shown.breaks) and list(shown.added) == sorted(shown.added)
            assert shown.lines_between(0, len(shown.text)) == data.count(b"\n") == len(shown.lines()) - 1

    return run


def models() -> Run:
    """Model files: pickle, PyTorch zip, safetensors, GGUF, ONNX, HDF5, Keras, NumPy, archives. The first byte picks the
    name, the rest is the file."""
    from aiaudit.probes.models.route import look
    from aiaudit.probes.models.source import Memory

    suffixes = (
        ".pkl",
        ".pt",
        ".safetensors",
        ".gguf",
        ".onnx",
        ".h5",
        ".keras",
        ".npy",
        ".joblib",
        ".zip",
        ".bin",
        ".pb",
    )

    def run(data: bytes) -> None:
        if data:
            _hold(look(Memory(data[1:]), suffixes[data[0] % len(suffixes)]))

    return run


def attestations() -> Run:
    """`attestations.yaml`."""
    from aiaudit.project.config import ConfigError, parse_attestations

    def run(data: bytes) -> None:
        try:
            parse_attestations(data, "attestations.yaml")
        except ConfigError as error:
            _one_line_each(error)

    return run


def config() -> Run:
    """`aiaudit.yaml`."""
    from aiaudit.project.config import ConfigError, parse_config

    def run(data: bytes) -> None:
        try:
            made = parse_config(data)
        except ConfigError as error:
            _one_line_each(error)
        else:
            _hold(made.model_dump(mode="json", by_alias=True))

    return run


def gitignore() -> Run:
    """`.gitignore` files, and the globs of packs."""
    from aiaudit.project.gitignore import IgnoreFile

    def run(data: bytes) -> None:
        rules_ = IgnoreFile(data)
        for folder, names in (("", {"a", "b.py", "\udcff\n"}), ("data/x/", {"y.csv"})):
            rules_.verdicts(folder, names, is_dir=False)

    return run


def result() -> Run:
    """A result JSON that somebody hands in, rendered as a page."""
    from aiaudit.reports.schema import ResultError, check

    def run(data: bytes) -> None:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return
        try:
            check(found)
        except ResultError as error:
            _one_line_each(error)

    return run


def docx() -> Run:
    """Word documents: the zip, or its XML alone (what begins as no zip does). Any bytes give lines or a reason."""
    import io
    import zipfile

    from aiaudit.probes.docs.docx import docx_lines

    def run(data: bytes) -> None:
        if not data.startswith(b"PK"):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("word/document.xml", data)
            data = packed.getvalue()
        _hold(docx_lines(data))

    return run


def letters() -> Run:
    """Bytes as text: which are text, which text they are, and what of it is shown in one line."""
    from aiaudit.project.reader import decode, readable
    from aiaudit.reports.text import escaped, spelled, visible

    def run(data: bytes) -> None:
        text = readable(data)
        assert text is None or len(text) <= 3 * len(data) + 3
        seen = visible(decode(data))
        assert "\n" not in seen and spelled(seen) == seen
        assert json.loads(escaped(json.dumps(decode(data), ensure_ascii=False))) == decode(data)

    return run


def discreet() -> Run:
    """Secrets taken out of a text, of a record with the text as a key and as words, and of a path."""
    from aiaudit.probes.secrets.hide import hide, hide_in, in_names

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        clear = data.decode("utf-8", "replace")
        hide(clear)
        _hold(hide_in({clear: clear, "words": clear.split(" "), "deep": [{"a": clear}, [clear, clear]]}))
        assert all(name in text for name, _, _ in in_names(text.split("\n")))

    return run


def sheet() -> Run:
    """Workbooks of answers: the zip, or the XML of its one sheet alone."""
    import io
    import tempfile
    import zipfile
    from pathlib import Path

    from aiaudit.interview.sheets import SheetError, export, read

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    path = Path(folder.name) / "a.xlsx"
    plain = export([], path)

    def run(data: bytes) -> None:
        assert folder.name  # it stays as long as the target does
        if not data.startswith(b"PK"):
            packed = io.BytesIO()
            with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(packed, "w") as archive:
                for name in source.namelist():
                    archive.writestr(name, data if name.endswith("sheet1.xml") else source.read(name))
            data = packed.getvalue()
        path.write_bytes(data)
        try:
            read(path)
        except SheetError as error:
            _one_line_each(error)

    return run


def workbook() -> Run:
    """Workbooks as data sets: what their head tells of the columns. The rest is read by a program with limits."""
    import io
    import zipfile

    from aiaudit.probes.datasets.workbook_head import workbook_columns

    parts = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "content.xml")

    def run(data: bytes) -> None:
        workbook_columns(io.BytesIO(data))
        for name in parts:
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr(name, data)
                if name == parts[1]:
                    archive.writestr(parts[0], b'<row><c t="s"><v>0</v></c><c t="s"><v>9</v></c></row>')
            found = workbook_columns(packed)
            assert found is None or all(0 < len(one) <= 400 for one in found)

    return run


def sqlite() -> Run:
    """SQLite files as data sets: the stored rows of their largest table, or a reason."""
    import tempfile
    from pathlib import Path

    from aiaudit.data.engine import Unopened
    from aiaudit.data.model import Source
    from aiaudit.data.sqlite_open import tables_as_csv

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    path, scratch = Path(folder.name) / "a.sqlite", Path(folder.name) / "scratch"
    scratch.mkdir()

    def run(data: bytes) -> None:
        assert folder.name  # it stays as long as the target does
        path.write_bytes(data)
        try:
            tables_as_csv(Source("a", "a.sqlite", (path,), "sqlite"), scratch)
        except Unopened as error:
            _one_line_each(error)
        finally:
            for made in scratch.iterdir():
                made.unlink()

    return run


def _part(name: str) -> Callable[[], Run]:
    def make() -> Run:
        from fuzz.project import run_project

        return run_project(name)

    make.__doc__ = f"The probes about {name}, asked about one strange file of their kind."
    return make


def project() -> Run:
    """One file among a few others, under one of many names, asked all that the shipped packs ask."""
    from fuzz.project import run_project

    return run_project()


def access() -> Run:
    """Migrations with row policies, and rules of Firebase."""
    import datetime as dt

    from aiaudit.probes.access_rules.firebase import realtime_rules, rules
    from aiaudit.probes.access_rules.row_policies import opening, replay
    from aiaudit.project.reader import decode

    def run(data: bytes) -> None:
        text = decode(data)
        for table in replay([("a/1.sql", text), ("b/2.sql", text[len(text) // 2 :])]).tables.values():
            for policy in table.policies.values():
                assert opening(table, policy).rights
        for rule in [*rules(text, dt.date(2026, 1, 1)), *realtime_rules(text)]:
            assert 1 <= rule.line <= text.count("\n") + 1

    return run


def shapes() -> Run:
    """The same with real files in which some values are of another kind than anybody expects."""
    from fuzz.project import run_shapes

    return run_shapes()


def code() -> Run:
    """Small projects of Python and JavaScript whose code was changed in one to four places."""
    from fuzz.code import run_code

    return run_code()


TARGETS: dict[str, Callable[[], Run]] = {
    "rules": rules,
    "yaml": yaml,
    "json": json_,
    "toml": toml,
    "requirements": requirements,
    "dockerfile": dockerfile,
    "helm": helm,
    "shell": shell,
    "notebook": notebook,
    "python": python,
    "javascript": javascript,
    "text": text,
    "lines": lines,
    "models": models,
    "attestations": attestations,
    "config": config,
    "gitignore": gitignore,
    "result": result,
    "docx": docx,
    "letters": letters,
    "discreet": discreet,
    "sheet": sheet,
    "sqlite": sqlite,
    "workbook": workbook,
    "ci": _part("ci"),
    "dependencies": _part("dependencies"),
    "deployment": _part("deployment"),
    "documents": _part("documents"),
    "figures": _part("figures"),
    "project": project,
    "shapes": shapes,
    "code": code,
    "access": access,
}


def _reader(parse: Callable[[bytes], Any], malformed: type[Exception]) -> Run:
    def run(data: bytes) -> None:
        try:
            value = parse(data)
        except malformed as error:
            _one_line_each(error)
        else:
            _hold(value)

    return run


def _engine(name: str, path: str, allowed: tuple[type[Exception], ...]) -> Run:
    from aiaudit.probes import registry
    from aiaudit.probes.secrets.hide import Discreet
    from aiaudit.project.entry import Entry
    from aiaudit.project.roles import Role, suffix_of
    from fuzz.project import shipped_queries

    queries = [query for probe, query in shipped_queries() if probe.engine == name]
    engine = Discreet(registry.build_engine(name, queries))

    def run(data: bytes) -> None:
        try:
            found = engine.scan(data, Entry(path, len(data), role=Role.OTHER, suffix=suffix_of(path)))
        except allowed:
            return
        json.dumps(
            found, allow_nan=False
        )  # as the scan keeps it: in ASCII, since sources may hold half a surrogate pair

    return run


def _hold(value: Any, default: Callable[[Any], Any] | None = None) -> None:
    """What a reader gives must go into a result: JSON, in UTF-8, without NaN."""
    json.dumps(value, ensure_ascii=False, allow_nan=False, default=default).encode("utf-8")


def _one_line_each(error: Exception) -> None:
    """Words for a person: none empty, none a traceback."""
    words = str(error)
    assert words.strip()
    assert "Traceback" not in words
