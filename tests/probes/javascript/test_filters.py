"""`javascript.flows` with sinks [filter]: filters of databases that a body fills."""

from pathlib import Path

import pytest

from tests.probes.javascript.support import ask

BEFORE = 'import { User } from "./models";\nexport async function POST(req, res) {\n'


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("const { email } = req.body; await User.findOne({ email });", ["email"]),
        ("const body = await req.json(); await User.find({ owner: body.owner });", ["body.owner"]),
        ("const id = (await req.json()).id; await User.deleteMany({ _id: id });", ["id"]),
        ("const { a } = { ...req.query, ...req.body }; await prisma.note.findMany({ where: { a } });", ["a"]),
        ('await db.collection("users").findOne({ email: req.body.email });', ["req.body.email"]),
        ("const { email } = req.body; await User.findOne({ email: String(email) });", []),
        ("const { email } = req.body; const text = email.trim(); await User.findOne({ email });", []),
        ('const { email } = req.body; if (typeof email !== "string") return; await User.findOne({ email });', []),
        ("const { email } = Login.parse(req.body); await User.findOne({ email });", []),
        ("await User.findOne({ number: req.params.number });", []),
        ("const { email } = req.body; await users.findOne({ where: { email } });", []),
        ("const { email } = req.body; await prisma.user.findUnique({ where: { email } });", []),
    ],
)
def test_filters_that_a_body_fills(tmp_path: Path, code: str, told: list[str]) -> None:
    whole = BEFORE + code + "\n}\n"
    rows = ask(tmp_path, "javascript.flows", {"a.js": whole}, sources=["user"], sinks=["filter"]).value or []
    assert [row["source_name"] for row in rows] == told
