"""Whether a value of the right shape can be a real secret: randomness, placeholders, checksums, structure."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import string
import zlib
from collections import Counter
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from aiaudit import lazy

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Words that no random value of some length holds by chance, and that examples and templates hold on purpose.
_PLACEHOLDER: Final = lazy.regex(
    r"example|sample|placeholder|your[_-]?|change[_-]?(?:me|this|it)|dummy|fake|redact|insert|replace|xxxx|\*\*\*|\.\.\.|…"
    r"|deadbeef|foobar|foo[_-]?bar|lorem|not[_-]?(?:a[_-]?)?real|todo|fixme|secret[_-]?here|here$|[<>]|\$\{|\{\{|%\(|__\w+__"
    r"|my[_-]?(?:api|secret|token|key|pass)|correct[ _-]?horse[ _-]?battery"
    r"|test[_-]?(?:key|token|secret|api|pass)|[_-](?:test|mock)[_-]|^(?:test|mock)[_-]",
    re.IGNORECASE,
)
# `abc123xyz789AAABBB`: three and more of one sign, or that follow each other; in a random value there is hardly one.
_SHORT_RUNS: Final = lazy.regex(
    "|".join(f"{one}{{3,}}" for one in string.ascii_letters + string.digits)
    + "|"
    + "|".join(
        row[at : at + 3]
        for row in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
        for at in range(len(row) - 2)
    )
)
MAX_SPELT: Final = 24  # a password that somebody thought of
_SPELT: Final = lazy.regex(r"%[0-9A-Fa-f]{2}|[@0$]")
_CODED: Final = lazy.regex(r"%[0-9A-Fa-f]{2}")
_LETTERS: Final = str.maketrans("@0$", "aos")
_WEAK: Final = lazy.regex(
    r"passw(?:or)?d|passwort|scott|tiger|secret|admin|root|default|guest|letmein|hunter2|qwerty|welcome|postgres|mysql|mongo|redis|rabbit"
    r"|minio|airflow|changeit|public|local|test|user|demo|temp|123",
    re.IGNORECASE,
)
_STAND_IN: Final = lazy.regex(
    rf"{_WEAK.pattern}|your|my|example|sample|change[-_]?(?:me|this)|replace|placeholder|pass|pwd|strong|secure|insert|here"
    r"|db|database|name|word|xxx+|abc",
    re.IGNORECASE,
)
# `NewSecurePass456!`, `MyStr0ngP@ss!`: what examples of requests put where somebody's own password goes.
_OF_EXAMPLES: Final = lazy.regex(
    r"(?:(?:my|your|very|super|another|new|old)[_. -]?)*(?:new|old|secure|strong|safe|complex|example|sample)[_. -]?"
    r"(?:pass(?:w(?:or)?d|phrase)?|pwd)[\W\d_]*",
    re.IGNORECASE,
)
# Names of things that only look like secrets: token counts, field names, hashes, public keys.
_NO_SECRET_NAME: Final = lazy.regex(
    r"token(?:izer|_?count|s?_?(?:limit|used|usage|per|len|type|name|id|url|uri|endpoint|file|path|class|budget))"
    r"|tiktoken|_encoding$|tokens$|(?:^|[_.-])(?:max|min|num|n|pad|eos|bos|sep|cls|mask|unk|special|stop|(?:next_?)?page|continuation)_?token"
    r"|(?:public|primary|foreign|partition|sort|cache|index|dict|order|group|config|session|translation|i18n|route)_?key"
    r"|(?:site|publishable|anon|algolia_?search)_?key"
    r"|_?key_?(?:name|id|vault|path|file|prefix|type|size|length|ring|word)$"
    r"|secret_?(?:name|id|ref|path|file|arn|key_?ref)$"
    r"|password_?(?:field|hash|hint|label|input|policy|file|reset|placeholder|confirm\w*)"
    r"|credentials?_?(?:file|path|id|type|provider)|csrf_?(?:field|header|cookie)"
    r"|hash|sha\d|md5|digest|checksum|integrity|fingerprint|header|regex|pattern|url$|uri$|path$|dir$"
    r"|_(?:label|title|text|message|description|placeholder|hint|help|doc|error|env|var|variable|field|column|class"
    r"|style|icon)$",
    re.IGNORECASE,
)
_HASH_NEAR: Final = lazy.regex(
    rb"sha(?:1|256|384|512)|integrity|checksum|md5|digest|\bhash|etag|commit|revision|\bsri\b", re.IGNORECASE
)
_IDENTIFIER: Final = lazy.regex(r"^[A-Za-z_][A-Za-z_.:/@-]*\d{0,3}$")
_BUILD: Final = lazy.regex(r"\d[\w.]{0,40}=[a-z]\w{0,40}_\d{1,4}")  # of conda: `- secretstorage=3.1.2=py37_0`
_VERSION: Final = lazy.regex(  # 1.2.3-rc.1+build, and of Jenkins's plug-ins 1.274.v59052b_9e5c07
    r"v?\d{1,5}\.\d{1,5}\.\d{1,5}(?:[-+.][\w.+-]{1,20})?|(?:\d{1,6}\.){1,4}v[0-9a-f_]{6,20}"
)
_DOTTED: Final = lazy.regex(r"[A-Za-z_]+\d{0,3}(?:\.(?:\d{1,3}|[A-Za-z_]+\d{0,3}))+")  # a name in names
_DATED: Final = lazy.regex(r"^(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)")
_PUBLISHED: Final = lazy.regex(r"phc_|pk_(?:live|test)_|sb_publishable_|pk-lf-|pk\.eyJ|6L[cdef][\w-]{37}$")
# Names of keys by which pages and apps send their telemetry; the secret ones of these vendors are called secrets.
_OF_A_BROWSER: Final = lazy.regex(
    r"^(?!.*(?:secret|server|admin)).*(?:avo_?inspector|amplitude|mixpanel|bugsnag)_?(?:api_?|project_?)?(?:key|token)$",
    re.IGNORECASE,
)
_SHORTEST_SIGNATURE: Final = 20  # of HMAC with SHA-256 it has 43 characters
_UUID: Final = lazy.regex(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_KEY_BY_UUID: Final = lazy.regex(r"(?:api_?-?key|secret_?-?key|access_?-?key)$", re.IGNORECASE)  # some services' keys
_HEX: Final = lazy.regex(r"^(?:0x)?[0-9a-fA-F]+$")
_CALL: Final = lazy.regex(
    r"\(|\)|\[|\]|;|^\$|^%|^@|^&|env[.(\[]|environ|getenv|process\.|config[.\[]|settings\.|args\.|self\.|var\."
)
_RUN: Final = lazy.regex(rb"[A-Za-z0-9+/=]{400,}")


def entropy(value: str) -> float:
    """Shannon entropy of the value's characters, in bits a character."""
    counts = Counter(value)
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in counts.values()) if total else 0.0


