"""What stands before all routes: the middleware of Next and the hook of SvelteKit, whom they send away, and from where.

A sentry is known by what it does: it answers 401 or 403, or sends to another page, unless something is verified. It
guards what its matcher and the conditions around that answer leave, and nothing that it lets through before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module
from aiaudit.probes.javascript.names import package

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.project import JavaScriptProject

MARKS: Final = lazy.linear(
    rb"\bNextResponse\b|\bNextRequest\b|\bclerkMiddleware\b|@sveltejs/kit|\bevent\.(?:locals|url\.pathname)\b|next-auth/middleware|authkit|nextjs-auth0"
    rb"|\bmatcher\b"
)
_FILES: Final = lazy.regex(r"(?:^|/)(?:src/)?(?:(?:middleware|proxy)\.[cm]?[jt]s|hooks\.server\.[jt]s)$")
_MATCHER: Final = lazy.regex(r"\bmatcher\s*:\s*(\[[^\]]{0,4000}\]|[\"'`][^\"'`]{0,400}[\"'`])", re.DOTALL)
_NAMED_MATCHER: Final = lazy.regex(r"\bmatcher\s*[:,}]")  # not written where it is set
_TEXT: Final = lazy.regex(r"[\"'`]((?:/|\()[^\"'`]{0,400})[\"'`]")
_LITERAL: Final = lazy.regex(r"[\"'`](?:\$\{\w+\})?(/[\w./-]*)[\"'`]")
_PATH: Final = lazy.regex(r"(?i)path(?:name)?\b|\burl\b|route\.id|matcher?\(|is\w*(?:route|path|page)")
# What a condition asks for where it is about the caller, by its words or by how its names were made.
_WHO: Final = lazy.regex(
    r"(?i)user|session|token|auth|jwt|claims|signed_?in|logged|api_?key|secret|principal|credential"
)
_MISSING: Final = lazy.regex(r"!(?!=)|!==|!=|===?\s*(?:null|undefined|false)|\bnot")
_AWAY: Final = lazy.regex(r"(?:^|\.)(?:redirect|protect|redirectToSignIn)$")
_LETS_ON: Final = lazy.regex(r"\b(?:next|resolve|resolve\(event)\(|^\s*+\{?\s*+return\s*+;?\s*+\}?\s*+$")
_PROTECTING: Final = {  # middleware of libraries that sends strangers away by itself
    "next-auth/middleware": "withAuth",
    "@auth0/nextjs-auth0/edge": "withMiddlewareAuthRequired",
    "@workos-inc/authkit-nextjs": "authkitMiddleware",
}
_NEGATIVE: Final = lazy.regex(r"^/?\(\(\?!(.{1,600})\)(?:\.\*|\.\+|\[\^\?\]\*)\)$", re.DOTALL)
# What does more with a login than to see whether it is there: it waits for somebody's answer, or checks what it holds.
_VERIFIES: Final = lazy.regex(
    r"\bawait\s+(?!(?:cookies|headers|params)\b)\w|(?i:verif|decrypt|unseal|validat|timingSafe|compare)\w*\s*\("
    r"|\b(?:auth|getToken|withAuth\w*|clerk\w*|create\w*Client|updateSession|NextAuth|get\w*Session\w*)\s*\(|\.auth\b"
    r"|[!=]==?\s*(?:process\.env|import\.meta\.env|env)\b|\.then\("
)
_COMMENT: Final = lazy.regex(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|(?<![:\"'`])//[^\n]*")
_COOKIE: Final = lazy.regex(r"\bcookies\b[^;\n]{0,20}(?:\.|\?\.)\s*(?:get|has)\(")
PRESENT: Final = ": a cookie is there"  # behind the path of a middleware that asks for no more than that
_NAME: Final = lazy.regex(r"\b[A-Za-z_]\w+\b")
MAX_PLACES: Final = 40


class SentryFinder:
    def __init__(self, module: Module) -> None:
        self.module = module

    def record(self) -> dict[str, Any]:
        """`sentries`: function -> {"guards": [[prefix…] for each answer that sends away; [] is everywhere], "lets":
        prefixes let through before}; `matcher`: patterns, or `matcher_elsewhere`; `wrapped`: a library that
        protects by itself."""
        found: dict[str, Any] = {}
        for scope in self.module.functions:
            if scope.node is not None and scope.name and len(found) < 100:
                guards = self._guards(scope.node)
                if guards:
                    made = {
                        "guards": guards,
                        "lets": self._let_through(scope.node),
                        "line": scope.node.range().start.line + 1,
                    }
                    found.setdefault("sentries", {})[scope.name] = made
        matcher = _MATCHER.search(self.module.text)
        if matcher is not None:
            found["matcher"] = [one[:200] for one in _TEXT.findall(matcher.group(1))][:40]
        elif _NAMED_MATCHER.search(self.module.text):
            found["matcher_elsewhere"] = True
        if found.get("sentries") and self._sees_a_cookie_alone():
            found["present"] = True
        wrapped = self._wrapped()
        return found | ({"wrapped": wrapped} if wrapped else {})

    def _sees_a_cookie_alone(self) -> bool:
        """Whether a file asks whether a cookie is there, and neither it nor what it imports looks into that."""
        text = _COMMENT.sub("", self.module.text)
        if _COOKIE.search(text) is None or _VERIFIES.search(text) is not None:
            return False
        asked = [one.alias for one in self.module.imports if one.spec.startswith((".", "@/", "~/", "#"))]
        return not any(
            re.search(rf"\b{re.escape(one)}\(\s*(?:req|request|token|session|cookie)\w*", text) for one in asked
        )

    def _guards(self, node: SgNode) -> list[list[str]]:
        found: list[list[str]] = []
        for one in node.find_all(
            {
                "rule": {
                    "any": [
                        {"kind": "number", "regex": "^40[13]$"},
                        {"kind": "call_expression", "regex": r"redirect|protect|Unauthorized"},
                    ]
                }
            }
        )[:MAX_PLACES]:
            if one.kind() == "call_expression":
                called = one.field("function")
                if called is None or not _AWAY.search(called.text()[-60:]):
                    continue
            conditions = self._conditions(one, node)
            if any(self._asks(text, node) for text in conditions):
                paths = [path for text in conditions for path in self._positive(text, node)]
                found.append(sorted(set(paths))[:20])
            elif one.kind() == "call_expression" and one.text().partition("(")[0].endswith("protect"):
                found.append([])
        return found

    def _asks(self, condition: str, node: SgNode) -> bool:
        """Whether a condition asks for something that tells who is calling, and holds where it is missing."""
        if not _MISSING.search(condition):
            return False
        if _WHO.search(condition):
            return True
        for name in lazy.regex(r"!\s*\(?(?:await\s+)?([A-Za-z_]\w*)").findall(condition)[:6]:
            bound = self.module.bound(name, node.range().end.index - 1)
            if (
                bound is not None
                and bound.node is not None
                and bound.kind == "value"
                and _WHO.search(bound.node.text()[:600])
            ):
                return True
        return False

    def _conditions(self, node: SgNode, inside: SgNode) -> list[str]:
        """The conditions of the branches in which a node stands."""
        found: list[str] = []
        inner = node
        stop = inside.range().start.index
        for one in node.ancestors():
            if one.kind() == "if_statement":
                condition = one.field("condition")
                if condition is not None and condition.range().start.index != inner.range().start.index:
                    found.append(condition.text()[:600])
            if one.kind() == "ternary_expression":
                condition = one.field("condition")
                found.append(condition.text()[:600] if condition is not None else "")
            if one.range().start.index == stop:
                break
            inner = one
        return found

    def _positive(self, condition: str, node: SgNode) -> list[str]:
        """Paths for which alone a condition holds: those that it does not name after a `!`."""
        found: list[str] = []
        for part in re.split(r"&&|\|\|", condition):
            if "!" in part.replace("!==", "").partition("path")[0] or "!==" in part:
                continue
            found += self._literals(part, node) if _PATH.search(part) else self._paths_of_a_name(part, node)
        return found

    def _paths_of_a_name(self, part: str, node: SgNode) -> list[str]:
        """The paths for which `const isProtected = PREFIXES.some((one) => pathname.startsWith(one))` holds."""
        name = re.fullmatch(r"[\s(]*([A-Za-z_]\w*)[\s)]*", part)
        made = self._made(name[1], node, at_its_end=True) if name is not None else ""
        if not _PATH.search(made) or re.search(r"!(?!=)|!==?", made):
            return []
        return self._literals(made, node)

    def _literals(self, text: str, node: SgNode) -> list[str]:
        found = list(_LITERAL.findall(text))
        for name in _NAME.findall(text)[:20]:
            bound = self.module.bound(name, node.range().end.index - 1)
            if bound is None or bound.node is None:
                continue
            if bound.node.kind() in FUNCTIONS:
                found += self._asked_in(bound.node) if not re.search(rf"!\s*{name}\b", text) else []
            elif bound.kind == "value":
                found += _LITERAL.findall(bound.node.text()[:4000])
        return found[:60]

    def _asked_in(self, function: SgNode) -> list[str]:
        """The paths of `isPublic(pathname)`, of the same file; of one that says no to them, none."""
        text = function.text()[:4000]
        if re.search(r"!(?!=)", text):
            return []
        found = list(_LITERAL.findall(text))
        for name in dict.fromkeys(_NAME.findall(text)[:30]):
            bound = self.module.bound(name, function.range().end.index - 1)
            if bound is not None and bound.kind == "value" and bound.node is not None:
                found += _LITERAL.findall(bound.node.text()[:4000])
        return found

    def _let_through(self, node: SgNode) -> list[str]:
        found: list[str] = []
        for one in node.find_all(kind="if_statement")[:MAX_PLACES]:
            condition, then = one.field("condition"), one.field("consequence")
            if condition is None or then is None or not self._is_of_paths(condition.text()[:600], one):
                continue
            text, whole = then.text()[:400], then.text()[:8000]  # a branch that goes on to ask lets nobody through
            if (_LETS_ON.search(text) or self._hands_on(text, one)) and not re.search(r"\b40[13]\b|redirect\(", whole):
                found += self._literals(condition.text()[:600], one)
        return sorted(set(found))[:60]

    def _is_of_paths(self, condition: str, node: SgNode) -> bool:
        """Whether a condition asks for the path, or for a name that stands for such a question."""
        name = re.fullmatch(r"\(\s*!?\s*([A-Za-z_]\w*)\s*\)", condition)
        return bool(_PATH.search(condition)) or (name is not None and bool(_PATH.search(self._made(name[1], node))))

    def _hands_on(self, consequence: str, node: SgNode) -> bool:
        """`return response`, where the name was given `NextResponse.next(…)` before."""
        name = re.search(r"\breturn\s+([A-Za-z_]\w*+)\s*+;?\s*+\}?\s*+$", consequence)
        return name is not None and "NextResponse.next(" in self._made(name[1], node)

    def _made(self, name: str, node: SgNode, *, at_its_end: bool = False) -> str:
        """What a name is given where it is made, as it is known where a node begins, or where it ends."""
        bound = self.module.bound(name, node.range().end.index - 1 if at_its_end else node.range().start.index)
        return bound.node.text()[:600] if bound is not None and bound.kind == "value" and bound.node is not None else ""

    def _wrapped(self) -> str:
        """`export default withAuth(…)`: the library that sends strangers away without a word here."""
        for one in self.module.imports:
            name = _PROTECTING.get(package(one.spec))
            if name is not None and (one.name in (name, "*", "default") or one.kind == "reexport"):
                return package(one.spec)
        return ""


def covers(matchers: list[str], route: str) -> bool:
    """Whether one of Next's matchers takes in a route; no matcher takes in all."""
    return not matchers or any(_covers(one, route) for one in matchers)


