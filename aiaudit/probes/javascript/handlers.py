"""What a request handler does: takes input, checks it, asks who is calling, answers with a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec
from aiaudit.probes.javascript.flows import completions
from aiaudit.probes.javascript.handed_tokens import handed_token
from aiaudit.probes.javascript.limits import LimitFinder
from aiaudit.probes.javascript.lookups import lookups
from aiaudit.probes.javascript.module import FUNCTIONS, Module, makes_flow
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted, package
from aiaudit.probes.javascript.refusals import TURNED, turns_away
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.sizes import BOUNDS, is_endless, limits_size
from aiaudit.probes.javascript.turning import CONDITION, Turning
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_HANDLER: Final = 60_000  # characters of a handler that are looked through
MAX_CALLS: Final = 400
VALIDATORS: Final = name_set(
    "zod zod/v3 zod/v4 zod/mini valibot yup joi @hapi/joi ajv @sinclair/typebox @sinclair/typebox/value superstruct"
    " arktype io-ts runtypes class-validator express-validator celebrate"
    " effect/Schema @effect/schema fastest-validator typia"
)
_VALIDATES: Final = name_set(
    "parse safeParse parseAsync safeParseAsync validate validateAsync validateSync isValid isValidSync assert Check"
    " decode is create mask validateOrReject Parse cast"
)
_OF_SCHEMAS: Final = name_set("safeParse safeParseAsync")  # what nothing but a schema of Zod or Valibot is called by
_SCHEMA_NAME: Final = lazy.regex(r"(?i)schema|valid|dto\b|^z\b|^v\b|^ajv|struct|shape$")
_READS: Final = lazy.regex(
    r"\b(?:req|request|_req|_request|event|evt|ctx\.request|ctx\.req|c\.req|context\.request|r)\s*\??\.\s*"
    r"(?:body\b|json\(|text\(|formData\(|query\b|queries\(|arrayBuffer\(|blob\(|parseBody\(|valid\(|files?\b|nextUrl\.searchParams|rawBody\b)"
    r"|\bsearchParams\b|\bquery(?:String)?Parameters\b|\bread(?:Validated)?Body\(|\bget(?:Validated)?Query\("
    r"|\bctx\.(?:query|request\.body)\b"
)
# Of these, what reads a body, which only a request that writes has.
_BODY: Final = lazy.regex(
    r"\b(?:req|request|_req|_request|event|ctx\.request|c\.req|context\.request)\s*\??\.\s*"
    r"(?:body\b|json\(|formData\(|arrayBuffer\(|blob\(|parseBody\(|rawBody\b)|\bread(?:Validated)?Body\("
)
_VALID_BODY: Final = lazy.regex(r"\b(?:readValidatedBody|getValidatedQuery)\(")
_HEADERS: Final = lazy.regex(r"\b(?:req|request|c\.req|ctx\.req(?:uest)?)\b[\w.]*\.headers?\b")
_REJECTS: Final = lazy.regex(r"\b(?:400|422)\b|(?i:\bbad_?request\b)")
_CONDITION: Final = lazy.regex(r"\bif\s*\(")
_WORD: Final = lazy.regex(r"\w+")
# What a handler may wait for before it hands on an answer: what was asked of it.
_AWAITS: Final = lazy.regex(r"\bawait\b|\bfetch\(")
_LOOKS: Final = lazy.regex(
    r"\bawait\s+(?:\w+\.)?(?:params|searchParams|props)\b|\bawait\s+_?(?:req|request)\.(?:text|json|formData|arrayBuffer)\("
)
# What a helper gave back is the answer: `if (user instanceof Response) return user`, `if (!auth.ok) return auth.error`.
_ANSWER: Final = lazy.regex(
    r"^if\s*+\(\s*+(?:[\"'`]\w++[\"'`]\s++in\s++)?!?\(?(\w++)\b[^{};]{0,80}\)\s*+\{?\s*+return\s++(\w++)(?:\.\w++)?!?\s*+;?\s*+\}?\s*+$"
)
_HONO_VALID: Final = lazy.regex(r"\bc\.req\.valid\(")
# A helper that is handed the body rather than the request: `safeValidateBody(body)`.
_CHECKER: Final = lazy.regex(r"(?i)validat|^(?:safe)?(?:parse|check)\w*(?:body|input|request|payload|params|form)")
_VALIDATOR_MIDDLEWARE: Final = lazy.regex(r"(?i)valid|celebrate|schema|zod")
AUTH_NAME: Final = lazy.regex(
    r"(?i)auth(?!or)|jwt|(?:require|check|verify|validate|ensure|has)_?session|protect(?:ed|route\w*|api\w*)?$"
    r"|(?<!safe)guard(?!rail)|api_?key|requireuser|requirelogin|loggedin|requires?_?(?:role|admin)|is_?admin|verify_?token"
    r"|bearer|(?:verify|check|validate)_?signature"
)
_NO_AUTH: Final = lazy.regex(
    r"(?i)rout(?:e|es|er|ers)$|controller$|csrf|xss|optional|maybe|anonymous|initialize$|initAuth|config$|callback|handler$|toNodeHandler"
)
# Platforms whose own handler checks the signature under what they send.
_SIGNED: Final = name_set(
    "@vercel/slack-bolt @slack/bolt @slack/webhook @octokit/webhooks svix stripe discord-interactions @line/bot-sdk"
)
_CREDENTIAL: Final = lazy.regex(r"(?i)header|authori[sz]ation|bearer|cookie|api_?key|access_?token|jwt")
_CHECKING: Final = name_set(
    "createHandler verify verifyAndReceive constructEvent constructEventAsync verifyKey middleware toApp"
)
_WHO: Final = lazy.regex(r"(?i)user|session|auth|profile|viewer|account|principal|identity|caller")
_DENIES: Final = lazy.regex(r"\b40[13]\b|(?i:unauthori[sz]ed|forbidden|not[ _-]?authenticated)|\bredirect\(")
_RESPONSE: Final = lazy.regex(
    r"^(?:res|reply|response|rep|c|ctx|_res|Response|NextResponse|Date|process|JSON|console|logger|log|Math|os|h|performance)\b"
    r"|\.(?:status|json|send|end|toISOString|set|header|type|code)$"
)
_EVERYDAY: Final = name_set(
    "map filter includes startsWith endsWith split keys values entries fromEntries isArray forEach reduce some every"
    " join toString trim replace replaceAll slice push String Number Boolean parseInt parseFloat toLowerCase"
    " toUpperCase get has set add find next concat flat flatMap stringify toFixed isNaN sort"
)
# `if (file.size > MAX) return …413`: the handler itself refuses what is too large.
_TOO_LARGE: Final = lazy.regex(
    r"(?i)(?:\.size|\.byteLength|\.length|content-?length\w*[\"'\])]*)\s*>=?\s*\w[^;]{0,300}?\b(?:413|400|422)\b"
)


class Handlers:
    """Summaries of functions of one file."""

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self.limits = LimitFinder(module, resolver)
        self.turning = Turning(module)
        self._known: dict[int, dict[str, Any]] = {}
        self._sizes: dict[str, bool] | None = None

    def of(self, node: SgNode, depth: int = 0) -> dict[str, Any]:
        """What a function does with a request; of the file's own functions that it hands the request to, too."""
        start = node.range().start.index
        if start in self._known:
            return self._known[start]
        self._known[start] = {}
        self._known[start] = self._of(node, depth)
        return self._known[start]

    def _of(self, node: SgNode, depth: int) -> dict[str, Any]:
        text = node.text()[:MAX_HANDLER]
        made: dict[str, Any] = {"reads": bool(_READS.search(text))}
        if _HONO_VALID.search(text):
            made["checks"] = "c.req.valid"
        if _VALID_BODY.search(text):
            made["checks"] = "readValidatedBody"
        if _BODY.search(text):
            made["body"] = True
        refusal = self.turning.of(node)
        if refusal:
            called = self.turning.asked.get(node.range().start.index, "") if refusal == CONDITION else refusal
            made |= {"auth": called or "answers 401", "sure": refusal == CONDITION}
        elif helper := self.turning.by_a_helper(node):
            made |= {"auth": helper, "sure": True}
        elif service := handed_token(node, self.module):
            made |= {"auth": service, "sure": True}
        request = _first_parameter(node)
        touches: list[str] = []
        for call in node.find_all({"rule": {"any": [{"kind": "call_expression"}, {"kind": "new_expression"}]}})[
            :MAX_CALLS
        ]:
            self._call(call, made, touches, request, depth)
        if not made.get("checks") and made["reads"] and _rejects(text):
            made["checks"] = "answers 400"
        if not made.get("checks") and made["reads"] and turns_away(text, (), action=False):
            made["checks"] = TURNED
        if not made["reads"] and request and _HEADERS.search(text):
            made["headers"] = True  # what it checks is not what comes in
            made.pop("checks", None)
        if made["reads"] and _TOO_LARGE.search(text):
            made["bounded"] = True
        made["touches"] = sorted(set(touches))[:12]
        limits = self.limits.of(node)
        if limits:
            made["limits"] = limits
        looked_up = lookups(node)
        if looked_up:
            made["lookups"] = looked_up
        return made

    def _call(self, call: SgNode, made: dict[str, Any], touches: list[str], request: str, depth: int) -> None:
        called = call.field("function") or call.field("constructor")
        if called is None:
            return
        name = called.text()[:120]
        named = self.resolver.called(call)
        last = name.rpartition(".")[2]
        if named.spec not in (LOCAL, UNKNOWN) and completions().match(dotted(named.spec, named.rest)):
            made["asks"] = True
            made.setdefault("asks_line", call.range().start.line + 1)
        from_library = named.spec not in (GLOBAL, LOCAL, UNKNOWN) and package(named.spec) in VALIDATORS
        if last in _VALIDATES and (from_library or ("." in name and self._is_schema(called, last))):
            made["checks"] = made.get("checks") or name[-60:]
            self._bound_of(called, call, made)
        if from_library and package(named.spec) == "ajv" and "compile" in named.rest and "." not in name:
            made["checks"] = (
                made.get("checks") or "ajv"
            )  # `const check = new Ajv().compile({…})`, and `check(req.body)`
            bound = self.module.bound(name, call.range().start.index)
            if bound is not None and bound.node is not None and limits_size(bound.node.text()[:20_000]):
                made["bounded"] = True
        if (
            not _RESPONSE.search(name)
            and last not in _EVERYDAY
            and len(touches) < 60
            and call.kind() == "call_expression"
        ):
            touches.append(last[:60])
        optional = (own_spec(named.spec) or name == made.get("auth")) and self._only_if_given(call)
        if optional and name == made.get("auth"):
            made["auth"] = ""
        made["auth"] = made.get("auth") or self.signed(call)
        whole = _is_the_answer(call)
        asks = _WHO.search(named.rest) or name == made.get("auth") or _answered(call) or whole
        if whole and named.spec == LOCAL and "." not in named.rest and depth < 2:
            bound = self.module.bound(named.rest, call.range().start.index)
            if bound is not None and bound.node is not None and bound.node.kind() in FUNCTIONS:
                other = self.of(bound.node, depth + 1)
                if other.get("auth") and not made.get("auth"):
                    made |= {"auth": other["auth"], "sure": other.get("sure", False)}
                made.setdefault("asks_by", []).extend(other.get("asks_by", ())[:8])
        if own_spec(named.spec) and not optional and asks:
            made.setdefault("asks_by", []).append([named.spec, named.rest])
        if (
            depth < 2
            and not optional
            and ((request and _hands_on(call, request)) or (made["reads"] and _CHECKER.search(last)))
        ):
            if named.spec == LOCAL and "." not in named.rest:
                bound = self.module.bound(named.rest, call.range().start.index)
                inner = bound.node if bound is not None else None
                if inner is not None and inner.kind() == "call_expression" and makes_flow(inner):
                    inner = arguments_of(inner)[-1]
                if inner is not None and inner.kind() in FUNCTIONS:
                    merge(made, self.of(inner, depth + 1))
            elif own_spec(named.spec):
                made.setdefault("hands_to", []).append([named.spec, named.rest])

    def _only_if_given(self, call: SgNode) -> bool:
        """`image ? verify(image) : undefined`: what is looked at only where a caller brings it keeps nobody out. A
        key or a token of a header is left to who reads whom the code lets through without one."""
        arguments = call.field("arguments")
        first = (
            next((one.text() for one in arguments.children() if one.is_named()), "") if arguments is not None else ""
        )
        bound = self.module.bound(first, call.range().start.index) if first else None
        made = bound.node.text()[:400] if bound is not None and bound.node is not None else ""
        if not first or _CREDENTIAL.search(first) or _CREDENTIAL.search(made):
            return False
        at = call.range().start.index
        for one in call.ancestors():
            kind = one.kind()
            if kind in ("function_declaration", "method_definition", "export_statement"):
                return False
            if kind in ("if_statement", "ternary_expression"):
                condition = one.field("condition")
                if condition is not None and not condition.range().start.index <= at < condition.range().end.index:
                    asked = condition.text().strip("()").strip()
                    other = one.field("alternative")
                    if asked == first:
                        return other is None or not _DENIES.search(other.text())
        return False

    def signed(self, call: SgNode) -> str:
        """The handler of a platform's own library, which checks the signature under what it is sent; else ""."""
        named = self.resolver.called(call)
        last = named.rest.rpartition(".")[2]
        return last if package(named.spec) in _SIGNED and last in _CHECKING else ""

    def _is_schema(self, called: SgNode, last: str) -> bool:
        receiver = called.field("object")
        if receiver is None or receiver.text() in (
            "JSON",
            "path",
            "url",
            "URL",
            "qs",
            "Date",
            "semver",
            "cookie",
            "console",
        ):
            return False
        found = self.resolver.of(receiver)
        if found is not None and found.spec not in (GLOBAL, LOCAL, UNKNOWN) and package(found.spec) in VALIDATORS:
            return True
        schema = last in _OF_SCHEMAS or _SCHEMA_NAME.search(receiver.text().rpartition(".")[2])
        return bool(schema) and (found is None or found.spec != GLOBAL)

    def _bound_of(self, called: SgNode, call: SgNode, made: dict[str, Any]) -> None:
        """Whether the schema limits the size of what it checks: said where the schema is defined."""
        candidates = [called.field("object")]
        arguments = call.field("arguments")
        candidates += [one for one in (arguments.children() if arguments is not None else []) if one.is_named()][:1]
        for one in candidates:
            if one is None or one.kind() not in ("identifier", "call_expression", "member_expression"):
                continue
            if one.kind() == "call_expression":
                made["bounded"] = made.get("bounded", False) or limits_size(one.text()[:20_000])
                continue
            bound = self.module.bound(one.text(), one.range().start.index)
            if bound is not None and bound.imported is not None:
                made.setdefault("schemas", []).append([bound.imported.spec, bound.imported.name])
            elif bound is not None and bound.node is not None:
                made["bounded"] = made.get("bounded", False) or self._limits_size(one.text(), bound.node)

    def _limits_size(self, name: str, node: SgNode) -> bool:
        if self._sizes is None:
            self._sizes = self.schemas()
        return self._sizes[name] if name in self._sizes else limits_size(node.text()[:20_000])

    def schemas(self) -> dict[str, bool]:
        """Top-level schemas of the file: name -> whether they limit the size of all that they check."""
        texts: dict[str, str] = {}
        for name, bindings in self.module.bindings.items():
            one = bindings[0]
            if (
                one.scope is self.module.top
                and one.kind == "value"
                and one.node is not None
                and one.node.kind() == "call_expression"
            ):
                named = self.resolver.of(one.node)
                if named is not None and package(named.spec) in VALIDATORS:
                    texts[name] = one.node.text()[:20_000]
        bounded = {name for name, text in texts.items() if BOUNDS.search(text)}
        endless = {name for name, text in texts.items() if is_endless(text)}
        for _ in range(3):  # schemas of schemas
            bounded |= {name for name, text in texts.items() if bounded & set(_WORD.findall(text))}
            endless |= {name for name, text in texts.items() if endless & set(_WORD.findall(text))}
        return {name: name in bounded - endless for name in texts}


