"""Runs as a program of its own: reads a PDF from standard input, writes its lines as JSON to standard output.

A PDF can make any reader work for ever or fill the memory, so this process has a limit of processor time and memory,
and its parent one of time. It imports nothing of aiaudit. Lines that are set larger than most of the text, and short
bold ones, become Markdown headings.
"""

import contextlib
import io
import json
import logging
import re
import sys
from collections import Counter
from typing import Any

MAX_PAGES = 200
MAX_CHARACTERS = 400_000
MEMORY = 1024 * 1024 * 1024
SECONDS = 20
LARGER = 1.12  # times the size of most of the text: a heading


def limit() -> None:
    """Bound this process, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def lines_of(data: bytes) -> dict[str, Any]:
    """`lines`, or the `reason` that there are none."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        return {"reason": "encrypted"}
    found: list[tuple[str, float, bool]] = []
    total = 0
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES or total > MAX_CHARACTERS:
            break
        pieces: list[tuple[str, float, bool]] = []

        def take(text: str, cm: Any, tm: Any, font: Any, size: Any, into: list[Any] = pieces) -> None:
            scale = abs(float(tm[3]) or float(tm[0])) * (abs(float(cm[3])) or 1.0)
            bold = bool(re.search("bold|black|heavy", str((font or {}).get("/BaseFont", "")), re.IGNORECASE))
            into.append((text, round(float(size or 0) * (scale or 1.0), 1), bold))

        page.extract_text(visitor_text=take)
        made = _joined(pieces)
        total += sum(len(text) for text, _, _ in made)
        found += made
    if not any(text for text, _, _ in found):
        return {"reason": "no text in it (a scan?)"}
    sizes = Counter[float]()
    for text, size, _ in found:
        sizes[size] += len(text)
    body = sizes.most_common(1)[0][0]
    return {"lines": [line for text, size, bold in found for line in _markdown(text, size, bold, body)]}


def _joined(pieces: list[tuple[str, float, bool]]) -> list[tuple[str, float, bool]]:
    """Pieces of text put together to lines; a line is as large and as bold as its longest piece."""
    lines: list[tuple[str, float, bool]] = []
    text, best = "", (0, 0.0, False)
    for piece, size, bold in pieces:
        parts = piece.split("\n")
        for index, part in enumerate(parts):
            text += part
            if len(part.strip()) > best[0]:
                best = (len(part.strip()), size, bold)
            if index < len(parts) - 1:
                lines.append((" ".join(text.split()), best[1], best[2]))
                text, best = "", (0, 0.0, False)
    lines.append((" ".join(text.split()), best[1], best[2]))
    return lines


def _markdown(text: str, size: float, bold: bool, body: float) -> list[str]:
    if not text:
        return [""]
    short = len(text) <= 90 and not text.endswith((".", ",", ";"))
    if short and body > 0 and size >= LARGER * body:
        return ["", f"{'##' if size < 1.5 * body else '#'} {text}", ""]
    if short and bold and size >= body:
        return ["", f"### {text}", ""]
    return [text]


if __name__ == "__main__":
    limit()
    logging.disable(logging.CRITICAL)
    try:
        answer = lines_of(sys.stdin.buffer.read())
    except ImportError:
        answer = {"reason": "pypdf is not installed"}
    except MemoryError:
        answer = {"reason": "it needs too much memory"}
    except Exception as error:
        answer = {"reason": f"not a PDF, or a broken one ({type(error).__name__})"}
    json.dump(answer, sys.stdout)
