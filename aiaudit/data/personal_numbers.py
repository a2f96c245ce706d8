"""Numbers in a text that may be somebody's: cards, IBANs, phone numbers, national ids, IP addresses, each verified."""

from __future__ import annotations

import importlib
import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import re2
from msgspec import Struct

_CARD: Final = re2.compile(r"[0-9](?:[ \-]?[0-9]){12,18}")
# Visa 4, Mastercard 51–55 and 2221–2720, American Express 34 and 37, Discover 6011 and 65, JCB 35, Diners 36 and 38
_ISSUER: Final = re2.compile(
    r"^(?:4[0-9]{12}(?:[0-9]{3}){0,2}|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|"
    r"3[47][0-9]{13}|6(?:011|5[0-9]{2})[0-9]{12}|35[0-9]{14}|3[68][0-9]{12})$"
)
_IBAN: Final = re2.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_PHONE: Final = re2.compile(r"\+[0-9][0-9 .()/\-]{5,18}[0-9]")
_LOCAL_PHONE: Final = re2.compile(r"^[0-9 .()/\-]{7,20}$")
_SSN: Final = re2.compile(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b")
_IPV4: Final = re2.compile(r"(?:^|[^0-9.])((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?:$|[^0-9.])")
_IPV6: Final = re2.compile(r"(?:^|[^0-9A-Za-z:])([0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)(?:$|[^0-9A-Za-z:])")
_PRODUCT: Final = re2.compile(r"[A-Za-z)]/$")  # `Chrome/145.0.0.0`, as browsers call themselves
_VERSION_PART: Final = 100  # parts of version numbers stay below it; most addresses have one above

# Whole values only: scheme (a module of python-stdnum), its shape, and whether chance alone often passes its test.
_NATIONAL: Final = tuple(
    (f"national_id:{module}", module, re2.compile(f"^(?:{shape})$"), weak)
    for module, shape, weak in (
        ("it.codicefiscale", r"[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]", False),
        ("es.dni", r"[0-9]{8}-?[A-Za-z]", False),
        ("es.nie", r"[XYZxyz]-?[0-9]{7}-?[A-Za-z]", False),
        ("fi.hetu", r"[0-9]{6}[-+A][0-9]{3}[0-9A-Ya-y]", False),
        ("br.cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", False),
        ("ch.ssn", r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}", False),
        ("cn.ric", r"[0-9]{17}[0-9Xx]", False),
        ("dk.cpr", r"[0-9]{6}-[0-9]{4}", True),
        ("se.personnummer", r"(?:[0-9]{2})?[0-9]{6}[-+][0-9]{4}", True),
        ("be.nn", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}|[0-9]{11}", True),
        ("pl.pesel", r"[0-9]{11}", True),
        ("de.idnr", r"[0-9]{11}", True),
        ("fr.nir", r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", True),
        ("nl.bsn", r"[0-9]{9}", True),
        ("in_.aadhaar", r"[0-9]{4} ?[0-9]{4} ?[0-9]{4}", True),
        ("gb.nhs", r"[0-9]{3} ?[0-9]{3} ?[0-9]{4}", True),
        ("za.idnr", r"[0-9]{13}", True),
    )
)


_ANY_NATIONAL: Final = re2.compile("^(?:" + "|".join(shape.pattern[4:-2] for _, _, shape, _ in _NATIONAL) + ")$")
_SHORTEST_CARD, _SHORTEST_IBAN = 13, 12  # characters


class Number(Struct, frozen=True):
    """A candidate. `scheme`: its kind, a national scheme after a colon; `weak`: chance often passes its test."""

    scheme: str
    valid: bool
    weak: bool = False

    @property
    def kind(self) -> str:
        return self.scheme.partition(":")[0]


def numbers_in(text: str, hinted: str = "") -> Iterator[Number]:
    """Every candidate in the text. `hinted`: the kind that the column's name promises."""
    if len(text) >= _SHORTEST_CARD:
        yield from _cards(text)
    if len(text) >= _SHORTEST_IBAN:
        for hit in _IBAN.finditer(text):
            yield Number("iban", bool(_stdnum("iban").is_valid(hit.group(0))))
    if "+" in text:
        for hit in _PHONE.finditer(text):
            yield Number("phone", _is_phone(hit.group(0)))
    if hinted == "phone" and _LOCAL_PHONE.search(text):
        yield Number("phone", 7 <= sum(c.isdigit() for c in text) <= 15)
    if text.count("-") >= 2:
        for hit in _SSN.finditer(text):
            yield Number("national_id:us.ssn", bool(_stdnum("us.ssn").is_valid(hit.group(0))))
    value = text.strip()
    if len(value) <= 20 and _ANY_NATIONAL.search(value):
        for scheme, module, shape, weak in _NATIONAL:
            if shape.search(value):
                yield Number(scheme, _is_national(module, value), weak)
    if text.count(".") >= 3 or text.count(":") >= 2:
        yield from _addresses(text, hinted == "ip")


def _is_national(module: str, value: str) -> bool:
    """Whether a value is a number of this scheme; not, where the library stumbles over a value that is none."""
    try:
        return bool(_stdnum(module).is_valid(value))
    except LookupError:  # `cn.ric` looks up a county that its table lacks
        return False


def values_in(text: str) -> Iterator[tuple[str, str, bool]]:
    """(kind, the number's own characters, valid) of cards, IBANs, phone numbers and US social security numbers in a
    running text."""
    for value, good in _card_values(text):
        yield "card", value, good
    for kind, pattern, is_valid in (
        ("iban", _IBAN, lambda value: bool(_stdnum("iban").is_valid(value))),
        ("phone", _PHONE, _is_phone),
        ("national_id", _SSN, lambda value: bool(_stdnum("us.ssn").is_valid(value))),
    ):
        for hit in pattern.finditer(text):
            yield kind, "".join(c for c in hit.group(0) if c.isalnum()), is_valid(hit.group(0))


def _cards(text: str) -> Iterator[Number]:
    for _, good in _card_values(text):
        yield Number("card", good)


def _card_values(text: str) -> Iterator[tuple[str, bool]]:
    for hit in _CARD.finditer(text):
        before, after = text[hit.start() - 1 : hit.start()], text[hit.end() : hit.end() + 1]
        digits = "".join(c for c in hit.group(0) if c.isdigit())
        # Digits after a point are a fraction; a letter or digit beside makes it part of something longer.
        if before in (".", "_") or before.isalnum() or after.isalnum() or not _ISSUER.search(digits):
            continue
        yield digits, bool(_stdnum("luhn").is_valid(digits))


def _addresses(text: str, hinted: bool) -> Iterator[Number]:
    """Public addresses only: private and reserved ones are nobody's. Four small numbers may be a version."""
    for hit in _IPV4.finditer(text):
        parts = [int(part) for part in hit.group(1).split(".")]
        if max(parts) <= 255:
            named = bool(_PRODUCT.search(text[max(0, hit.start(1) - 2) : hit.start(1)]))
            telling = hinted or (max(parts) >= _VERSION_PART and not named)
            yield Number("ip", telling and ipaddress.IPv4Address(bytes(parts)).is_global)
    for hit in _IPV6.finditer(text):
        if sum(map(bool, hit.group(1).split(":"))) < 2:  # `Talks 2008::`, a year before colons
            continue
        try:
            yield Number("ip", ipaddress.IPv6Address(hit.group(1)).is_global)
        except ValueError:
            continue


def _is_phone(text: str) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, None)))
    except phonenumbers.NumberParseException:
        return False


@cache
def _stdnum(module: str) -> Any:
    """python-stdnum's module; its tests are plain arithmetic, none of them asks the network."""
    return importlib.import_module(f"stdnum.{module}")