def _answered(call: SgNode) -> bool:
    """Whether a handler answers with what a call gave back, where that is no good: `const loaded = await load(id)`,
    `if ("error" in loaded) return loaded.error`."""
    name = next((one for one in list(call.ancestors())[:3] if one.kind() == "variable_declarator"), None)
    bound = name.field("name") if name is not None else None
    if bound is None or bound.kind() != "identifier":
        return False
    declared = next((one for one in call.ancestors() if one.kind() == "lexical_declaration"), None)
    following = declared.next() if declared is not None else None
    answer = _ANSWER.search(following.text()[:400]) if following is not None else None
    return answer is not None and answer.group(1) == answer.group(2) == bound.text()


def _is_the_answer(call: SgNode) -> bool:
    """Whether a handler does nothing but hand on what a call answers: `return proxied("/users", {method, body})`,
    with no more before it than a look at the request."""
    outer = call.parent()
    if outer is not None and outer.kind() == "await_expression":
        outer = outer.parent()
    if outer is None or outer.kind() != "return_statement":
        return False
    block = outer.parent()
    if block is None or block.kind() != "statement_block":
        return False
    before = block.text()[: outer.range().start.index - block.range().start.index][:2000]
    holder = block.parent()
    return holder is not None and holder.kind() in FUNCTIONS and not _AWAITS.search(_LOOKS.sub("", before))


