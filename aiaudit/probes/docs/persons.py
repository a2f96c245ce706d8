"""Whether a name is somebody's: those of templates, of vacant posts and of programs are nobody's."""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy
from aiaudit.probes.docs.substance import is_gap

_TEMPLATE: Final = lazy.regex(
    r"\byour[ _-]?(?:name|company|team|org)|\bfirst[ _-]?name\b|\bj(?:ohn|ane) doe\b|\b(?:max|erika) mustermann\b"
    r"|\bjoe bloggs\b|\bauthor(?:'s)? name\b|@(?:owner|team|org/team|username|user)\b"
    r"|\b(?:you|your[._-]?name|name|owner|someone|user|firstname\.lastname|first\.last|john\.doe|jane\.doe)@",
    re.IGNORECASE,
)
_NOBODY: Final = lazy.regex(
    r"(?:the )?(?:todo|tbd|owners?|authors?|(?:full )?name|unknown|nobody|no[ -]?one|none"
    r"|someone|somebody|anyone|everyone|everybody|all"
    r"|vacant|open(?: position)?|pending|unassigned|not (?:yet )?(?:assigned|named|known|decided)|to hire|n\. ?n\.?|nn)"
    r"(?: yet| so far| now)?"
    r"|(?:person|name|employee|owner|member) ?(?:[a-z]|\d{1,2})"
    r"|(?:chat ?gpt|gpt-?\d\S*|(?:github )?copilot)(?: .{0,20})?|(?:an? )?(?:ai|llm)(?: (?:assistant|agent|model))?",
    re.IGNORECASE,
)


def is_nobody(name: str) -> bool:
    """Whether a name stands for nobody who could be asked."""
    bare = name.strip(" []<>{}")
    plain = re.sub(r"\s*[(\[].*$", "", bare).strip(" *_`.,;:-–—?") or bare
    return is_gap(name) or bool(_NOBODY.fullmatch(plain) or _TEMPLATE.search(name))
