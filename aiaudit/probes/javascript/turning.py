"""Whether a function of TypeScript or JavaScript sends a stranger away: by its conditions, not by its name.

A condition counts where it asks for something that was looked at: what a call made of a credential, what a framework
knows of the caller, a key that is compared with another. That a header is there, or that a body has some field, does
not count; nor does a user who is looked up and only greeted. A call that refuses by itself (`jwt.verify`) counts where
it is made for every caller, and its error is not swallowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module

if TYPE_CHECKING:
    from ast_grep_py import SgNode

WHO: Final = lazy.regex(
    r"(?i)user(?!s\b|_?(?:names?|ids?\b|input|message|prompt|query|agent|text|content))|session|token(?!i[sz]|s?_?(?:count|limit|budget|usage)|s\b)"
    r"|auth(?!or)|jwt|claims|signed_?in|logged|api_?key|secret|principal|credential|bearer|identity|account|permission|role"
    r"|admin|cookie|signature|\bsub\b|\buid\b|password|\bkey\b|viewer|profile|caller|decoded|payload"
)
_KNOWN: Final = lazy.regex(
    r"\b(?:req|request|ctx|c|res|event|socket|context|locals|opts|this)\b[\w.?!]*\.(?:user\w*|session\b[\w.?]*|auth(?!orization)\w*(?:\(\))?|currentUser|account|isAuthenticated\(\)|viewer)"
    r"|\b(?:c|ctx|context)\.(?:get|var)\(?[\"'.]\w*(?:user|session|auth)\w*|\blocals\.\w*(?:user|session|auth)\w*"
)
_SENT: Final = lazy.regex(r"\b(?:req|request|ctx|c|event)\b[\w.?]*\.(?:body|params|query)\b|\bbody\.|\bparams\.")
_UPSTREAM: Final = lazy.regex(
    r"(?i)\b(?:e|err|error|ex|exception|response|resp|res|upstream|result|r|completion|reply|data)\s*\??\.\s*(?:response\??\.)?(?:status|statuscode|code)\b"
)
_ENV: Final = lazy.regex(r"\b(?:process\.env|import\.meta\.env|c\.env|env|Deno\.env\.get)\b[\w.\[\]\"'()]*")
_DENIED: Final = lazy.regex(
    r"\b(?:40[13]|1008|400[13]|440[13])\b|(?i:unauthori[sz]|unauthenticated|forbidden|not[ _-]?authenticated)"
    r"|(?i:access[ _-]?denied|\b(?:log|sign)-?in\b|invalid[ _]?(?:token|key|session|api))"
    r"|\bredirect\(|\bthrow\b|\bnext\(\s*(?:new\b|create|e\b|err)|\breject\("
)
_REFUSED: Final = lazy.regex(
    r"\b(?:40[13]|1008|400[13]|440[13])\b|(?i:unauthori[sz]|unauthenticated|forbidden)|\bredirect\("
)
# What ends the request out of a function that was only called: in Next these throw.
_ENDED: Final = lazy.regex(r"\b(?:redirect|unauthorized|forbidden)\(|\bthrow\b")
_OTHER: Final = lazy.regex(r"(?i)\b404\b|not[ _]?found|\b50[03]\b|\b400\b|\b422\b")
_ASKING: Final = lazy.regex(
    r"(?i)^(?:(?:get_?)?auth(?!or)\w*|\w*session|get_?(?:current_?)?user(?:data|info)?|current_?user|\w*authenticat\w*|\w*claims|whoami"
    r"|(?:get|verify|validate|check|decode|introspect)\w*(?:token|jwt)|jwt\w*|verify\w*|decrypt\w*|unseal\w*"
    r"|(?:verify|validate|check|is_?valid|authorize|require|has|is|ensure)_?\w*(?:token|key|session|signature|auth\w*|access|permissions?|role"
    r"|user|admin|logged_?in|login|credentials?))$"
)
# What says whether Twilio signed a request; elsewhere a call of that name validates what is sent.
_SIGNED: Final = lazy.regex(r"(?i)^(?:twilio\.validate\w*request\w*|validateExpressRequest)$")
_SIGNATURE: Final = lazy.regex(r"(?i)signature|hmac|validat\w*webhook|verif\w*webhook")
_BAD_REQUEST: Final = lazy.regex(r"\b400\b")
# What throws where a condition does not hold; no function of a test's.
_ASSERTING: Final = lazy.regex(r"^(?:assert(?:\.ok|\.notEqual|\.notStrictEqual)?|invariant)$")
_BOTS: Final = lazy.regex(r"\b(checkBotId|verify(?:Turnstile|ReCaptcha|Recaptcha|Captcha)\w*)\s*\(")
_STOPS: Final = lazy.regex(r"\breturn\b(?!\s+(?:await\s+)?next\(\s*\))|\bthrow\b")
_LETS_ON: Final = lazy.regex(
    r"^\s*+\{?\s*+(?:return\s++)?(?:await\s++)?next\(\s*+\)\s*+;?\s*+(?:return\s*+;?\s*+)?\}?\s*+$"
)
_READER: Final = lazy.regex(
    r"(?:^|\.)(?:get|header|headers|cookies?|split|replace|trim|toString|startsWith|endsWith|slice|substring|match|String|at|pop|json"
    r"|text|formData|createClient|parse|cookie|toLowerCase|getCookie|decode|headersList|test)$"
)
_CALLED: Final = lazy.regex(r"(?<![\w$.?])([A-Za-z_$][\w$.?]*)\s*(?:<[^>()]*>)?\(")
_NOTHING: Final = lazy.regex(
    r"^\s*(?:null|undefined|true|false|0|-1|[\"'`](?:(?i:bearer|basic)\s*)?[\"'`]|[\"'`](?:string|object|POST|GET|OPTIONS)[\"'`])"
)
_NEGATED: Final = lazy.regex(r"!\s*\(?\s*(?:await\s+)?([A-Za-z_$][\w$.?]*)")
_EMPTY: Final = lazy.regex(
    r"([A-Za-z_$][\w$.?]*)\s*===?\s*(?:null|undefined|false)\b|\b(?:null|undefined|false)\s*===?\s*([A-Za-z_$][\w$.?]*)"
)
_PLAIN: Final = lazy.regex(r"(?<![\w$.?])([A-Za-z_$][\w$.?]*)")
_VERIFYING: Final = lazy.regex(
    r"(?i)(?:^|[^\w])(?:\w+\??\.)*(?:verify\w*|jwtverify|authenticate\w*|validate\w*(?:token|session|key|request)\w*|getuser\w*|introspect\w*"
    r"|webhooks\.unwrap|getsession\w*|check\w*(?:auth|token|session|key)\w*|auth\w*|decrypt\w*|unseal\w*|require\w*(?:user|auth|session)\w*)\("
)
SELF_DENYING: Final = lazy.regex(
    r"(?:^|\.)(?:require(?:[A-Z_]\w*)|ensure[A-Z_]\w*|verify(?!Turnstile|ReCaptcha|Recaptcha|Captcha)\w*|authenticate\w*|authorize\w*|jwtVerify"
    r"|webhooks\.unwrap|withAuth\w*|protect\w*|assert(?:Auth|User|Session|Admin|Logged)\w*|constructEvent|timingSafeEqual)$"
)
_OR_AWAY: Final = lazy.regex(r"(?:\?\?|\|\|)\s*(?:await\s+)?(?:redirect|unauthorized|forbidden|fail|error)\(")
_CREDENTIAL: Final = lazy.regex(r"^\??(?:auth|session|user|token|accessToken|credentials?|account|identity)$")
_HEADER: Final = lazy.regex(
    r"(?i)header\w*(?:\??\.get|\??\.)?[\[(]{0,2}[\"'`]?[\w-]*(?:key|token|authori[sz]ation|secret|auth)\b"
)
# `const userId = auth?.userId`: a part by which the caller is named of what is known of him.
_PART_OF: Final = lazy.regex(
    r"^\(?([A-Za-z_$][\w$]*)(?: as \w+\))?(?:\??\.\w+){0,2}?"
    r"\??\.(?i:\w*(?:id|sub|user|session|email|claims|account))(?:\s*(?:\?\?|\|\|)\s*(?:null|undefined|\"\"|''))?$"
)
_OPENED: Final = lazy.regex(r"^await\s+[\w.]+\(\s*\)$")
CONDITION: Final = "condition"
MAX_TEXT: Final = 60_000
MAX_PLACES: Final = 60
MAX_CONDITION: Final = 400
MOST_PARTS: Final = 2  # how often a name is followed to the one of which it is a part
MOST_CONDITIONS: Final = 3_000  # of one file


class Turning:
    """Reads the functions of one file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._known: dict[int, str] = {}
        self.asked: dict[int, str] = {}  # by the start of a function: the call of which a condition asks what it made
        self._call = ""
        self._conditions = 0

    def of(self, node: SgNode) -> str:
        """By what a function sends a stranger away: "condition", the name of a call that refuses by itself, or ""."""
        start = node.range().start.index
        if start not in self._known:
            self._known[start] = self._of(node)
        return self._known[start]

    def _of(self, node: SgNode) -> str:
        text = node.text()[:MAX_TEXT]
        if not (_DENIED.search(text) or _STOPS.search(text) or _VERIFYING.search(text)):
            return ""
        self._call = ""
        if self._by_condition(node, text) or self._by_assertion(node, text) or self._by_rescue(node):
            self.asked[node.range().start.index] = self._call
            return CONDITION
        bots = _BOTS.search(text)  # a stranger may be a human: whoever reads what a check lets on is told so
        return bots.group(1) if bots is not None and _REFUSED.search(text) else self._by_call(node)

    def _by_condition(self, node: SgNode, text: str) -> bool:
        start = node.range().start.index
        for one in node.find_all(kind="if_statement")[:MAX_PLACES]:
            condition, then = one.field("condition"), one.field("consequence")
            if condition is None or then is None:
                continue
            asked, branch = condition.text()[:MAX_CONDITION], then.text()[:4_000]
            other = one.field("alternative")
            rest = other.text()[:4_000] if other is not None else text[one.range().end.index - start :][:600]
            strength = 0 if _LETS_ON.match(branch) else self._asks(asked, one, missing=True)
            if strength:
                if _REFUSED.search(branch) or (strength > 1 and _ends(branch, self._call)):
                    return True
            elif (
                self._asks(asked, one, missing=False)
                and (_REFUSED.search(rest) if other is None else _DENIED.search(rest))
                and (other is not None or _STOPS.search(branch))
            ):
                return True
        for one in node.find_all(kind="ternary_expression")[:MAX_PLACES]:
            condition = one.field("condition")
            sides = [one.field("consequence"), one.field("alternative")]
            denies = any(side is not None and _DENIED.search(side.text()[:600]) for side in sides)
            asked = condition.text()[:MAX_CONDITION] if condition is not None and denies else ""
            if asked and (self._asks(asked, one, True) or self._asks(asked, one, False)):
                return True
        away = _OR_AWAY.search(text)
        return away is not None and WHO.search(text[max(0, away.start() - 120) : away.start()]) is not None

    def _by_assertion(self, node: SgNode, text: str) -> bool:
        """Whether it is asserted that a look at the caller found somebody: `assert(session)` throws otherwise."""
        if "assert" not in text and "invariant(" not in text:
            return False
        place = node.range()
        for call in self.module.calls_in(place.start.index, place.end.index)[:200]:
            called, given = call.field("function"), call.field("arguments")
            if called is None or given is None or not _ASSERTING.match(called.text()[-40:]):
                continue
            first = next((one for one in given.children() if one.is_named()), None)
            asked = "!" + first.text()[:MAX_CONDITION].removeprefix("!!") if first is not None else ""
            if lazy.regex(r"^![\w.?]+$").match(asked) and self._asks(asked, call, missing=True) > 1:
                return self._always(call, node)
        return False

    def _by_rescue(self, node: SgNode) -> bool:
        for one in node.find_all(kind="try_statement")[:MAX_PLACES]:
            body, handler = one.field("body"), one.field("handler")
            if body is None or handler is None:
                continue
            caught = handler.text()[:4_000]
            for condition in lazy.regex(r"\bif\s*\(([^)]*)\)").findall(caught):
                if _UPSTREAM.search(condition):
                    caught = ""
            if _DENIED.search(caught) and _VERIFYING.search(_without_functions(body)):
                return True
        return False

    def _by_call(self, node: SgNode) -> str:
        place = node.range()
        for call in self.module.calls_in(place.start.index, place.end.index)[:200]:
            called = call.field("function")
            name = called.text()[-80:] if called is not None else ""
            if (
                called is not None and called.kind() == "call_expression"
            ):  # passport.authenticate("jwt")(req, res, next)
                inner = called.field("function")
                name = inner.text()[-80:] if inner is not None else ""
            if SELF_DENYING.search(name) and self._always(call, node):
                return name
        return ""

    def by_a_helper(self, node: SgNode) -> str:
        """The name of a function of this file that is called for every caller, and itself ends the request of a
        stranger, by another page or an error; else ""."""
        place = node.range()
        for call in self.module.calls_in(place.start.index, place.end.index)[:MAX_PLACES]:
            called = call.field("function")
            if called is None or called.kind() != "identifier":
                continue
            bound = self.module.bound(called.text(), call.range().start.index)
            made = bound.node if bound is not None else None
            if made is None or made.kind() not in FUNCTIONS or made.range().start.index == place.start.index:
                continue
            if _ENDED.search(made.text()[:MAX_TEXT]) and self.of(made) == CONDITION and self._always(call, node):
                return called.text()[:60]
        return ""

    def _always(self, call: SgNode, node: SgNode) -> bool:
        """Whether a call is made for every caller, and its error ends the request."""
        at, stop = call.range().start.index, node.range().start.index
        for one in call.ancestors():
            if one.range().start.index <= stop:
                break
            if one.kind() in ("if_statement", "ternary_expression"):
                condition = one.field("condition")
                if condition is not None and not condition.range().start.index <= at < condition.range().end.index:
                    return False
            if one.kind() == "try_statement":
                body, handler = one.field("body"), one.field("handler")
                inside = body is not None and body.range().start.index <= at < body.range().end.index
                if inside and handler is not None and not _DENIED.search(handler.text()[:4_000]):
                    return _STOPS.search(handler.text()[:4_000]) is not None
        return True

    # --- conditions --------------------------------------------------------------------------------------------------
    def _asks(self, condition: str, at: SgNode, missing: bool) -> int:
        """Whether a condition holds where a look at the caller found nobody (`missing`), or somebody: 2, or 1 where it
        was something of that name that was looked up, which is a refusal only where 401 or the like is answered."""
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            return 0
        plain = _ENV.sub("ENV", condition)
        if _UPSTREAM.search(plain):
            return 0
        return max(self._part(one, at, missing) for one in lazy.regex(r"&&|\|\|").split(plain)[:12])

    def _part(self, text: str, at: SgNode, missing: bool) -> int:
        compared = self._comparison(text, at)
        if compared is not None:
            return 2 if compared and (("!=" in text) is missing) else 0
        empty = _EMPTY.search(text)
        negated = _NEGATED.search(text)
        if missing:
            found = negated or empty
            name = next((one for one in found.groups() if one), "") if found is not None else ""
        elif negated or empty:
            return 0
        else:
            first = _PLAIN.search(text.replace("await ", ""))
            name = first.group(1) if first is not None else ""
        if not name:
            return 0
        if _KNOWN.search(text) and not _SENT.search(text):
            return 2
        call = _CALLED.search(text)
        if call is not None:
            return 2 if self._looks(call.group(1), text) else 0
        of, _, last = name.partition(".")
        return self._made(of.rstrip("?"), at) or self._holds(of.rstrip("?"), last, at)

    def _holds(self, name: str, last: str, at: SgNode) -> int:
        """`const client = await getClient(); if (!client.auth) …`: a client that was opened for the one who calls, by a
        function that is handed nothing of the request, and has no credential of his."""
        bound = self.module.bound(name, at.range().start.index) if _CREDENTIAL.match(last) else None
        if bound is None or bound.kind != "value" or bound.node is None or bound.assigned:
            return 0
        return 1 if _OPENED.match(bound.node.text()[:200]) else 0

    def _comparison(self, text: str, at: SgNode) -> bool | None:
        """Whether a credential is compared with something; None where nothing is compared but with nothing."""
        found = lazy.regex(r"([^!=<>]+?)\s*([!=]==?)\s*([^!=<>]+)").search(text)
        if found is None:
            return None
        left, _, right = found.groups()
        right = right.rstrip(") \n{")
        if _NOTHING.match(right) or _NOTHING.match(left.lstrip("( ")):
            return None
        if not WHO.search(text) and not lazy.regex(r"(?i)header").search(text):
            return any(self._brought(one, at) for one in _PLAIN.findall(text)[:6])
        return not lazy.regex(r"(?i)\.(?:length|type|kind|role)\s*$").search(left) or "role" in left.lower()

    def _brought(self, name: str, at: SgNode) -> bool:
        """Whether a name is that of a credential, or of a header with one: `given = headers["x-admin-key"]`."""
        bound = None if WHO.search(name.rpartition(".")[2]) else self.module.bound(name, at.range().start.index)
        if bound is None:
            return bool(WHO.search(name.rpartition(".")[2]))
        return bound.kind == "value" and bound.node is not None and bool(_HEADER.search(bound.node.text()[:200]))

    def _looks(self, called: str, text: str) -> bool:
        """Whether a call in a condition looks at a caller: it verifies something, or looks into a list of keys."""
        last = called.replace("?", "")
        inside = text.partition("(")[2]
        if last.endswith((".includes", ".has")):
            return bool(WHO.search(text)) and not _SENT.search(inside)
        if _READER.search(last):
            return False
        self._call = last[:60]
        return bool(WHO.search(text)) and not (_SENT.search(inside) and not WHO.search(last))

    def _made(self, name: str, at: SgNode, deep: int = 0) -> int:
        """Whether a name stands for what a call made of a credential: 1 where only the name says so."""
        bound = self.module.bound(name, at.range().start.index)
        if bound is None or bound.kind != "value":
            return 0
        most = 0
        for one in [bound.node, *bound.assigned][:6]:
            text = one.text()[:600] if one is not None else ""
            calls = [call.replace("?", "") for call in _CALLED.findall(text)]
            signed = any(map(_SIGNED.search, calls))  # a signature is one of what is sent
            if not text or (_SENT.search(text.rpartition("(")[2]) and not signed):
                continue
            for call in calls:  # `session.get("userId")` of a session that was opened by its cookie
                of, _, last = call.partition(".")
                if last in ("get", "has") and of.lower().endswith("session") and of != name:
                    most = max(most, self._made(of, at))
            calls = [call for call in calls if not _READER.search(call)]
            asking = next((one for one in calls if _ASKING.search(one.rpartition(".")[2]) or _SIGNED.search(one)), "")
            if asking or (calls and WHO.search(name)):
                self._call = (asking or calls[0])[:60]
                most = max(most, 2 if asking else 1)
            elif _KNOWN.search(text):
                most = 2
            elif (part := _PART_OF.match(text)) is not None and part.group(1) != name and deep < MOST_PARTS:
                most = max(most, self._made(part.group(1), at, deep + 1))
        return most


def _ends(branch: str, asked: str) -> bool:
    """Whether a branch ends the request for the caller's sake: not since something was not found, or failed. Who signed
    nothing, or wrongly, is often told 400; `asked`: the call that looked."""
    other = _OTHER.search(branch) is not None and not (_SIGNATURE.search(asked) and _BAD_REQUEST.search(branch))
    return "throw" in branch or (_STOPS.search(branch) is not None and not other)


def _without_functions(body: SgNode) -> str:
    return body.text()[:4_000]