def _covers(matcher: str, route: str) -> bool:
    negative = _NEGATIVE.match(matcher)
    if negative is not None:
        rest = route.lstrip("/")
        left_out = [one.strip("^").replace("\\", "") for one in negative.group(1).split("|")]
        plain = [one.rstrip("$/") for one in left_out if re.fullmatch(r"[\w./-]+\$?/?", one)]
        return not any(
            rest == one or rest.startswith(f"{one}/") or (not one.endswith(".") and rest.startswith(one))
            for one in plain
            if one
        )
    if matcher.startswith(("/(.*)", "/:path*", "(.*)")):
        return True
    grouped = re.match(r"^/\(([\w|]+)\)(.*)$", matcher)
    if grouped is not None:
        return any(_covers(f"/{one}{grouped.group(2)}", route) for one in grouped.group(1).split("|"))
    head = re.split(r"/:|/?\(|\*", matcher)[0].rstrip("/")
    open_end = len(head) < len(matcher.rstrip("/"))
    return route == head or (open_end and (route.startswith(f"{head}/") or not head))


def is_sentry_file(path: str, project: JavaScriptProject) -> bool:
    """Whether a file stands before the routes: Next runs a middleware that lies beside its folder of routes alone, and
    none within it."""
    if _FILES.search(path) is None:
        return False
    folder, _, name = path.rpartition("/")
    if name.startswith("hooks.server"):
        return True
    return bool(_folders_of_routes(project) & {f"{folder}/{one}".lstrip("/") for one in ("app", "pages")})