def _rejects(text: str) -> bool:
    """Whether some condition is answered with 400 or 422, not only a body that is no JSON."""
    for match in list(_REJECTS.finditer(text))[:50]:
        before = text[max(0, match.start() - 600) : match.start()]
        condition = list(_CONDITION.finditer(before))
        if condition and not _caught(text, match.start(), match.start() - len(before) + condition[-1].start()):
            return True
    return False


def _caught(text: str, answer: int, condition: int) -> bool:
    """Whether a condition and its answer may lie in a `catch`, or come before one: a block that is closed before the
    condition, such as that of a body that is no JSON, is none."""
    near = text.rfind("catch", max(0, answer - 400), answer)
    between = text[near:condition]
    return near >= 0 and not ("{" in between and between.count("}") >= between.count("{"))


def names_a_check(name: str) -> bool:
    """Whether what stands before a handler is called after a check of the caller."""
    return bool(AUTH_NAME.search(name)) and not _NO_AUTH.search(name)


def merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    """Adds what a function does that the request is handed to."""
    into["reads"] = into.get("reads", False) or other.get("reads", False)
    into["bounded"] = into.get("bounded", False) or other.get("bounded", False)
    if other.get("body"):
        into["body"] = True
    if other.get("auth") and not into.get("auth"):
        into["sure"] = other.get("sure", False)
    for key in ("checks", "auth"):
        if not into.get(key) and other.get(key):
            into[key] = other[key]
    if other.get("asks"):
        into["asks"] = True
        into.setdefault("asks_line", other.get("asks_line", 0))
    for key in ("hands_to", "asks_by", "schemas", "touches"):
        if other.get(key):
            into[key] = [*into.get(key, []), *other[key]][:20]
    if other.get("lookups"):
        into["lookups"] = [*into.get("lookups", []), *other["lookups"]][:40]
    if other.get("limits"):
        into["limits"] = [*into.get("limits", []), *other["limits"]][:60]


def _first_parameter(node: SgNode) -> str:
    parameters = node.field("parameters")
    single = node.field("parameter")
    if single is not None:
        return single.text()
    for one in parameters.children() if parameters is not None else ():
        if one.is_named():
            pattern = one.field("pattern") or one
            return pattern.text() if pattern.kind() == "identifier" else ""
    return ""


def _hands_on(call: SgNode, request: str) -> bool:
    arguments = call.field("arguments")
    return arguments is not None and any(
        one.kind() == "identifier" and one.text() == request for one in arguments.children()
    )


def is_validator(name: str) -> bool:
    return bool(_VALIDATOR_MIDDLEWARE.search(name))