def is_placeholder(value: str) -> bool:
    """Whether the value is an example, a template's gap, or too regular to be random."""
    if any(map(_PLACEHOLDER.search, (value, _plain(value), _in_base64(value)))):
        return True
    body = re.sub(r"^[A-Za-z]{1,8}[-_]", "", value)
    if _longest_ascent(body) >= 7 or _longest_repeat(body) >= 5 or _is_periodic(body) or len(set(body)) <= 4:
        return True
    runs = [len(run.group()) for run in _SHORT_RUNS.finditer(body)]
    return len(runs) >= 4 and 2 * sum(runs) >= len(body)


def _in_base64(value: str) -> str:
    """What a value says where it is a text in base64: `Q0hBTkdFX01F` is CHANGE_ME. A random value is none."""
    if len(value) < 12 or len(value) % 4:
        return ""
    try:
        told = base64.b64decode(value, validate=True).decode("ascii")
    except ValueError:  # what is no base64, or no text
        return ""
    return told if told.isprintable() else ""


def _plain(value: str) -> str:
    """A short value with its signs decoded and letters for the signs that stand for them: `p%40ssw0rd`."""
    if len(value) > MAX_SPELT or not _SPELT.search(value):
        return ""
    return unquote(value).translate(_LETTERS)


def _as_meant(value: str) -> str:
    """The password of an address whose first sign is written as a code: `%5BHarbor%40143%5D` is `Harbor@143`, in the
    brackets in which a console shows the gap that it was put into. What `%` begins otherwise is a gap itself."""
    coded = _CODED.match(value) is not None and unquote(value[:3]).isascii()
    return unquote(value).removeprefix("[").removesuffix("]") if coded else value


