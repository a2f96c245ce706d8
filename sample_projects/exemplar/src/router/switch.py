"""Switches the model off while the service runs: no restart, no deployment."""

from pathlib import Path


def router_enabled(switch: Path) -> bool:
    """Whether the model may answer. Asked for each ticket: off as soon as the file `switch` holds the word `off`."""
    return not (switch.is_file() and switch.read_text().strip() == "off")
