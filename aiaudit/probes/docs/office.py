"""Word and PDF documents as text in sections, as if they were Markdown; within budgets, and nothing of them is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from aiaudit.probes.docs.document import Document, parse_lines
from aiaudit.probes.docs.docx import docx_lines

SUFFIXES: Final = (".docx", ".pdf")
BROKEN: Final = ("not a", "its XML", "no text in it;")  # how the reasons begin that a file is not what its name says
MAX_BYTES: Final = 20 * 1024 * 1024  # of the file
_SECONDS: Final = 300.0  # by the clock on the wall, on a busy machine; the program bounds its own processor time
_PROGRAM: Final = Path(__file__).with_name("pdf_text.py")


def office_document(path: str, data: bytes) -> Document | str:
    """The document, or in a few words why it cannot be read. Line numbers are those of its text."""
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1024**2} MB"
    lines = docx_lines(data) if path.lower().endswith(".docx") else _pdf_lines(data)
    if isinstance(lines, str):
        return lines
    return parse_lines(path, lines) if any(line.strip() for line in lines) else "no text in it; it is empty"


def _pdf_lines(data: bytes) -> list[str] | str:
    if b"%PDF-" not in data[:1024]:
        return "not a PDF"
    try:
        done = subprocess.run(  # noqa: S603 (this interpreter, a file of this package)
            [sys.executable, "-I", str(_PROGRAM)], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return f"it takes longer than {_SECONDS:.0f} seconds to read"
    except (OSError, ValueError):
        return "reading it takes too much time or memory"
    lines = answer.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else str(answer.get("reason", "broken"))