def _folders_of_routes(project: JavaScriptProject) -> set[str]:
    known: set[str] | None = project.memo.get("folders_of_routes")
    if known is None:
        known = set()
        for path in project.records:
            parts = path.split("/")[:-1]
            known |= {"/".join(parts[: at + 1]) for at, part in enumerate(parts) if part in ("app", "pages")}
        project.memo["folders_of_routes"] = known
    return known


class Sentry:
    """One middleware: `folder`: of the application that it stands before; `guards` and `lets` as in the record."""

    def __init__(
        self, path: str, matchers: list[str], guards: list[list[str]], lets: list[str], *, present: bool = False
    ) -> None:
        self.path = path
        self.name = f"{path}{PRESENT}" if present else path  # as what asks before a route
        self.next = "hooks.server" not in path
        folder = path.rpartition("/")[0]
        self.folder = "" if folder in ("", "src") else folder.removesuffix("/src") + "/"
        self.matchers = matchers
        self.guards = guards
        self.lets = lets

    def stands_before(self, row: dict[str, Any], path: str) -> bool:
        """Whether a stranger is sent away before a route or a server action is reached."""
        if row["framework"] != ("next" if self.next else "sveltekit") or not path.startswith(self.folder):
            return False
        if row["kind"] == "action":  # it is reached by the address of any page
            return [] in self.guards and (not self.matchers or any(_NEGATIVE.match(one) for one in self.matchers))
        route = row.get("route", "")
        if row["kind"] != "route" or (self.next and not covers(self.matchers, route)):
            return False
        if any(_below(route, one) for one in self.lets):
            return False
        return any(not paths or any(_below(route, one) for one in paths) for paths in self.guards)


def _below(route: str, prefix: str) -> bool:
    head = prefix.rstrip("/")
    return route == prefix or (bool(head) and (route == head or route.startswith(f"{head}/")))


def sentries_of(project: JavaScriptProject) -> list[Sentry]:
    """The middleware of all applications of a project that sends somebody away."""
    found: list[Sentry] = []
    for path, record in project.records.items():
        if not is_sentry_file(path, project):
            continue
        made = [*record.get("sentries", {}).values()]
        for one in project.base(path).get("imports", ()):
            target = project.follow(one[1], "" if one[2] == "*" else one[2], path)
            inner = project.records.get(target.path, {}).get("sentries", {}).get(target.local) if target.path else None
            made += [inner] if inner is not None else []
        guards = [guard for one in made for guard in one["guards"]]
        if record.get("wrapped"):
            guards.append([])
        if guards:
            lets = [let for one in made for let in one["lets"]]
            present = bool(record.get("present")) and not record.get("wrapped")
            found.append(Sentry(path, record.get("matcher", []), guards, lets, present=present))
    return found