def is_published(value: str) -> bool:
    """Whether the value is meant to be seen: keys that vendors make for browsers and for telemetry."""
    return _PUBLISHED.match(value) is not None


def could_be_random(value: str) -> bool:
    """Whether a value that nothing else is known of may be a key: no name, no words, no reference, no identifier."""
    if _CALL.search(value) or _IDENTIFIER.match(value) or _UUID.match(value) or _DOTTED.fullmatch(value):
        return False
    return len(value) >= 10 and _classes(value) >= 2 and entropy(value) >= 3.2 and not _wordy(value)


def could_be_cut(value: str) -> bool:
    """Whether a text with a vendor's prefix may be the head of its key: mixed signs, no words, no placeholder."""
    tail = re.sub(r"^[A-Za-z]{1,6}[-_.]", "", value)
    mixed = re.search(r"\d", tail) or (re.search(r"[a-z]", tail) and re.search(r"[A-Z]", tail))
    return mixed is not None and not is_placeholder(value) and not _wordy(tail)


def _longest_ascent(text: str) -> int:
    """The longest run of neighbouring characters that count up or down (`abcdefg`, `7654321`)."""
    best = 1
    for step in (1, -1):
        run = 1
        for before, after in pairwise(text):
            run = run + 1 if ord(after) - ord(before) == step or (step == 1 and before == "9" and after == "0") else 1
            best = max(best, run)
    return best


def _longest_repeat(text: str) -> int:
    best = run = 1
    for before, after in pairwise(text):
        run = run + 1 if before == after else 1
        best = max(best, run)
    return best


def _is_periodic(text: str) -> bool:
    """Whether the text is a shorter piece repeated."""
    return len(text) >= 12 and text in (text + text)[1:-1]


def inside_data(text: bytes, start: int, end: int) -> bool:
    """Whether the value lies in a long unbroken run of base64: an image, a font, a source map, a weight."""
    window = text[max(0, start - 2000) : end + 2000]
    at = start - max(0, start - 2000)
    return any(run.start() < at - 8 and run.end() > at for run in _RUN.finditer(window))


def inside_a_token(text: bytes, start: int) -> bool:
    """Whether the value is only the end of a longer one, such as a checksum in base64 for URLs: `qaN-fw_htIg…`."""
    return start >= 2 and text[start - 1 : start] in (b"-", b"+") and text[start - 2 : start - 1].isalnum()


def beside_a_hash(text: bytes, start: int) -> bool:
    """Whether the same line speaks of a hash just before the value."""
    line = text.rfind(b"\n", max(0, start - 200), start) + 1
    return _HASH_NEAR.search(text[line or max(0, start - 200) : start]) is not None


# --- named checks: the value (and a name) in; None = no secret, else what is to be known of it -----------------------


