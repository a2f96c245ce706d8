"""Names that hold secrets, and values that plainly are none. Values are looked at here and kept nowhere."""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy

_SECRET: Final = lazy.regex(
    r"(^|[_.-])(password|passwd|pwd|passphrase|secret|secrets|token|api_?key|apikey|access_?key|private_?key|credential|credentials"
    r"|auth_?key|client_?secret|signing_?key|encryption_?key|dsn|connection_?string)([_.-]|$)",
    re.IGNORECASE,
)
_NOT_SECRET: Final = lazy.regex(
    r"(max|min|num|count|limit|per|length|size|type|name|file|path|dir|url|uri|endpoint|header|expire|expiry|ttl|budget|window"
    r"|context|id|public|enabled|required|field|column|usage|prefix|algorithm)s?$|^(max|min|num|n)_|tokens$|tokenizer|tokeniz",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = lazy.regex(
    r"^\s*+=?\s*+(|x+|\*+|\.+|<.*>|\[.*\]|\{\{.*\}\}|\$.*|%.*%|change_?me.*|your[_-].*|my[_-].*|example.*|placeholder.*|dummy.*|fake.*|test.*"
    r"|todo.*|none|null|undefined|secret|password|token|key|[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|insert.*|replace.*|to_?be_?set.*|sk-\.\.\..*)\s*$",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret: `DB_PASSWORD` does, `MAX_TOKENS` and `TOKEN_URL` do not."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_SECRET.search(snake)) and not _NOT_SECRET.search(snake)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one given elsewhere: empty, a variable, an example, a word such as changeme."""
    return bool(_PLACEHOLDER.match(value.strip().strip("\"'")))
