"""Start-up: `aiaudit --version` beside a bare typer application, whole processes, median of 5, taken in turns.

    python benchmarks/startup.py

Fails where `aiaudit --version` takes more than 1.2 times as long as the bare application.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import line, median, run

RUNS = 5
LIMIT = 1.2
BARE = """
import typer
app = typer.Typer()

def version(asked: bool):
    if asked:
        print("bare 1.0")
        raise typer.Exit

@app.callback()
def root(version: bool = typer.Option(False, "--version", callback=version, is_eager=True)):
    pass

@app.command()
def run():
    pass

app()
"""


def main() -> int:
    """Print the table; 1 where the limit is passed."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "bare typer app --version": [sys.executable, str(bare), "--version"],
            "bare typer app --help": [sys.executable, str(bare), "--help"],
            "aiaudit --version": [sys.executable, "-m", "aiaudit", "--version"],
            "aiaudit --help": [sys.executable, "-m", "aiaudit", "--help"],
            "aiaudit checks list": [sys.executable, "-m", "aiaudit", "checks", "list"],
        }
        for command in commands.values():  # byte code is written once
            run(command)
        taken = [{name: run(command) for name, command in commands.items()} for _ in range(RUNS)]
    cost = {name: median([once[name] for once in taken]) for name in commands}
    for name in commands:
        print(line(name, cost[name]))
    ratio = cost["aiaudit --version"].wall / cost["bare typer app --version"].wall
    print(f"aiaudit --version takes {ratio:.2f} × the bare typer app (at most {LIMIT})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
