"""Paths and addresses that a caller decides, and those that are held against something before."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from aiaudit.model.fact import State
from tests.probes.python.support import ask

HEAD = """
import os, shlex, shutil, httpx, requests, sqlite3
from sqlalchemy import text
from pathlib import Path
from typing import Optional
from uuid import UUID, uuid4
from fastapi import Depends, FastAPI, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel
from elsewhere import Body, check_path, current, valid
app = FastAPI()
DIR = "data/"
FOLDER = Path("data")
db = sqlite3.connect("x.db")

class Own(BaseModel):
    number: int
    run: UUID
    place: str
    url: Optional[str] = None

def joined(folder, name):
    return os.path.join(folder, name)

def put(target, data):
    Path(target).write_bytes(data)

"""


def found(root: Path, taken: str, body: str, route: str = "/x") -> list[tuple[str, str]]:
    code = HEAD + f'@app.post("{route}")\nasync def handler({taken}):\n' + indent(body, "    ") + "\n"
    fact = ask(root, "python.sent", {"app.py": code}, roles=["code"])
    return [(one["does"], one["source_name"]) for one in fact.value or []]


@pytest.mark.parametrize(
    ("taken", "body", "told"),
    [
        ("file: UploadFile", 'open(f"data/{file.filename}", "wb")', ("writes", "file.filename")),
        ("file: UploadFile", 'open(DIR + "/" + file.filename, "wb")', ("writes", "file.filename")),
        ("file: UploadFile", "(FOLDER / file.filename).write_bytes(b'')", ("writes", "file.filename")),
        ("file: UploadFile", "os.remove(joined(DIR, file.filename))", ("removes", "file.filename")),
        ("file: UploadFile", "put(FOLDER / file.filename, b'')", ("writes", "file.filename")),
        ("file: UploadFile", "name = file.filename or 'x'\nopen(FOLDER / name.strip())", ("reads", "file.filename")),
        ("file: UploadFile", "if file.content_type not in ('a', 'b'):\n    raise ValueError\nopen(FOLDER / file.filename)", ("reads", "file.filename")),
        ("name: str", "return FileResponse(FOLDER / name)", ("reads", "name")),
        ("name: str | None = None", "shutil.rmtree(os.path.join(DIR, name))", ("removes", "name")),
        ("own: Own", "open(own.place)", ("reads", "own.place")),
        ("body: Body", "open(body.file_path)", ("reads", "body.file_path")),
        ("body: dict", "requests.get(body['webhook_url'])", ("asks", "body[…]")),
        ("own: Own", "requests.post(own.url, json={})", ("asks", "own.url")),
        ("request: Request", "open(request.query_params['file'])", ("reads", "request.query_params")),
        ("url: str", "async with httpx.AsyncClient() as client:\n    await client.get(url)", ("asks", "url")),
        ("name: str", "os.system(f'convert {name} out.pdf')", ("runs", "name")),
        ("name: str", "db.execute('SELECT * FROM t WHERE name = ' + name)", ("queries", "name")),
        ("name: str", "db.execute(text(f\"SELECT * FROM t WHERE name = '{name}'\"))", ("queries", "name")),
        ("name: str", "db.execute('SELECT * FROM %s' % name)", ("queries", "name")),
        ("own: Own", "eval(own.place)", ("runs", "own.place")),
        ("host: str", 'requests.request("GET", f"{host}/api")', ("asks", "host")),
    ],
)  # fmt: skip
def test_what_arrives_as_it_was_sent_is_told(tmp_path: Path, taken: str, body: str, told: tuple[str, str]) -> None:
    assert found(tmp_path, taken, body)[:1] == [told]


@pytest.mark.parametrize(
    ("taken", "body"),
    [
        ("file: UploadFile", 'open(f"data/{uuid4()}_{file.filename}", "wb")'),
        ("file: UploadFile", "open(FOLDER / Path(file.filename).name)"),
        ("file: UploadFile", "open(FOLDER / os.path.basename(file.filename))"),
        ("file: UploadFile", "open(FOLDER / (uuid4().hex + Path(file.filename).suffix))"),
        ("file: UploadFile", "if '..' in file.filename:\n    raise ValueError\nopen(FOLDER / file.filename)"),
        ("file: UploadFile", "if any(part in file.filename for part in ('..', '/')):\n    raise ValueError\nopen(FOLDER / file.filename)"),
        ("file: UploadFile", "check_path(file.filename)\nopen(FOLDER / file.filename)"),
        ("file: UploadFile", "path = FOLDER / file.filename\nif not path.resolve().is_relative_to(FOLDER):\n    raise ValueError\npath.write_bytes(b'')"),
        ("name: str", "path = joined(DIR, name)\nif not path.startswith(DIR):\n    raise ValueError\nopen(path)"),
        ("name: str", "if not valid(name):\n    raise ValueError\nopen(FOLDER / name)"),
        ("number: int", "open(f'data/{number}')"),
        ("run: UUID", "open(FOLDER / run)"),
        ("own: Own", "open(f'data/{own.number}')"),
        ("own: Own", "open(FOLDER / own.run)"),
        ("body: Body", "open(FOLDER / body.session)"),
        ("user: str = Depends(current)", "open(FOLDER / user)"),
        ("name: str", "requests.get(f'https://example.com/{name}')"),
        ("name: str", "requests.post('https://example.com', json={'name': name})"),
        ("name: str", "known = {'a': 'b'}\nopen(FOLDER / known[name])"),
        ("request: Request", "open(FOLDER / request.state.user)"),
        ("name: str", "db.execute('SELECT * FROM t WHERE name = ?', (name,))"),
        ("name: str", "db.execute(text('SELECT * FROM t WHERE name = :name'), {'name': name})"),
        ("name: str", "fields = {'a': name}\nfor key, value in fields.items():\n    db.execute(f'UPDATE t SET {key} = ?', (value,))"),
        ("name: str", "os.system('convert ' + shlex.quote(name))"),
        ("number: int", "db.execute(f'SELECT * FROM t WHERE id = {number}')"),
    ],
)  # fmt: skip
def test_what_is_another_text_or_was_held_against_something_is_not(tmp_path: Path, taken: str, body: str) -> None:
    assert found(tmp_path, taken, body) == []


def test_a_part_of_a_path_of_the_route_holds_no_slash(tmp_path: Path) -> None:
    assert found(tmp_path, "name: str", "open(FOLDER / name)", "/files/{name}") == []
    assert found(tmp_path, "name: str", "open(FOLDER / name)", "/files/{name:path}") == [("reads", "name")]


def test_a_parameter_that_cannot_be_text_is_followed_through_two_callers(tmp_path: Path) -> None:
    code = """
    import sqlite3
    from typing import LiteralString
    from fastapi import FastAPI

    app = FastAPI()
    db = sqlite3.connect("x.db")

    def run(query: LiteralString):
        return db.execute(query)

    def first(column):
        return run(f"select {column} from roads")

    def second(table, column):
        return run(f"select {column} from {table}")

    @app.get("/roads")
    def roads(column: str):
        return first(column), second("roads", column)
    """
    fact = ask(tmp_path, "python.sent", {"app.py": code}, roles=["code"])
    assert fact.state is State.KNOWN
    assert [(one["does"], one["source_name"]) for one in fact.value or []] == [("queries", "column")]


def test_a_file_without_handlers_is_not_looked_through(tmp_path: Path) -> None:
    code = "import sys\n\ndef main(name):\n    open(name).read()\n\nmain(sys.argv[1])\n"
    assert ask(tmp_path, "python.sent", {"tool.py": code}, roles=["code"]).value == []
