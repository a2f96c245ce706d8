"""Which stored records a handler looks up by what it is sent, and whether that is held to whoever asks.

Queries of Prisma (`prisma.document.findUnique({ where: { id } })`), Mongoose (`Document.findById(id)`) and Drizzle
(`.where(eq(documents.id, id))`) in the handler's own body. Names are followed through its declarations: what a check of
the caller gives (`const session = await auth()`) and what is made of that is who asks; parameters of the address, the
body and what is made of them is what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, properties
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

TO_WHO: Final = "to who asks"
UNCLEAR: Final = "unclear"
TO_NOTHING: Final = "to nothing"
_MAX_LOOKUPS: Final = 20
_MAX_TEXT: Final = 4_000  # characters of a declaration or a call
_ROUNDS: Final = 3  # names that are made of names

_PRISMA: Final = name_set(
    "findUnique findUniqueOrThrow findFirst findFirstOrThrow update delete findMany updateMany deleteMany"
)
_MONGOOSE: Final = name_set("findById findByIdAndUpdate findByIdAndDelete findByIdAndRemove findOne findOneAndUpdate"
                            " findOneAndDelete deleteOne updateOne")  # fmt: skip
_REMOVES: Final = lazy.regex(r"(?i)delete|remove")
_ID: Final = lazy.regex(r"^(?:_?id|uuid|[a-z]\w*(?:Id|_id|Uuid|UUID))$")
_WHO_NAMED: Final = lazy.regex(
    r"(?i)^(?:await\s+)?[\w.$]*(?:auth|session|jwt"
    r"|(?:current|get|require|extract|fetch|load|read|resolve|decode|validate|verify)_?\w*?(?:user(?!name|agent)"
    r"|viewer|token|account|identity|profile|caller))\w*\s*(?:<[^>]*>)?\("
)
_IS_WHOSE: Final = lazy.regex(
    r"^(?:auth|current|logged\w*|db)?_?(?:[uU]ser|[aA]ccount|[vV]iewer|[tT]enant|[sS]ession|uid)(?:_?[iI]d)?$"
)
_WHO: Final = (
    r"\b(?:req|request|ctx|context|event|c|res|socket)(?:\s+as\s+\w+\))?\)?\s*[.?]+"
    r"(?:user\w*|auth\w*|session|account|locals|state|payload|jwt|token|currentUser)\b"
    r"|\b(?:ctx|c|context)\.(?:get|var)\(?\s*[\"'`.]?(?:user\w*|session|auth\w*|jwtPayload|payload)\b|\blocals\.\w+"
)
_IS_WHO: Final = lazy.regex(_WHO)
_SENT: Final = lazy.regex(
    r"\bparams\b|\b(?:req|request|_req)\s*\??\.\s*(?:query|body|json\(|formData\()|\bsearchParams\b|\bc\.req\.(?:param|query|json|valid|parseBody)\("
    r"|\binput\b|\bctx\.(?:params|query|request\.body)\b|\bget(?:RouterParam|Query)\(|\breadBody\(|\bformData\b"
)
_QUERIED: Final = lazy.regex(r"\.(?:find\w+|select|query)\s*\(")
_WORD: Final = lazy.regex(r"[A-Za-z_$][\w$]*")
_NO_CHECK: Final = lazy.regex(r"(?i)limit|quota|credit|balance|usage|rate|plan|exist|format|valid")
_CHECKS: Final = lazy.regex(
    r"(?i)check|ensure|assert|verify|guard|authori[sz]e|permission|access|owner|belongs|allowed|(?:^|\.)(?:can|has)[A-Z]|member"
)
_WATCHES: Final = lazy.regex(
    r"(?i)^(?:console|logger|log|sentry|posthog|analytics|track\w*|audit\w*|metrics?)\b|\.(?:create|createMany|insert|values|push|json|send|info|error|warn|debug|log|track|capture|emit|status|redirect|stringify)$"
    r"|limit|credit|quota|usage|revalidate|notify|NextResponse|Response"
)
_PLAIN: Final = name_set("req res request response next ctx context c event props _ _req _request reply app socket"
                         " error err params searchParams locals cookies url")  # fmt: skip
_SAYS_NOTHING: Final = lazy.regex(r"^(?:null|undefined|true|false|\d.*|typeof\b.*)$")
_FIXED: Final = lazy.regex(r"^[\"'`]|^\w+\.[A-Z][A-Z_\d]*$")  # a text, or a member of an enumeration
_ROLES: Final = lazy.regex(r"(?i)role|admin|staff|superuser|permission|scope|group|owner|user_?type|member")
_STANDS_BEFORE: Final = lazy.regex(
    r"(?i)access|owner|permission|belongs|member|\brole|admin|\bcan[A-Z]|\bown[A-Z]|authorize"
)
_DRIZZLE: Final = lazy.regex(r"\beq\(\s*(\w+)\.(\w+)\s*,\s*([^(),]+)\)")


class _Names:
    """The names of a handler: who asks, and what was sent."""

    def __init__(self, node: SgNode) -> None:
        self.who: set[str] = set()
        self.sent: set[str] = set()
        declared = list(_declared(node))
        parameters = node.field("parameters") or node.field("parameter")
        self.given = {one.text() for one in _identifiers(parameters)} - _PLAIN if parameters is not None else set()
        self.sent |= self.given
        for names, value in declared:
            if _WHO_NAMED.search(value) or _IS_WHO.search(value):
                self.who |= names
            elif not _SENT.search(value):
                self.who |= {name for name in names if _IS_WHOSE.search(name)}
        self.sent -= self.who
        for _ in range(_ROUNDS):
            for names, value in declared:
                if self.says_who(value):
                    self.who |= names
                elif not _QUERIED.search(value) and self.says_sent(value):
                    self.sent |= names
        self.sent -= self.who

    def says_who(self, text: str) -> bool:
        return bool(self.who.intersection(_WORD.findall(text))) or _IS_WHO.search(text) is not None

    def says_sent(self, text: str) -> bool:
        return bool(self.sent.intersection(_WORD.findall(text))) or _SENT.search(text) is not None


def lookups(node: SgNode) -> list[dict[str, Any]]:
    """The lookups of one handler: `model`, `column`, `sent`, `removes`, `held`; `handed` where the function has other
    parameters than a request, as a server action has."""
    text = node.text()
    if not any(word in text for word in (".find", "eq(", ".update(", ".delete(", "deleteOne", "updateOne")):
        return []
    names: _Names | None = None
    found: list[dict[str, Any]] = []
    calls = node.find_all(kind="call_expression")
    for call in calls:
        for model, conditions, last in _conditions(call):
            if names is None:
                names = _Names(node)
            if len(found) < _MAX_LOOKUPS and (row := _row(call, model, conditions, last, names)) is not None:
                found.append(row)
    if names is not None and any(one["held"] == TO_NOTHING for one in found):
        held = _held_elsewhere(node, names)
        for one in found:
            if one["held"] == TO_NOTHING:
                one["held"] = _checked(calls, names, one["sent"]) or held
    if found and _is_checked_before(node):
        found = [{**one, "held": TO_WHO} for one in found]
    for _ in range(_ROUNDS):  # who may have the campaign may have what is looked up beside it
        held_keys = {one["sent"] for one in found if one["held"] == TO_WHO}
        for one in found:
            if one["held"] != TO_WHO and (one["sent"] in held_keys or held_keys.intersection(one["beside"])):
                one["held"] = TO_WHO
    return [{name: value for name, value in one.items() if name != "beside"} for one in found]


def _conditions(call: SgNode) -> Iterator[tuple[str, list[tuple[str, str]], str]]:
    """(model, conditions as column and value, verb) of one call."""
    called = call.field("function")
    verb = called.field("property") if called is not None else None
    receiver = called.field("object") if called is not None else None
    if called is None or verb is None or receiver is None:
        return
    last, given = verb.text(), arguments_of(call)
    owner = receiver.text()
    if last in _PRISMA and "." in owner and given and given[0].kind() == "object":
        where = properties(given[0]).get("where")
        if where is not None and where.kind() == "object":
            yield owner.rpartition(".")[2], list(_pairs(where)), last
    if last in _MONGOOSE and _is_model(owner) and given:
        if given[0].kind() == "object":
            yield owner, list(_pairs(given[0])), last
        elif last.startswith("findById"):
            yield owner, [("_id", given[0].text()[:200])], last
    if last == "where":
        for one in given:
            pairs = [(column, value.strip()) for _, column, value in _DRIZZLE.findall(one.text()[:_MAX_TEXT])]
            table = _DRIZZLE.search(one.text()[:_MAX_TEXT])
            if table is not None:
                yield table.group(1), pairs, "delete" if ".delete(" in owner else "where"


def _is_model(owner: str) -> bool:
    last = owner.rpartition(".")[2]
    return last[:1].isupper() and last.isidentifier()


def _pairs(where: SgNode) -> Iterator[tuple[str, str]]:
    for key, value in properties(where).items():
        yield key, value.text()[:200]
    for one in where.children():
        if one.kind() == "shorthand_property_identifier":
            yield one.text(), one.text()


def _row(
    call: SgNode, model: str, conditions: list[tuple[str, str]], last: str, names: _Names
) -> dict[str, Any] | None:
    by = next(
        (
            (key, value)
            for key, value in conditions
            if _ID.search(key) and names.says_sent(value) and not names.says_who(value)
        ),
        None,
    )
    if by is None:
        return None
    tied = any(names.says_who(value) for _, value in conditions)
    return {
        "line": call.range().start.line + 1,
        "model": model,
        "column": by[0],
        "sent": by[1][:60],
        "removes": _REMOVES.search(last) is not None,
        "beside": [value for _, value in conditions],
        "handed": bool(names.given),
        "held": TO_WHO if tied else TO_NOTHING,
    }


def _held_elsewhere(node: SgNode, names: _Names) -> str:
    """Whether who asks is compared with anything in the handler, or handed to what may see to it."""
    for one in node.find_all(kind="binary_expression"):
        operator = one.field("operator")
        sides = [one.field("left"), one.field("right")]
        if operator is None or operator.text() not in ("===", "!==", "==", "!="):
            continue
        texts = [side.text()[:200] for side in sides if side is not None]
        if any(_SAYS_NOTHING.search(text) for text in texts):
            continue
        if any(map(_FIXED.search, texts)):
            texts = [text for text in texts if _ROLES.search(text)]
        if any(map(names.says_who, texts)):
            return TO_WHO
    for call in node.find_all(kind="call_expression"):
        called = call.field("function")
        name = called.text()[:120] if called is not None else ""
        arguments = call.field("arguments")
        given = arguments.text()[:_MAX_TEXT] if arguments is not None else ""
        if name.endswith((".equals", ".includes", ".some")) and names.says_who(f"{name} {given}"):
            return TO_WHO
        if names.says_who(given) and not _WATCHES.search(name) and not any(_conditions(call)) and not _is_query(name):
            return UNCLEAR
    return TO_NOTHING


def _is_checked_before(node: SgNode) -> bool:
    """Whether what stands before a handler at its route is named after a look at the record or at rights:
    `router.patch("/:id", requireDraftAccess(), async (req, res) => …)`."""
    around = node.parent()
    if around is None or around.kind() != "arguments":
        return False
    others = [one.text()[:200] for one in around.children() if one.is_named() and one.range() != node.range()]
    return any(_STANDS_BEFORE.search(text) for text in others if text[:1] not in "\"'`")


def _is_query(name: str) -> bool:
    """Whether a call asks the database for something else: who asks, say."""
    return name.rpartition(".")[2] in (_PRISMA | _MONGOOSE | {"where", "eq", "and", "count"})


def _checked(calls: list[SgNode], names: _Names, sent: str) -> str:
    """A function that is named after a check and is given what was sent."""
    for call in calls:
        called, arguments = call.field("function"), call.field("arguments")
        name = called.text()[-80:] if called is not None else ""
        if arguments is not None and _CHECKS.search(name) and not _NO_CHECK.search(name):
            given = arguments.text()[:_MAX_TEXT]
            if sent in given and names.says_sent(given) and not any(_conditions(call)):
                return TO_WHO
    return ""


def _declared(node: SgNode) -> Iterator[tuple[set[str], str]]:
    """The names of each declaration, with what they are given."""
    for one in node.find_all(kind="variable_declarator"):
        target, value = one.field("name"), one.field("value")
        if target is not None and value is not None:
            yield set(_bound(target)), value.text()[:_MAX_TEXT]


def _bound(target: SgNode) -> Iterator[str]:
    """The names that a declaration binds."""
    if target.kind() == "identifier":
        yield target.text()
    for one in target.find_all(
        {"rule": {"any": [{"kind": "shorthand_property_identifier_pattern"}, {"kind": "identifier"}]}}
    ):
        yield one.text()


def _identifiers(parameters: SgNode) -> Iterator[SgNode]:
    """The names of a function's parameters, those in patterns too."""
    if parameters.kind() == "identifier":
        yield parameters
    yield from parameters.find_all(
        {"rule": {"any": [{"kind": "shorthand_property_identifier_pattern"}, {"kind": "identifier"}]}}
    )
