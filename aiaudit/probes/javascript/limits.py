"""Where code counts how often a caller asks, and sends away who asks too often: by a library, or by a count of its own.

A limit is a row: `key` tells by what callers are told apart (`user`, `address`, `all`: it counts everybody together,
`parameter`: what the caller of the function hands in, `?`), `always` is false where it holds in some cases only, `ends`
tells what follows (`throw`, `answer`, `gives`: the result is handed back, and has to be looked at). A row with `by`
instead is a call of a function of the project, which may hold a limit: `looked_at` tells whether its result is looked
at, or handed back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import own_spec, properties
from aiaudit.probes.javascript.keys import key_of
from aiaudit.probes.javascript.limit_reach import MAX_DEPTH, PRODUCTION, holds, reach_of
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, pattern_names
from aiaudit.probes.javascript.names import LOCAL, dotted
from aiaudit.probes.javascript.resolve import Resolver

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_ROWS: Final = 40  # of one function
MAX_FUNCTIONS: Final = 300
MAX_LOOKS: Final = 5_000  # calls and conditions of one file whose surroundings are looked at
MAX_STEPS: Final = 4  # from a function to the one that counts
_EARLY: Final = 60  # conditions of one function
_BRANCHES: Final[Any] = {"rule": {"any": [{"kind": "if_statement"}, {"kind": "ternary_expression"}]}}
# Middleware of libraries; each tells callers apart by their address unless it is given a way.
MIDDLEWARE: Final = lazy.regex(
    r"^(?:express-rate-limit(?:\.rateLimit|\.default)?|hono-rate-limiter\.rateLimiter|koa-ratelimit|koa2-ratelimit\.RateLimit\.middleware"
    r"|elysia-rate-limit\.rateLimit|@elysiajs/rate-limit\.rateLimit|next-rate-limit|fastify-rate-limit|@fastify/rate-limit)$"
)
# Methods of libraries that count one more request of a caller.
COUNTS: Final = lazy.regex(
    r"^(?:@upstash/ratelimit\.Ratelimit\.(?:limit|blockUntilReady)|@unkey/ratelimit\.Ratelimit\.limit"
    r"|rate-limiter-flexible\.\w+\.consume|@arcjet/[\w-]+(?:\.\w+)*\.protect|@vercel/firewall\.checkRateLimit"
    r"|lambda-rate-limiter(?:\.\w+)*\.check|async-ratelimiter\.get|sveltekit-rate-limiter/server\.\w+\.isLimited|limiter\.RateLimiter\.(?:tryRemoveTokens|removeTokens))$"
)
_BINDING: Final = lazy.regex(r"(?i)\benv\.\w*limit\w*\.limit$")  # of a worker's environment
_WITHOUT_KEY: Final = lazy.regex(r"^limiter\.RateLimiter\.")
_THROWS: Final = lazy.regex(r"\.consume$")
_KEYS: Final = ("keyGenerator", "id", "generator", "key")
_NO_LIMIT: Final = lazy.regex(r"^(?:0|false|Infinity|Number\.MAX_SAFE_INTEGER|Number\.POSITIVE_INFINITY)$")
_LEAVES: Final = lazy.regex(
    r"\b(?:return|throw)\b|\b429\b|\.status\(|\.sendStatus\(|\.send\(|\.code\(|\berror\(|\bredirect\("
)
# A condition of the project's own that refuses for too much: by its answer, or by what it is about.
_TOO_MUCH: Final = lazy.regex(
    r"(?i)\b429\b|\b402\b|rate[ _-]?limit|too[ _-]?many|quota|limit[ _-]?(?:exceeded|reached)|daily limit|usage limit"
    r"|(?:exceeded|reached)\b.{0,40}\blimit|out of credits|throttl"
    r"|(?:not enough|insufficient|no)\W{0,3}\w{0,12}\W{0,3}credits?"
)
_STRICT: Final = lazy.regex(
    r"(?i)\b429\b|too_?many_?requests|[\"'`][^\"'`\n]{0,60}(?:rate[ _-]?limit|too[ _-]?many)"
    r"|new \w{0,40}rate_?limit\w*error"
)
_ANSWERED: Final = lazy.regex(r"\b429\b|TOO_MANY_REQUESTS|TooManyRequests|new \w{0,40}(?i:rate_?limit\w*error)\(")
_SIZE: Final = lazy.regex(r"\.(?:length|size|byteLength)\b")
# What is compared is kept somewhere between requests: it is looked up, or stands with the account.
_KEPT: Final = lazy.regex(
    r"(?i)\bawait\b|\.get\(|\.count\(|(?:user|account|profile|session|team|org|subscription|plan|customer)\w*[?!]?\.\w*"
    r"(?:credit|usage|used|count|quota|balance|remaining|messages|requests|tokens|limit)"
)
# What failed before: an answer of somebody else's.
_FAILED: Final = lazy.regex(r"(?i)\bstatus(?:_?code)?\b|\berr(?:or)?\b|\be\.|\.ok\b")
_DECIDES: Final = lazy.regex(r"\bif\s*\(|\s\?\s|&&|\|\|")
_CALLED: Final = lazy.regex(r"\w\(")
_OF_ERRORS: Final = lazy.regex(r"(?i)err(?:or)?|exception|handle|response|message")
_CALLED_LIMIT: Final = lazy.regex(r"(?i)rate_?limit|throttl|quota|usage_?limit|too_?many")
_USERS: Final = lazy.regex(r"(?i)characteristics\s*:\s*\[[^\]]*user")
_COMPARED: Final = lazy.regex(r"[\w\])]\s*(?:>=?|<=?)\s*[\w(]")


class LimitFinder:
    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self._known: dict[int, list[dict[str, Any]]] = {}
        self._branches: dict[int, list[SgNode]] = {}
        self._looks = 0

    # --- of a file ---------------------------------------------------------------------------------------------------
    def record(self) -> dict[str, Any]:
        """`limits`: function -> the limits in it; `limiters`: name at the top -> the middleware that it stands for;
        `throttled`: Nest's guard stands before all; `registered`: Fastify's plugin."""
        found: dict[str, Any] = {}
        functions = self._kept(self._every())
        if functions:
            found["limits"] = functions
        limiters = self._limiters()
        if limiters:
            found["limiters"] = limiters
        if "ThrottlerGuard" in self.module.text and _EVERYWHERE.search(self.module.text):
            found["throttled"] = True
        return found

    def _every(self) -> dict[str, list[dict[str, Any]]]:
        made: dict[str, list[dict[str, Any]]] = {}
        for scope in self.module.functions:
            if not scope.name or scope.node is None or len(made) >= MAX_FUNCTIONS:
                continue
            if scope.parent is self.module.top or _of_a_class(scope):
                rows = self.of(scope.node)
                direct = any("by" not in one for one in rows)
                made.setdefault(scope.name, rows if direct else [*rows, *self._by_name(scope.node, scope.name)])
                if scope.name == "canActivate" and rows and (guard := _class_of(scope.node)):
                    made.setdefault(guard, rows)
        return made

    def _kept(self, every: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
        """The functions that hold a limit, or call one of these, or one that is named after a limit."""
        kept: set[str] = set()
        for _ in range(MAX_STEPS):
            kept |= {name for name, rows in every.items() if any(_tells(one, kept) for one in rows)}
        return {name: [one for one in every[name] if _tells(one, kept)] for name in sorted(kept)}

    def _limiters(self) -> dict[str, dict[str, Any]]:
        made: dict[str, dict[str, Any]] = {}
        for name, bindings in self.module.bindings.items():
            one = bindings[0]
            if one.scope is self.module.top and one.kind == "value" and one.node is not None and len(made) < 50:
                row = self.middleware(one.node)
                if row is not None:
                    made[name] = row
        return made

    # --- of a place --------------------------------------------------------------------------------------------------
    def middleware(self, node: SgNode) -> dict[str, Any] | None:
        """The limit that an expression stands for: middleware of a library, made here or under this name."""
        named = self.resolver.of(node)
        if named is None or named.made is None or not MIDDLEWARE.match(dotted(named.spec, named.rest)):
            return None
        return self.configured(named.made, dotted(named.spec, named.rest))

    def configured(self, made: SgNode, name: str, *, second: bool = False) -> dict[str, Any] | None:
        """The limit that options make; `second`: they are the second argument (`register(plugin, {…})`)."""
        arguments = made.field("arguments")
        given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
        options = given[1 if second else 0] if len(given) > (1 if second else 0) else None
        if options is not None and options.kind() == "identifier":
            bound = self.module.bound(options.text(), options.range().start.index)
            options = bound.node if bound is not None and bound.node is not None else options
        values = properties(options) if options is not None and options.kind() == "object" else {}
        for limit in ("max", "limit"):
            if limit in values and _NO_LIMIT.match(values[limit].text()):
                return None
        key = "?" if name.startswith("hono-") else "address"
        for one in _KEYS:
            if one in values:
                key = key_of(values[one], self.module)
                key = "?" if key == "parameter" else key
        skip = values["skip"].text()[:300] if "skip" in values else ""
        always = not (("process.env" in skip and not PRODUCTION.search(skip)) or "=> true" in skip)
        return {"line": made.range().start.line + 1, "key": key, "always": always, "ends": "answer", "what": name}

    def chain(self, node: SgNode) -> list[dict[str, Any]]:
        """The limits that a function or middleware holds that is handed to a route."""
        while node.kind() in WRAPPERS and (inner := next((n for n in node.children() if n.is_named()), None)):
            node = inner
        if node.kind() in FUNCTIONS:
            return self.of(node)
        row = self.middleware(node)
        if row is not None:
            return [{**row, "before": True}]
        target = node.field("function") if node.kind() == "call_expression" else node
        named = self.resolver.of(target) if target is not None else None
        if named is None:
            return []
        if named.spec == LOCAL:
            bound = self.module.bound(named.rest.partition(".")[0], node.range().start.index)
            if bound is not None and bound.node is not None and bound.node.kind() in FUNCTIONS:
                return [{**one, "looked_at": True, "before": True} for one in self.of(bound.node)]
            return []
        if not own_spec(named.spec):
            return []
        line = node.range().start.line + 1
        return [
            {
                "line": line,
                "by": [named.spec, named.rest],
                "key": "?",
                "looked_at": True,
                "always": True,
                "before": True,
            }
        ]

    def guard(self, name: SgNode) -> list[dict[str, Any]]:
        """The call of a guard of the project that Nest makes before a handler: it may hold a limit."""
        named = self.resolver.of(name)
        if named is None or not (named.spec == LOCAL or own_spec(named.spec)):
            return []
        by = {"by": [named.spec, named.rest], "key": "?", "looked_at": True, "always": True, "before": True}
        return [{"line": name.range().start.line + 1, **by}]

    def of(self, node: SgNode) -> list[dict[str, Any]]:
        """The limits in a function, those in functions that are written in it included."""
        start = node.range().start.index
        if start not in self._known:
            self._known[start] = []
            self._known[start] = self._of(node)[:MAX_ROWS]
        return self._known[start]

    def _of(self, node: SgNode) -> list[dict[str, Any]]:
        place = node.range()
        calls = self.module.calls_in(place.start.index + 1, place.end.index)[:600]
        found: list[dict[str, Any]] = []
        for call in calls:
            row = self._call(call, node) if call.kind() == "call_expression" else None
            if row is not None:
                found.append(row)
        return [*(one for one in found if "by" not in one), *self._counts(node), *(one for one in found if "by" in one)]

    def _call(self, call: SgNode, inside: SgNode) -> dict[str, Any] | None:
        named = self.resolver.called(call)
        name = dotted(named.spec, named.rest)
        called = call.field("function")
        text = called.text()[:200] if called is not None else ""
        if MIDDLEWARE.match(name) and named.rest in ("", "rateLimit", "rateLimiter", "default"):
            return self.configured(call, name)
        counts = COUNTS.match(name) or _BINDING.search(text)
        if not counts and not (own_spec(named.spec) or named.spec == LOCAL):
            return None
        if not self._looks_on() or _after_a_failure(call, inside):
            return None
        line = call.range().start.line + 1
        reach = reach_of(call, inside, self._conditions(inside))
        key = "all" if _WITHOUT_KEY.match(name) else self._key(call, name)
        if not counts:
            if named.spec == LOCAL and "." in named.rest:
                return None
            looked_at = bool(self._looked_at(call, inside) or self._given_back(call, inside))
            return {"line": line, "by": [named.spec, named.rest], "key": key, "looked_at": looked_at, **reach}
        ends = self._looked_at(call, inside)
        if not ends:
            ends = self._thrown(call) if _THROWS.search(name) else self._given_back(call, inside)
        return {"line": line, "key": key, "ends": ends, "what": name, **reach} if ends else None

    def _key(self, call: SgNode, name: str) -> str:
        arguments = call.field("arguments")
        given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
        if ".protect" in name or name.endswith("checkRateLimit"):
            return self._of_arcjet(call) if ".protect" in name else "address"
        if name.endswith(".isLimited"):  # it tells callers apart by their address, or a cookie that it sets
            return "address"
        if not given:
            return "?"
        if not COUNTS.match(name):  # of the arguments of a function of the project, the one that tells who it is
            keys = [key_of(one, self.module) for one in given[:5]]
            return next((one for one in ("user", "address", "parameter") if one in keys), "?")
        return key_of(given[0], self.module)

    def _of_arcjet(self, call: SgNode) -> str:
        """By what its client was told to tell callers apart: their address, where nothing is said."""
        named = self.resolver.called(call)
        text = named.made.text()[:4000] if named.made is not None else ""
        if not text:
            return "?"
        return "user" if _USERS.search(text) else "address"

    # --- what follows a count ----------------------------------------------------------------------------------------
    def _looked_at(self, call: SgNode, inside: SgNode) -> str:
        """What happens to who asks too often: `throw` or `answer`, where a condition looks at the result; else ""."""
        names: set[str] = set()
        inner = call
        for one in call.ancestors()[:MAX_DEPTH]:
            kind = one.kind()
            if kind in ("if_statement", "ternary_expression"):
                condition = one.field("condition")
                if condition is not None and holds(condition, call):
                    return _ending(one)
                if kind == "if_statement":
                    break
            if kind == "variable_declarator":
                name = one.field("name")
                names |= {local for local, _ in pattern_names(name)} if name is not None else set()
                break
            if kind == "assignment_expression":
                left = one.field("left")
                names |= {left.text().rpartition(".")[2]} if left is not None else set()
                break
            if kind in FUNCTIONS or one.range().start.index <= inside.range().start.index:
                break
            if kind == "call_expression" and inner.kind() == "member_expression" and inner.text().endswith(".catch"):
                arguments = one.field("arguments")
                return "answer" if arguments is not None and _LEAVES.search(arguments.text()[:600]) else ""
            inner = one
        if not names:
            return ""
        end = call.range().end.index
        for one in self._conditions(inside):
            condition = one.field("condition")
            if condition is None or one.range().start.index < end:
                continue
            if names & set(_WORD.findall(condition.text()[:400])) and (ending := _ending(one)):
                return ending
        return ""

    def _thrown(self, call: SgNode) -> str:
        """`await limiter.consume(ip)` throws for who asks too often, unless that is caught and passed over."""
        parent = call.parent()
        if parent is None or parent.kind() not in ("await_expression", "return_statement"):
            return ""
        for one in call.ancestors()[:MAX_DEPTH]:
            if one.kind() == "try_statement":
                handler = one.field("handler")
                text = handler.text()[:3000] if handler is not None else ""
                return "answer" if handler is None or _LEAVES.search(text) else ""
            if one.kind() in FUNCTIONS:
                break
        return "throw"

    def _given_back(self, call: SgNode, inside: SgNode) -> str:
        """Whether the function hands the result back, by which its caller may decide."""
        for one in call.ancestors()[:MAX_DEPTH]:
            if one.kind() == "return_statement":
                return "gives"
            if one.kind() == "variable_declarator":
                names = {local for local, _ in pattern_names(found)} if (found := one.field("name")) else set()
                for back in inside.find_all(kind="return_statement")[:_EARLY]:
                    if names & set(_WORD.findall(back.text()[:400])):
                        return "gives"
                return ""
            if one.kind() in FUNCTIONS:
                body = one.field("body")
                return "gives" if body is not None and body.kind() != "statement_block" else ""
        return ""

    # --- counts of the project's own ---------------------------------------------------------------------------------
    def _counts(self, node: SgNode) -> list[dict[str, Any]]:
        """`if (used >= plan.limit) return … 429`: a condition that compares, and refuses for too much. Where nothing is
        compared before a 429, it is not known what counts, nor by what callers are told apart."""
        found: list[dict[str, Any]] = []
        for one in self._conditions(node):
            condition, then = one.field("condition"), one.field("consequence")
            if condition is None or then is None:
                continue
            asked, text = condition.text()[:400], then.text()[:600]
            if not _TOO_MUCH.search(text) or not _LEAVES.search(text) or _FAILED.search(asked):
                continue
            if not self._looks_on() or _after_a_failure(one, node):
                continue
            made = self._made_of(condition, asked)
            if any(_BROUGHT.search(text) for text in made):
                continue
            strict = _STRICT.search(text) is not None
            counts = _COMPARED.search(asked) and (strict or not _SIZE.search(asked))
            answered = made and _ANSWERED.search(text) is not None
            if not (counts and any(_KEPT.search(one) for one in (asked, *made))) and not answered:
                continue
            key = key_of(condition, self.module) if counts else "?"
            ends = "throw" if "throw" in text and "return" not in text else "answer"
            row = {"line": one.range().start.line + 1, "key": key, "ends": ends, "what": "a refusal of its own"}
            found.append({**row, **reach_of(one, node, self._conditions(node))})
        return found

    def _made_of(self, condition: SgNode, asked: str) -> list[str]:
        """How what a condition names was made."""
        found = [asked] if _CALLED.search(asked) else []
        for name in _WORD.findall(asked)[:12]:
            bound = self.module.bound(name, condition.range().start.index)
            if bound is not None and bound.kind == "value" and bound.node is not None:
                found.append(bound.node.text()[:800])
        return found

    def _by_name(self, node: SgNode, name: str) -> list[dict[str, Any]]:
        """A function that is named after a limit and answers 429: what it counts is not known."""
        body = node.field("body")
        text = body.text()[:20_000] if body is not None else ""
        if (
            not _CALLED_LIMIT.search(name)
            or _OF_ERRORS.search(name)
            or not _ANSWERED.search(text)
            or not _DECIDES.search(text)
        ):
            return []
        line = node.range().start.line + 1
        return [{"line": line, "key": "?", "always": True, "ends": "answer", "what": name[:60]}]

    def _conditions(self, node: SgNode) -> list[SgNode]:
        start = node.range().start.index
        if start not in self._branches:
            self._branches[start] = node.find_all(_BRANCHES)[:_EARLY]
        return self._branches[start]

    def _looks_on(self) -> bool:
        self._looks += 1
        return self._looks <= MAX_LOOKS


_NAMED: Final = lazy.regex(r"(?i)limit|throttl|quota|credit|usage|budget")
_EVERYWHERE: Final = lazy.regex(r"APP_GUARD[^}]{0,200}ThrottlerGuard|useGlobalGuards\([^)]{0,200}ThrottlerGuard")
_WORD: Final = lazy.regex(r"\w+")
_BROUGHT: Final = lazy.regex(
    r"\b(?:req|request|c\.req|ctx\.request)\b[\w.]*\.(?:json|body|text|formData|arrayBuffer|blob)\b"
)


def _tells(row: dict[str, Any], kept: set[str]) -> bool:
    if "by" not in row:
        return True
    spec, rest = row["by"]
    return rest in kept if spec == LOCAL else _NAMED.search(f"{spec} {rest}") is not None


def _after_a_failure(node: SgNode, inside: SgNode) -> bool:
    """Whether a node stands in a `catch` of the function: what another service refuses is no limit of the project's."""
    start = inside.range().start.index
    for one in node.ancestors()[:MAX_DEPTH]:
        if one.range().start.index <= start:
            return False
        if one.kind() == "catch_clause":
            return True
    return False


def _ending(branch: SgNode) -> str:
    then = branch.field("consequence")
    text = then.text()[:2000] if then is not None else ""
    if not _LEAVES.search(text):
        other = branch.field("alternative")
        text = other.text()[:2000] if other is not None else ""
    if not _LEAVES.search(text):
        return ""
    return "throw" if "throw" in text and "return" not in text else "answer"


def _of_a_class(scope: Any) -> bool:
    """Whether a function is a method of a class at the top of the file."""
    home = scope.parent
    return home is not None and home.kind == "class_body" and home.parent is not None and home.parent.parent is None


def _class_of(node: SgNode) -> str:
    """The name of the class that a method belongs to."""
    for one in node.ancestors()[:3]:
        if one.kind() in ("class_declaration", "abstract_class_declaration"):
            name = one.field("name")
            return name.text() if name is not None else ""
    return ""
