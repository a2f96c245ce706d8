"""What callers sent or a model wrote, in log lines and prints."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.probes.python.support import ask

HEAD = """
import logging

from flask import Flask, request
from openai import OpenAI

log = logging.getLogger(__name__)
app = Flask(__name__)


def note(text):
    log.warning("noted: {}".format(text))


@app.route("/apply", methods=["POST"])
def apply():
"""
LOGGED = {  # the body of a handler -> (call, name, source) of each part
    'name = request.form.get("borrower_name")\nlog.info("of %s", name)': [("log.info", "name", "user")],
    "log.info(f\"of {request.form['email']!r}\")": [("log.info", "email", "user")],
    'note(request.json["comment"])': [("log.warning", "text", "user")],
    'body = request.get_json()\nprint({"sent": body})': [("print", "body", "user")],
    'said = OpenAI().responses.create(model="m", input="x").output_text\nlog.info(said[:80])': [
        ("log.info", "said", "llm")
    ],
    'log.info(\n    "of %s",\n    str(request.args.get("q")).strip(),\n)': [("log.info", "q", "user")],
}
SILENT = {
    'text = request.form.get("text")\nlog.info("%d letters", len(text))',
    'log.info("of %s", mask(request.form.get("email")))',
    'log.info("of %s", int(request.form["amount"]))',
    'if request.form.get("name") == "x":\n    log.info("done in %s", 3)',
    'log.info("asked %s", count_tokens(request.json["text"]))',
    'request.form.get("name").info("text")',
    'log.info("is an admin: %s", request.form.get("role") == "admin")',
}


def body(text: str) -> str:
    return HEAD + indent(text, "    ") + "\n"


@pytest.mark.parametrize("text", LOGGED)
def test_what_comes_from_outside_is_told(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "python.logged", {"a.py": body(text)}).value
    assert [(row["call"], row["name"], row["source"]) for row in rows] == LOGGED[text]


@pytest.mark.parametrize("text", sorted(SILENT))
def test_what_is_counted_masked_or_compared_is_not(text: str, tmp_path: Path) -> None:
    assert not ask(tmp_path, "python.logged", {"a.py": body(text)}).value


def test_whoever_starts_a_program_is_no_caller(tmp_path: Path) -> None:
    text = """
        import argparse
        import logging

        from openai import OpenAI

        given = argparse.ArgumentParser().parse_args()
        logging.info("reads %s", given.path)
    """
    assert not ask(tmp_path, "python.logged", {"a.py": dedent(text)}).value
