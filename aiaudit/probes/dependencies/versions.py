"""Version conditions: PEP 440, Poetry's caret and tilde, npm ranges. Answers only what it is sure of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from aiaudit import lazy

_NPM_VERSION: Final = lazy.regex(
    r"^[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$"
)
_NPM_TERM: Final = lazy.regex(r"^(\^|~>?|>=|<=|>|<|=)?\s*(.+)$")
_NPM_HYPHEN: Final = lazy.regex(r"^\s*(\S+)\s+-\s+(\S+)\s*$")
Semver = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
_RELEASE: Final = ((2, 0, ""),)  # sorts after every pre-release identifier
_LONGEST: Final = 256


def satisfies_pep440(version: str, spec: str) -> bool | None:
    """Whether `version` meets the PEP 440 `spec` ("" = any); None where either cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(spec).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def poetry_to_pep440(constraint: str) -> str | None:
    """A Poetry constraint (`^1.2`, `~1.2`, `1.*`, `>=1,<2`, `1.2.3`) as PEP 440; None for `||` and what is unknown."""
    if "|" in constraint or len(constraint) > _LONGEST:
        return None
    parts: list[str] = []
    for raw in constraint.split(","):
        term = raw.strip()
        if term in ("", "*"):
            continue
        if term[0] in "^~" and not term.startswith("~="):
            converted = _caret_or_tilde(term)
            if converted is None:
                return None
            parts.append(converted)
        elif term[0].isdigit():
            parts.append(f"=={term}")
        else:
            parts.append(term)
    return ",".join(parts)


def _caret_or_tilde(term: str) -> str | None:
    numbers = re.match(r"^[\^~]\s*v?(\d+(?:\.\d+)*)(.*)$", term)
    if numbers is None:
        return None
    release = [int(part) for part in numbers.group(1).split(".")]
    if term[0] == "^":
        position = next((i for i, part in enumerate(release) if part), len(release) - 1)
    else:
        position = min(1, len(release) - 1)
    upper = [*release[:position], release[position] + 1]
    return f">={numbers.group(1)}{numbers.group(2).strip()},<{'.'.join(map(str, upper))}"


@lru_cache(maxsize=8192)
def parse_semver(version: str) -> Semver | None:
    """A full npm version as a sortable value (pre-releases before their release); None where it is none."""
    match = _NPM_VERSION.match(version.strip()[:_LONGEST])
    if match is None or any(part is None or not part.isdigit() for part in match.groups()[:3]):
        return None
    major, minor, patch = (int(part[:18]) for part in match.groups()[:3])
    return major, minor, patch, _identifiers(match.group(4))


def _identifiers(prerelease: str | None) -> tuple[tuple[int, int, str], ...]:
    if not prerelease:
        return _RELEASE
    return tuple((0, int(p[:18]), "") if p.isdigit() else (1, 0, p) for p in prerelease.split("."))


def satisfies_npm(version: str, spec: str) -> bool | None:
    """Whether an npm version meets a range (`^ ~ x - || >=`…); None for tags, URLs and what is unknown."""
    parsed = parse_semver(version)
    if parsed is None or len(spec) > _LONGEST:
        return None
    verdicts = [_npm_set(parsed, part) for part in spec.split("||")]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _npm_set(version: Semver, part: str) -> bool | None:
    if hyphen := _NPM_HYPHEN.match(part):
        part = f">={hyphen.group(1)} <={hyphen.group(2)}"
    terms = re.sub(r"(\^|~>?|>=|<=|>|<|=)\s+", r"\1", part).split()
    for term in terms or ["*"]:
        bounds = _npm_bounds(term)
        if bounds is None:
            return None
        low, high = bounds
        if not (low <= version < high):
            return False
    return True


def _npm_bounds(term: str) -> tuple[Semver, Semver] | None:
    """The half-open interval that one comparator admits."""
    match = _NPM_TERM.match(term)
    parts = _NPM_VERSION.match(match.group(2)) if match else None
    if match is None or parts is None:
        return None
    operator = match.group(1) or "="
    numbers = [int(p[:18]) for p in _until_wildcard(parts.groups()[:3])]
    prerelease = _identifiers(parts.group(4)) if parts.group(4) else _RELEASE
    zero: Semver = (0, 0, 0, ())
    top: Semver = (1 << 62, 0, 0, ())
    if not numbers:
        return zero, top
    floor = (*numbers, *(0 for _ in range(3 - len(numbers))))
    low: Semver = (floor[0], floor[1], floor[2], prerelease if len(numbers) == 3 and parts.group(4) else ())
    exact: Semver = (floor[0], floor[1], floor[2], prerelease)
    match operator:
        case "^":
            return low, _bump(numbers, next((i for i, n in enumerate(numbers) if n), len(numbers) - 1))
        case "~" | "~>":
            return low, _bump(numbers, min(1, len(numbers) - 1))
        case ">=":
            return low, top
        case ">":
            return (_after(exact) if len(numbers) == 3 else _bump(numbers, len(numbers) - 1)), top
        case "<":
            return zero, low
        case "<=":
            return zero, (_after(exact) if len(numbers) == 3 else _bump(numbers, len(numbers) - 1))
        case _:
            if len(numbers) == 3:
                return exact, _after(exact)
            return low, _bump(numbers, len(numbers) - 1)


def _until_wildcard(parts: tuple[str | None, ...]) -> list[str]:
    numbers: list[str] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        numbers.append(part)
    return numbers


def _bump(numbers: list[int], position: int) -> Semver:
    """The least version that is above every one with the same numbers up to `position` (its pre-releases included)."""
    raised = [*numbers[:position], numbers[position] + 1, 0, 0, 0][:3]
    return raised[0], raised[1], raised[2], ()


def _after(version: Semver) -> Semver:
    return version[0], version[1], version[2], (*version[3], (-1, 0, ""))


def npm_pinned(spec: str) -> bool:
    """Whether a package.json range admits one version only."""
    return parse_semver(spec.strip()) is not None
