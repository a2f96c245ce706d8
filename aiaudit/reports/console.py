"""The console on which summaries are printed: text of a project is never read as markup, and nothing is guessed."""

from __future__ import annotations

from typing import IO

from rich.console import Console


def console_on(page: IO[str], width: int, *, colour: bool) -> Console:
    """A console that writes to `page`. It has the same look on every terminal, and colours only where asked."""
    return Console(
        file=page,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
