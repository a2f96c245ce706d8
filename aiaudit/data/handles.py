"""Names of accounts in texts: `@name`, by which people stand in what others post. Counted, never kept or shown.

An `@` stands in much else: e-mail addresses, decorators and annotations in code, rules of CSS, scopes of npm, tags of
documentation, words that call everybody in a room, and stand-ins for names that were taken out. What one name says of
most rows is the account that the data was gathered about, and no person of the rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from aiaudit import lazy

CANDIDATE: Final = r"(?:^|[\s(\[\"'“‘>:;,.!?*_-])@[A-Za-z_][A-Za-z0-9_]{2,}"  # RE2 and the same in Python
MIN_NAMES: Final = 5
_MOSTLY: Final = 0.5  # of the rows: the account that the data is about
_NAME: Final = lazy.regex(
    r"(?:^|(?<=[\s(\[\"'“‘>:;,.!?*_-]))@([A-Za-z_][A-Za-z0-9_]{2,29})(?![A-Za-z0-9_@(/]|[.-][A-Za-z0-9_])"
)
_CODE: Final = lazy.regex(
    r"[{};][ \t]*(?:\n|$)|\b(?:def|class|function|interface|struct|enum)\s+\w+\s*[({:]"
    r"|^\s*(?:import|from|package|using)\s+[\w.]+\s*;?$|\b(?:public|private|protected)\s+\w+|^\s*/\*\*|^diff --git",
    re.MULTILINE,
)
# Stand-ins for names, words that call everybody, tags of documentation, rules of CSS, annotations without arguments.
_NOBODY: Final = lazy.regex(
    r"users?|user_?names?|mentions?|names?|handles?|some(?:one|body)|person|anonym\w*|url|everyone|here|channel|all|"
    r"admins?|mods?|staff|team|params?|returns?|see|throws|since|author|version|deprecated|example|todo|home|work|"
    r"media|import|charset|font|supports|include|mixin|extend|keyframes|page|layer|apply|tailwind|"
    r"overrides?|property|staticmethod|classmethod|dataclass|abstractmethod|autowired|entity|test|latest|next|alpha|beta"
)


def rows_that_name(values: Sequence[str], emails: str) -> int:
    """How many of the texts name an account, beside the one that most of them name; 0 where fewer than `MIN_NAMES`
    accounts are named. `emails`: the expression of an address, in which a name may stand."""
    address = lazy.regex(emails)
    named = [_names(address.sub(" ", value)) for value in values]
    often = Counter(name for names in named for name in names)
    common = {name for name, rows in often.items() if rows > _MOSTLY * len(values)} if len(values) > 1 else set()
    if len(often.keys() - common) < MIN_NAMES:
        return 0
    return sum(bool(names - common) for names in named)


def _names(value: str) -> set[str]:
    if _CODE.search(value):
        return set()
    return {name for found in _NAME.finditer(value) if not _NOBODY.fullmatch(name := found[1].lower())}
