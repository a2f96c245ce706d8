"""How a sentence begins, and what is said where only code could be named."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

_NAME: Final = lazy.regex(r"[^\s]*[\w)][./_(][\w)]")  # of a file or a function: it keeps its letters
_CODE: Final = lazy.regex(r"\?\.\w|=>|\.\.\.[\w\[]|&&|\|\|| \? ")  # what no sentence holds


def begun(text: str) -> str:
    """A sentence with a capital at its beginning, but for one that begins with a name: `main.py is not there`."""
    return text if _NAME.match(text) else text[:1].upper() + text[1:]


def as_words(reason: str) -> str:
    """What is not known, where an engine names only what stands in the code: `fastapi.FastAPI()`, or a bare word for
    a kind of expression (`boolop`)."""
    code = reason.removeprefix("$ref ")
    if _CODE.search(code):
        return f"what `{code.rstrip(' :;,')}` holds was not followed"
    if " " in code or not code:
        return reason
    if code.isidentifier() and code.islower() and "_" not in code:
        return "a value that it rests on is put together as the code runs"
    return f"what `{code}` holds was not followed"
