"""Values of log lines in TypeScript and JavaScript that are known by how they are made, and those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

HEAD = """
import { keep } from "./keep";
const LIMIT = 3;
export async function note(entry, guest) {
"""
OPEN = {  # the body of a function -> (name, as it is written) of each value that nothing tells
    "console.log('kept', entry);": [("entry", "entry")],
    "console.log(`kept ${entry.trim()}`);": [("entry", "entry")],
    "logger.info({ who: guest.email, n: entry.length });": [("email", "guest.email")],
    "console.log(JSON.stringify(entry, null, 2));": [("entry", "entry")],
    "console.log(guest?.profile?.bio);": [("bio", "guest.profile.bio")],
    "console.log(guest['bio']);": [("bio", "guest['bio']")],
    "const line = 'of ' + entry;\nconsole.log(line);": [("line", "line")],
    "const { reply } = await keep(entry);\nconsole.log(reply);": [("reply", "reply")],
    "console.log(entry ? guest : 'nobody');": [("guest", "guest")],
    "console.log(await keep(entry));": [("keep", "keep()")],
}
KNOWN = [
    "console.log('started', LIMIT, process.env.PORT);",
    "console.log(`took ${Date.now() - 3} ms`);",
    "console.log(entry.length, guest.status);",
    "console.log(Object.keys(entry));",
    "console.log(`is ${entry === guest}`);",
    "const line = 'none';\nconsole.log(line);",
    "console.log(mask(entry));",
    "console.log(entry.slice(0, 4));",
    "console.log(entry ? 'yes' : 'no');",
    "keep(entry);",
]


def body(text: str) -> str:
    return HEAD + text + "\n}\n"


@pytest.mark.parametrize("text", OPEN)
def test_what_nothing_tells_is_open(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "javascript.log_values", {"a.ts": body(text)}).value
    assert [(row["name"], row["source_name"]) for row in rows] == OPEN[text]


@pytest.mark.parametrize("text", KNOWN)
def test_what_is_known_by_how_it_is_made_is_not_told(text: str, tmp_path: Path) -> None:
    assert ask(tmp_path, "javascript.log_values", {"a.ts": body(text)}).value == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("try { keep(entry) } catch (gone) { console.error('not kept', gone) }", "gone"),
        ("try { keep(entry) } catch (gone) { console.error('not kept', gone.message) }", "gone.message"),
        ("keep(entry).catch((err) => console.error(err));", "err"),
        ("try { keep(entry) } catch (e) { console.error((e as Error).message) }", "(e as Error).message"),
    ],
)
def test_errors_are_told_apart(text: str, shown: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "javascript.log_values", {"a.ts": body(text)}, sources=["error"]).value
    assert [row["source_name"] for row in rows] == [shown]
    assert ask(tmp_path, "javascript.log_values", {"a.ts": body(text)}).value == []


def test_what_is_past_the_most_that_is_looked_at_is_told(tmp_path: Path) -> None:
    text = "\n".join(f"console.log(guest.part{number});" for number in range(70))
    rows = ask(tmp_path, "javascript.log_values", {"a.ts": body(text)}).value
    assert len(rows) == 61 and rows[-1]["name"] == "further values"