def github(value: str) -> dict[str, Any] | None:
    """GitHub's and npm's tokens end in the CRC-32 of their 30 random characters, in base 62."""
    body = value.partition("_")[2]
    number, digits = zlib.crc32(body[:30].encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return {} if digits.rjust(6, "0") == body[30:] else {"doubt": "its checksum does not hold"}


def pem(value: str) -> dict[str, Any] | None:
    """A private key holds a block of base64; the first bytes of its body are those of a key."""
    body = re.sub(r"\\[nr]|[\s\"',\\]", "", value)
    if len(body) < 120 or is_placeholder(body[:64]) or entropy(body[:400]) < 4.0:
        return None
    return {"doubt": "it may be encrypted"} if re.search(r"ENCRYPTED|Proc-Type", value) else {}


def jwt(value: str) -> dict[str, Any] | None:
    """A token with a header and claims. Tokens for anonymous users and the published ones of a development stack are
    public, and what is too short for a signature opens nothing that checks one; `expires` is the claim `exp`."""
    header, claims = (_decoded(part) for part in value.split(".")[:2])
    if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header:
        return None
    if len(value.rpartition(".")[2]) < _SHORTEST_SIGNATURE:
        return None
    text = json.dumps(claims).lower()
    published = claims.get("role") == "anon" or claims.get("iss") == "supabase-demo"
    if published or re.search(r"john doe|jane doe|1234567890|example|test|dummy|fake", text):
        return None
    expires = claims.get("exp")
    return {"expires": expires} if isinstance(expires, int) and 0 < expires < 1 << 40 else {}


def _void(token: str) -> bool:
    """Whether what is plainly a token of that shape opens nothing."""
    return isinstance(_decoded(token.partition(".")[0]), dict) and jwt(token) is None


def _decoded(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def password(value: str) -> dict[str, Any] | None:
    """A password in an address. Weak defaults (`postgres:postgres`) are a fault, but no secret."""
    value = _as_meant(value)
    if _WEAK.search(value) or _CALL.search(value) or _IDENTIFIER.match(value) or value.startswith(("%", "$", "<", "{")):
        return None
    return {} if _classes(value) >= 2 else None


def chosen(value: str) -> dict[str, Any] | None:
    """A password beside the address of the mailbox that it opens: one that somebody thought of (`Harbor@789`), or the
    sixteen letters that a mail service makes for a program."""
    if _WEAK.search(value) or value.startswith(("%", "$", "<", "{")):
        return None
    return {} if _classes(value) >= 2 or re.fullmatch(r"(?:[a-z]{4} ?){4}", value) else None


def hosted_password(value: str) -> dict[str, Any] | None:
    """A password in the address of a database that a provider runs on the internet: also one that people think of
    (`Harbor123456&`), unless nothing is left of it without the words that stand in for one (`myPassword123`)."""
    value = _as_meant(value)
    left = _STAND_IN.sub("", value)
    if sum(sign.isalpha() for sign in left) < 4 or _classes(value) < 3 or _CALL.search(value):
        return None
    return {} if not value.startswith(("%", "$", "<", "{", "[")) else None


def connection(value: str) -> dict[str, Any] | None:
    """A password in a connection string to a server that is named beside it: who reads it can try it there, so a weak
    one counts as well, but not one that is made of nothing else than the words of examples."""
    rest = _WEAK.sub("", _plain(value) or value)
    if _CALL.search(value) or (_IDENTIFIER.match(value) and not re.search(r"\d{2}$", value)):
        return None
    return {} if _classes(value) >= 2 and sum(sign.isalnum() for sign in rest) >= 5 else None


def keylike(value: str) -> dict[str, Any] | None:
    """A value beside a telling name: digits and letters mixed, and no name itself."""
    mixed = sum(sign.isdigit() for sign in value) >= 2 and _classes(value) >= 2
    return {} if mixed and not _IDENTIFIER.match(value) and not _CALL.search(value) and not _wordy(value) else None


def random(value: str) -> dict[str, Any] | None:
    """A value that is plainly random: several kinds of characters, no words."""
    return {} if _classes(value) >= 3 and not _IDENTIFIER.match(value) and not _CALL.search(value) else None


def letters(value: str) -> dict[str, Any] | None:
    """Four groups of four letters, as Google gives them to programs that send mail: no four words."""
    return {} if sum(not _pronounceable(group) for group in value.split()) >= 2 or _rare(value) else None


def _rare(value: str) -> bool:
    """Whether letters that words hardly have stand here more often than in words."""
    return sum(sign in "jkqvwxz" for sign in value) >= 3


def assigned(name: str, value: str) -> dict[str, Any] | None:
    """A value given to a name that speaks of a secret, where no vendor's shape helps."""
    if (
        is_published(value)
        or _NO_SECRET_NAME.search(name)
        or _CALL.search(value)
        or _IDENTIFIER.match(value)
        or (_UUID.match(value) and not _KEY_BY_UUID.search(name))
        or _OF_A_BROWSER.search(name)
        or (value.count(".") == 2 and value.startswith("eyJ") and _void(value))
    ):
        return None
    if (
        value.startswith(("/", "./", "../", "~", "http", "sha", "arn:", "projects/", "data:", "file:"))
        or "://" in value
    ):
        return None
    if value.lower() in name.lower() or name.lower() in value.lower():
        return None
    if _DATED.match(value) or _DOTTED.fullmatch(value) or _VERSION.fullmatch(value) or _BUILD.fullmatch(value):
        return None
    if re.fullmatch(r"[\w.+-]+@[\w-]+\.[\w.]+|[\d.:,/ -]+|\w+\.(?:json|ya?ml|txt|pem|key|crt|env|py|ts|js)", value):
        return None
    if _HEX.match(value):
        return {} if len(value) in (32, 40, 48, 56, 64, 96, 128) else None
    by_people = re.search(r"passw|pwd|passphrase", name, re.IGNORECASE) is not None
    if not value.isascii() and _is_prose(value, by_people):
        return None
    if by_people:  # people make these of words: `Kv7-tulip-Harbor`
        nobodys = _WEAK.search(value) or _OF_EXAMPLES.fullmatch(value.translate(_LETTERS))
        return {} if _classes(value) >= 3 and len(value) >= 10 and not nobodys else None
    if _wordy(value):
        return None
    if len(value) < 16:  # short values must look like passwords
        return {} if _classes(value) >= 3 and not _WEAK.search(value) else None
    return {} if _classes(value) >= 2 and entropy(value) >= 3.5 and not _WEAK.search(value[:24]) else None


def _is_prose(value: str, by_people: bool) -> bool:
    """Whether it is a word of some language (`API-Schlüssel`, `Contraseña`): keys are made of ASCII, and who makes a
    password of such a word puts a digit to it."""
    spelt = any(sign.isalpha() and not sign.isascii() for sign in value)
    return spelt and not (by_people and any(map(str.isdigit, value)))


def _wordy(value: str) -> bool:
    """Whether most of the value, or of its letters, is words: `my-service-account`, `large-model-2024-v2`."""
    words = sum(len(word) for word in re.findall(r"[A-Za-z]{3,}", value) if _pronounceable(word))
    letters = sum(sign.isalpha() for sign in value)
    return words > 0.6 * len(value) or (words > 0.7 * letters and 2 * letters > len(value))


def _pronounceable(word: str) -> bool:
    """Whether a run of letters reads like a word: vowels where words have them, one case."""
    lower = word.lower()
    vowels = sum(1 for sign in lower if sign in "aeiouy")
    mixed = word not in (lower, word.upper(), word.capitalize())
    return not mixed and 0.2 <= vowels / len(word) <= 0.7 and re.search(r"[^aeiouy]{5,}", lower) is None


def _classes(value: str) -> int:
    """How many kinds of characters there are: lower case, upper case, digits, signs."""
    return sum(1 for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]") if re.search(kind, value))
