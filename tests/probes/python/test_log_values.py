"""Values of log lines that are known by how they are made, and those that are not."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.probes.python.support import ask

HEAD = """
import json
import logging
import os
import time
from pathlib import Path

log = logging.getLogger(__name__)
LIMIT = os.environ.get("LIMIT")


def shown(text):
    return f"{len(text)} letters"


def title(text):
    return text.title()


class Desk:
    seats = 4

    def __init__(self, guest):
        self.guest = guest
        self.opened = time.time()

    def tell(self, note, times: int, folder: Path, cause: ValueError, config):
"""
OPEN = {  # the body of a method -> (name, as it is written) of each value that nothing tells
    'log.info("kept %s", note)': [("note", "note")],
    'log.info(f"kept {note!r:>10} {times}")': [("note", "note")],
    'log.info("kept " + note.strip())': [("note", "note")],
    'log.info("of %s", self.guest)': [("guest", "self.guest")],
    'log.info("of %(who)s", {"who": self.guest.email})': [("email", "self.guest.email")],
    'log.info(json.dumps({"n": len(note), "said": note[:80]}))': [("note", "note")],
    'log.info("got %s", note["body"])': [("body", "note[body]")],
    'log.info("got %s", note.get("reply", ""))': [("reply", "note[reply]")],
    'log.info("made %s", draw(note))': [("draw", "draw()")],
    'log.info("made %s", title(note))': [("title", "title()")],
    'line = f"of {note}"\nlog.info(line)': [("line", "line")],
    'for word in note.split():\n    log.debug("word %s", word)': [("word", "word")],
    'log.info("is %s", note.state.value)': [("state", "note.state.value")],
    'import flask\nprint("a", note, sep=note)': [("note", "note")],
    'log.info("%d of %s", note, self.guest)': [("guest", "self.guest")],
}
KNOWN = [
    'log.info("done in %.1f s", time.time() - self.opened)',
    'log.info(f"{note:.2f} of {note:,} at {time.time()}")',
    'log.info("%d of %5.1f %%", note, note)',
    'log.info("%d letters" % note)',
    'log.info("%s", len(note))',
    'log.info("%s", shown(note))',
    'log.info("%s seats, %s times in %s", self.seats, times, folder)',
    'log.info("%s and %s", LIMIT, config.greeting)',
    'log.info("%s", "long" if note else "short")',
    'log.info("is the same: %s", note == self.guest)',
    'log.info("of %s", mask(note))',
    'log.info("key %s", note[:4])',
    'log.info("number %s", note[-4:])',
    'line = "none"\nlog.info(line)',
    'log.info("%s", type(note).__name__)',
    'log.info("done", exc_info=note)',
    "save(note)",
    "print(note)",
]


def body(text: str) -> str:
    return HEAD + indent(text, "        ") + "\n"


@pytest.mark.parametrize("text", OPEN)
def test_what_nothing_tells_is_open(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "python.log_values", {"a.py": body(text)}).value
    assert [(row["name"], row["source_name"]) for row in rows] == OPEN[text]


@pytest.mark.parametrize("text", KNOWN)
def test_what_is_known_by_how_it_is_made_is_not_told(text: str, tmp_path: Path) -> None:
    assert ask(tmp_path, "python.log_values", {"a.py": body(text)}).value == []


@pytest.mark.parametrize(
    "text",
    [
        'try:\n    save(note)\nexcept OSError as gone:\n    log.error("not kept: %s", gone)',
        "try:\n    save(note)\nexcept OSError as gone:\n    line = str(gone)\n    log.error(line)",
        'log.error("not kept: %s", cause)',
    ],
)
def test_errors_are_told_apart(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "python.log_values", {"a.py": body(text)}, sources=["error"]).value
    assert [row["source"] for row in rows] == ["error"]
    assert ask(tmp_path, "python.log_values", {"a.py": body(text)}).value == []


def test_each_name_is_told_once_a_file(tmp_path: Path) -> None:
    text = 'log.info("a %s", note)\nlog.info("b %s", note)\nlog.info("c %s", self.guest)'
    rows = ask(tmp_path, "python.log_values", {"a.py": body(text), "b.py": body(text)}).value
    assert [(row["path"], row["name"]) for row in rows] == [
        ("a.py", "note"), ("a.py", "guest"), ("b.py", "note"), ("b.py", "guest")
    ]  # fmt: skip


def test_what_is_past_the_most_that_is_looked_at_is_told(tmp_path: Path) -> None:
    text = "\n".join(f'log.info("%s", note.part{number})' for number in range(70))
    rows = ask(tmp_path, "python.log_values", {"a.py": body(text)}).value
    assert len(rows) == 61 and rows[-1]["name"] == "further values"
