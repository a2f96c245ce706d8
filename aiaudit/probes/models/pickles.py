"""Follows a pickle without running it: which names it imports, what it calls, what it hides in bytes.

A symbolic stack and memo hold names and texts, so that STACK_GLOBAL is resolved however its operands came to be. What
was done before a stream breaks counts: the unpickler would have done it too.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import math
import re
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.models.globals import CREATES_ARRAY, FOLLOWED, classify
from aiaudit.probes.models.judgement import Budget, Judgement, Verdict, named
from aiaudit.probes.models.opcodes import LOOKED_INTO, Broken, next_opcode
from aiaudit.probes.models.pickle_values import MARK, OPAQUE, Made, Name, Table, is_array_wrapper, raw_array
from aiaudit.probes.models.source import Cursor, Ended, Memory, Source

MAX_DEPTH: Final = 3  # pickles inside pickles
_MAX_STREAMS: Final = 64  # pickles one after the other in one file
_TEXTS: Final = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)
_INTS: Final = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"})
_BYTES: Final = frozenset({"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"})
_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "FLOAT": OPAQUE, "BINFLOAT": OPAQUE}
_LOADS_BYTES: Final = frozenset({"torch.storage._load_from_bytes"})  # calls the unpickler again on its argument
_PASSIVE: Final = frozenset({"PROTO", "FRAME", "READONLY_BUFFER"})


def looks_like_pickle(head: bytes) -> bool:
    """Whether these first bytes may be a pickle of protocol 2 or later, which has a mark."""
    return len(head) > 2 and head[0] == 0x80 and head[1] in range(1, 6)


class Followed(Struct, frozen=True):
    """What was concluded, where the last pickle ended, and which parts are raw arrays, or bytes objects."""

    judged: Judgement
    end: int
    raw: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    calls: int

    def opcodes(self, source: Source) -> bytes:
        """The pickles without what is no program: raw arrays cut out, bytes objects blank."""
        data = bytearray(source.at(0, self.end))
        for start, end in self.numbers:
            data[start:end] = bytes(end - start)
        for start, end in sorted(self.raw, reverse=True):
            del data[start:end]
        return bytes(data)


def judge_pickles(source: Source, budget: Budget, depth: int = 0) -> Followed:
    """Follow the pickles that stand one after the other in `source`."""
    judged, place, magic, calls = Judgement(), 0, False, 0
    raw: list[tuple[int, int]] = []
    numbers: list[tuple[int, int]] = []
    for number in range(_MAX_STREAMS):
        walk = _Walk(source, place, budget, depth)
        walk.run()
        trailing = number > 0 and walk.broken and not looks_like_pickle(source.at(place, 4))
        if trailing and walk.judged.verdict != Verdict.DANGEROUS:
            break  # what follows the last pickle is data: the storages of an old torch file, or nothing that is read
        judged.join(walk.judged)
        place = walk.cursor.place
        raw += walk.raw
        numbers += walk.numbers
        calls += walk.calls
        magic = magic or walk.is_torch
        if walk.broken or place >= source.size:
            break
    if magic:
        judged.facts["framework"] = "torch"
    return Followed(judged, place, tuple(raw), tuple(numbers), calls)


class _Walk:
    """One pickle, from PROTO to STOP."""

    def __init__(self, source: Source, place: int, budget: Budget, depth: int) -> None:
        self.source = source
        self.cursor = Cursor(source, place)
        self.budget = budget
        self.depth = depth
        self.judged = Judgement()
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.broken = False
        self.is_torch = False
        self.calls = 0
        self.strict = False  # these may be numbers: whatever is odd ends the walk
        self.raw: list[tuple[int, int]] = []  # parts of the stream that are no opcodes: raw arrays
        self.numbers: list[tuple[int, int]] = []  # parts that are arguments of opcodes, and no pickle themselves

    def run(self) -> None:
        try:
            while True:
                self.budget.opcodes -= 1
                if self.budget.opcodes < 0:
                    raise Broken("more opcodes than are followed")
                name, argument = next_opcode(self.cursor)
                if name == "STOP":
                    return
                self._do(name, argument)
        except Broken as error:
            self.broken = True
            self.judged.add(Verdict.UNKNOWN, "broken stream", error.why)
        except (IndexError, Ended):
            self.broken = True
            self.judged.add(Verdict.UNKNOWN, "broken stream", "the stack runs empty")

    def _do(self, name: str, argument: Any) -> None:
        push = self.stack.append
        if name in _TEXTS:
            push(self._text(argument))
        elif name in _INTS:
            push(argument)
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            if argument not in self.memo:
                raise Broken("the memo has no such entry")
            push(self.memo[argument])
        elif name == "MARK":
            push(MARK)
        elif name in _CONSTANTS:
            push(_CONSTANTS[name])
        elif name in _BYTES:
            push(self._bytes(argument))
        elif name not in _PASSIVE:
            self._build(name, argument)

    def _build(self, name: str, argument: Any) -> None:
        """Opcodes that take something off the stack, or import."""
        stack = self.stack
        match name:
            case "GLOBAL":
                stack.append(self._import(*argument))
            case "STACK_GLOBAL":
                attribute, module = stack.pop(), stack.pop()
                stack.append(self._import(module, attribute))
            case "INST":
                arguments = tuple(self._to_mark())
                stack.append(self._call(self._import(*argument), arguments))
            case "OBJ":
                items = self._to_mark()
                stack.append(self._call(items[0], tuple(items[1:])))
            case "REDUCE" | "NEWOBJ":
                arguments = stack.pop()
                stack.append(self._call(stack.pop(), arguments))
            case "NEWOBJ_EX":
                stack.pop()
                arguments = stack.pop()
                stack.append(self._call(stack.pop(), arguments))
            case "BUILD":
                state = stack.pop()
                self._set_state(stack[-1], state)
            case "EXT1" | "EXT2" | "EXT4":
                self.judged.add(Verdict.UNKNOWN, "extension", "calls a function of the copyreg extension registry")
                stack.append(OPAQUE)
            case "TUPLE":
                stack.append(tuple(self._to_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(name[-1])
                if len(stack) < count:
                    raise IndexError
                items = stack[-count:]
                del stack[-count:]
                stack.append(tuple(items))
            case "EMPTY_TUPLE":
                stack.append(())
            case "EMPTY_DICT":
                stack.append(Table())
            case "DICT":
                table = Table()
                _fill(table, self._to_mark())
                stack.append(table)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                _fill(stack[-1], [key, value])
            case "SETITEMS":
                items = self._to_mark()
                _fill(stack[-1], items)
            case "LIST" | "FROZENSET":
                self._to_mark()
                stack.append(OPAQUE)
            case "APPENDS" | "ADDITEMS":
                self._to_mark()
                self._extended(stack[-1])
            case "APPEND":
                stack.pop()
                self._extended(stack[-1])
            case "POP":
                stack.pop()
            case "POP_MARK":
                self._to_mark()
            case "DUP":
                stack.append(stack[-1])
            case "BINPERSID":
                stack.pop()
                stack.append(OPAQUE)
            case _:  # EMPTY_LIST, EMPTY_SET, PERSID, NEXT_BUFFER
                stack.append(OPAQUE)

    def _to_mark(self) -> list[Any]:
        """What stands above the last mark, taken off with it."""
        stack = self.stack
        for place in range(len(stack) - 1, -1, -1):
            if stack[place] is MARK:
                items = stack[place + 1 :]
                del stack[place:]
                return items
        raise Broken("the mark is missing")

    def _import(self, module: Any, attribute: Any) -> Any:
        if self.strict and not (_is_name(module) and _is_name(attribute)):
            raise Broken("no name")
        if not isinstance(module, str) or not isinstance(attribute, str):
            self.judged.add(Verdict.DANGEROUS, "computed name", "imports a name that is put together during loading")
            return OPAQUE
        verdict = Verdict.SAFE if f"{module}.{attribute}" in FOLLOWED else classify(module, attribute)
        if verdict != Verdict.SAFE:
            what = named(f"{module}.{attribute}")
            self.judged.add(verdict, "global", f"imports {what}")
        if module.partition(".")[0] == "torch":
            self.is_torch = True
        return Name(module, attribute)

    def _call(self, what: Any, arguments: Any) -> Any:
        callable_ = isinstance(what, Name | Made) and not is_array_wrapper(what)
        if self.strict and not (callable_ and isinstance(arguments, tuple)):
            raise Broken("nothing is there to call")  # one number in 128 begins with the byte of a call
        self.calls += 1
        if not isinstance(what, Name):
            self.judged.add(Verdict.DANGEROUS, "computed call", "calls what another call gave")
        elif what.name == "_ufunc_reconstruct" and not _is_numeric(arguments):
            self.judged.add(Verdict.DANGEROUS, "global", f"imports a module through {what}")
        elif str(what) in _LOADS_BYTES and not (isinstance(arguments, tuple) and _Bytes in map(type, arguments)):
            self.judged.add(Verdict.UNKNOWN, "nested pickle", f"{what} loads bytes that could not be followed")
        elif what.name == "_rebuild_tensor_v2" and isinstance(arguments, tuple) and len(arguments) > 2:
            self._count(arguments[2])
        elif str(what) in FOLLOWED:
            return self._by_dill(what, arguments)
        if isinstance(arguments, tuple) and any(isinstance(one, Name) and str(one) in FOLLOWED for one in arguments):
            self.judged.add(Verdict.DANGEROUS, "computed call", f"{named(str(what))} is handed a function of dill")
        kept = arguments if isinstance(arguments, tuple) and len(arguments) <= 8 else None
        return Made(what, kept)

    def _by_dill(self, what: Name, arguments: Any) -> Any:
        """dill makes an array by calling the function that it is given, and looks types up by their names: a dump of a
        model does both, and so can an attack."""
        given = arguments if isinstance(arguments, tuple) else ()
        if str(what) in CREATES_ARRAY:
            if len(given) > 1 and str(given[0]).endswith("multiarray._reconstruct") and _is_harmless(given[0]):
                return self._call(given[0], given[1])
        elif len(given) == 1 and isinstance(given[0], str):
            return self._import("builtins" if hasattr(builtins, given[0]) else "types", given[0])
        self.judged.add(Verdict.DANGEROUS, "computed call", f"{what} calls or gives what the file names")
        return OPAQUE

    def _count(self, shape: Any) -> None:
        """The parameters of a tensor, for the file's facts."""
        if isinstance(shape, tuple) and all(type(one) is int and one >= 0 for one in shape):
            facts = self.judged.facts
            facts["parameters"] = facts.get("parameters", 0) + min(math.prod(shape), 1 << 62)
            facts["tensors"] = facts.get("tensors", 0) + 1

    def _set_state(self, target: Any, state: Any) -> None:
        if isinstance(target, Name):
            self.judged.add(Verdict.DANGEROUS, "changed class", f"changes {named(str(target))} itself")
        if is_array_wrapper(target) and not self.strict:
            self._raw_array(state)

    def _extended(self, target: Any) -> None:
        """`append` and `extend` are called on whatever stands there."""
        if isinstance(target, Name):
            self.judged.add(Verdict.DANGEROUS, "changed class", f"calls a method of {named(str(target))}")

    def _raw_array(self, state: Any) -> None:
        """joblib writes an array's bytes straight into the stream, behind its wrapper."""
        array = raw_array(state)
        if array is None:
            raise Broken("the length of an array cannot be told")
        start = self.cursor.place
        self._as_plain_pickle(start)
        if array.objects:
            if self.depth >= MAX_DEPTH:
                raise Broken("nested too deeply")
            inner = _Walk(self.source, start, self.budget, self.depth + 1)
            inner.run()
            self.judged.join(inner.judged)
            if inner.broken:
                raise Broken("an array of objects is broken")
            self.cursor.go(inner.cursor.place)
        else:
            padding = max(0, self.cursor.byte()) + 1 if array.padded else 0
            if start + padding + array.size > self.source.size:
                raise Broken("an array ends early")
            self.cursor.go(start + padding + array.size)
        self.raw.append((start, self.cursor.place))

    def _as_plain_pickle(self, start: int) -> None:
        """Only joblib passes over the array: for `pickle.load` its bytes are opcodes. Numbers break at once; what gets
        as far as a call was written to be run."""
        other = _Walk(self.source, start, self.budget, self.depth)
        other.stack, other.memo, other.strict = list(self.stack), dict(self.memo), True
        other.run()
        if other.calls and other.judged.verdict == Verdict.DANGEROUS:
            self.judged.join(other.judged, "read by pickle.load")

    def _text(self, argument: Any) -> Any:
        if not isinstance(argument, str):
            return OPAQUE
        if len(argument) > LOOKED_INTO and argument.startswith("gA"):
            self._nested(Memory(_decoded(argument)), "base64 text")
        elif len(argument) > LOOKED_INTO and argument.startswith("800"):
            self._nested(Memory(_from_hex(argument)), "hexadecimal text")
        return argument

    def _bytes(self, argument: Source) -> Any:
        if argument.size > 4:
            self._nested(argument, "bytes")
            self.numbers.append((self.cursor.place - argument.size, self.cursor.place))
        return _Bytes()

    def _nested(self, inside: Source, kind: str) -> None:
        head = inside.at(0, 4)
        if not looks_like_pickle(head) and not re.match(rb"\(?c[\w.]{2,}\n|\(?i[\w.]{2,}\n", inside.at(0, 80)):
            return
        if self.depth >= MAX_DEPTH:
            self.judged.add(Verdict.UNKNOWN, "nested pickle", "nested too deeply")
            return
        found = judge_pickles(inside, self.budget, self.depth + 1).judged
        if found.verdict == Verdict.DANGEROUS:
            self.judged.join(found, f"a pickle in {kind}")
            self.judged.add(Verdict.DANGEROUS, "nested pickle", f"holds a pickle in {kind}")
        elif found.verdict != Verdict.UNKNOWN or self.budget.opcodes < 0:
            self.judged.join(found, f"a pickle in {kind}")


def _is_harmless(what: Any) -> bool:
    return isinstance(what, Name) and classify(what.module, what.name) == Verdict.SAFE


class _Bytes:
    """A bytes object; whether it is a pickle has been looked at."""


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.replace(".", "").isidentifier()


def _fill(target: Any, items: list[Any]) -> None:
    if not isinstance(target, Table):
        return
    for key, value in zip(items[::2], items[1::2], strict=False):
        if isinstance(key, str) and len(key) <= 64:
            target[key] = value


def _is_numeric(arguments: Any) -> bool:
    """The arguments of `_ufunc_reconstruct` name a function of NumPy or SciPy."""
    return (
        isinstance(arguments, tuple)
        and len(arguments) == 2
        and isinstance(arguments[0], str)
        and arguments[0].partition(".")[0] in ("numpy", "scipy")
    )


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
