"""Who wrote a commit: mailmap applied, identities of one person joined, bots left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.words import word_set

_BOT: Final = lazy.regex(
    r"\[bot\]|\bbot\b|-bot@|^bot@|dependabot|renovate|github-actions|pre-commit-ci|greenkeeper|snyk|codecov|mergify"
    r"|semantic-release|weblate|imgbot|allcontributors|web-flow|copilot|cursoragent|noreply@anthropic\.com|\bdevin-ai"
    r"|\bcodex@openai\.com|\bopenai-code|@aider\.chat|gemini-code-assist|\bsweep-?ai\b|replit-?agent|openhands@"
    r"|@lovable\.dev|gpt-engineer|google-labs-jules",
    re.IGNORECASE,
)
_MAILMAP: Final = lazy.regex(r"\s*+([^<#]*+)<([^>]*+)>\s*+(?:([^<#]*+)<([^>]*+)>)?")
_LEAST_LOGIN: Final = 7  # letters of a login that is taken for a name
_LEAST_BEGINNING: Final = 9  # letters with which logins of two people hardly begin alike
_LEAST_COMPANY: Final = 3
_MOST_ALIKE: Final = 20  # logins that begin with the same
# What stands before the @ of addresses that many people have, and names that many leave as they came.
_NO_LOGINS: Final = word_set(
    "contact support hello develop developer developers engineering github gitlab bitbucket noreply donotreply unknown",
    "localhost username yourname ubuntu vagrant jenkins service services feedback security webmaster postmaster",
)
_MAX_MAILMAP: Final = 20_000  # lines


class Identity(NamedTuple):
    """A name and an address as a commit gives them."""

    name: str
    email: str

    @property
    def is_bot(self) -> bool:
        return _is_bot(f"{self.name} {self.email}"[:400])


@lru_cache(maxsize=4096)
def _is_bot(told: str) -> bool:
    """A few people write all commits of a project."""
    return _BOT.search(told) is not None


class Mailmap:
    """The project's `.mailmap` (gitmailmap(5)): commit identities -> the proper ones."""

    def __init__(self, text: str = "") -> None:
        self._by_both: dict[tuple[str, str], Identity] = {}
        self._by_email: dict[str, Identity] = {}
        for line in text.splitlines()[:_MAX_MAILMAP]:
            found = _MAILMAP.match(line[:500])
            if found is None:
                continue
            name, email, old_name, old_email = ((part or "").strip() for part in found.groups())
            if not old_email:  # Proper Name <commit@email>
                self._by_email[email.lower()] = Identity(name, "")
            elif old_name:
                self._by_both[(old_name.lower(), old_email.lower())] = Identity(name, email)
            else:
                self._by_email[old_email.lower()] = Identity(name, email)

    def proper(self, identity: Identity) -> Identity:
        email = identity.email.lower()
        proper = self._by_both.get((identity.name.lower(), email)) or self._by_email.get(email)
        if proper is None:
            return identity
        return Identity(proper.name or identity.name, proper.email or identity.email)


class People:
    """Joins identities that share a name or an address into one person, called by the name seen most."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._parent: dict[str, str] = {}
        self._names: dict[str, dict[str, int]] = {}
        counted: dict[Identity, int] = {}
        for identity in identities:
            counted[identity] = counted.get(identity, 0) + 1
        for identity in counted:
            keys = _keys(identity)
            for key in keys[1:]:
                self._join(keys[0], key)
        logins = sorted({key for identity in counted for key in _keys(identity) if key.startswith("login:")})
        for identity in counted:
            if base := _behind_employer(identity):
                at = bisect_left(logins, f"login:{base}")
                for login in logins[at : at + _MOST_ALIKE]:
                    if login.startswith(f"login:{base}"):
                        self._join(_keys(identity)[0], login)
        for identity, count in counted.items():
            names = self._names.setdefault(self._root(_keys(identity)[0]), {})
            names[identity.name] = names.get(identity.name, 0) + count

    def person(self, identity: Identity) -> str:
        """The name of the person that the identity belongs to."""
        names = self._names.get(self._root(_keys(identity)[0]))
        return max(sorted(names), key=lambda name: names[name]) if names else identity.name

    def _root(self, key: str) -> str:
        while self._parent.get(key, key) != key:
            self._parent[key] = self._parent.get(self._parent[key], self._parent[key])
            key = self._parent[key]
        return key

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first


def _behind_employer(identity: Identity) -> str:
    """What is left of a login that an employer gave: `adalovelace-acme` or `adalovelace_acme` at acme.com. Somebody
    else whose login begins so is the same person with an account of his own."""
    company = identity.email.lower().partition("@")[2].partition(".")[0]
    name = identity.name.lower().replace("_", "-")
    if len(company) < _LEAST_COMPANY or not name.endswith(f"-{company}"):
        return ""
    login = re.sub(r"[^a-z]", "", name.removesuffix(company))
    return login if len(login) >= _LEAST_BEGINNING else ""


def _keys(identity: Identity) -> list[str]:
    """What identities of one person share: the address, and a name of at least two words or 6 letters; a name of two
    words without its blank is also the login (`Ada Example`, `adaexample@users.noreply.github.com`), and what stands
    before the @ of any other address is one (`Adalovelace`, `adalovelace@example.org`)."""
    name = " ".join(identity.name.lower().split())
    email = identity.email.lower()
    hidden = re.fullmatch(r"(?:\d+\+)?([\w-]+)@users\.noreply\.github\.com", email)
    keys = [f"mail:{hidden.group(1) if hidden else email}"] if email else []
    if len(name) >= 6 or " " in name:
        keys.append(f"name:{name}")
    for told in (hidden.group(1) if hidden else email.partition("@")[0], name):
        login = re.sub(r"[^a-z]", "", told)
        if len(login) >= _LEAST_LOGIN and login not in _NO_LOGINS:
            keys.append(f"login:{login}")
    return keys or [f"name:{name}"]
