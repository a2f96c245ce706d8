"""Places whose input is not known, in forms that have no place of their own in the source."""

from __future__ import annotations

from pathlib import Path

from tests.probes.python.support import ask


def test_a_program_with_several_arguments_is_read(tmp_path: Path) -> None:
    code = (
        "import asyncio\n\n\nasync def run(cmd, env):\n"
        '    made = await asyncio.create_subprocess_exec(cmd[0], *cmd[1:], "-o", env=env)\n'
        "    return await made.wait()\n"
    )
    fact = ask(tmp_path, "python.flows", {"a.py": code}, sources=["open"])
    assert [row["source_line"] for row in fact.value] == [5]
