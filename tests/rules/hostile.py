"""Runs hostile expressions, each in a process of its own; prints as JSON what they cost. Started by test_bounds.py."""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

from aiaudit.model.types import DYN, INT, STRING, list_of, map_of, record
from aiaudit.rules import Failed, RuleError, Unknown, compile, evaluate

ATTEMPTS = 3  # on a busy machine the least of three times is the expression's own
RECORD = record("r", path=STRING, line=INT, source=STRING, sub=DYN)
NAMES = {
    "small": list_of(INT), "big": list_of(INT), "records": list_of(RECORD), "vague": list_of(RECORD), "d": list_of(DYN),
    "a": STRING, "b": STRING, "c": STRING, "texts": list_of(STRING), "m": map_of(INT),
}  # fmt: skip


def values() -> dict[str, Any]:
    """Large facts: 100,000 numbers and texts, 2,000 records, two texts of a million characters."""
    draw = random.Random(1)
    return {
        "small": list(range(20)),
        "big": list(range(100_000)),
        "records": [{"path": f"src/{n}.py", "line": n, "source": "disk", "sub": "x"} for n in range(2000)],
        "vague": [{"path": Unknown("?"), "line": Unknown("?"), "source": Unknown("?")}] * 2000,
        "d": [{"x": "a"}] * 2000,
        "a": "".join(draw.choice("ab") for _ in range(1_000_000)),
        "b": "a" * 999_999,
        "c": "a" * 100_000 + "!",
        "texts": ["ab" * 30 + str(n) for n in range(100_000)],
        "m": {str(n): n for n in range(100_000)},
    }


def nested(kind: str, body: str, over: str = "small", depth: int = 8) -> str:
    """`over.kind(v0, over.kind(v1, … body))`."""
    for level in range(depth):
        body = f"{over}.{kind}(v{level}, {body})"
    return body


def deep(joined: str, depth: int = 8) -> str:
    """What reads the variables of all levels of `nested`, so that nothing of it is the same for two elements."""
    return joined.join(f"v{level}" for level in range(depth))


def twice(start: str, times: int) -> str:
    """A text or list doubled again and again: 2 ** times long."""
    for _ in range(times):
        start = f"[{start}].map(x, x + x)[0]"
    return start


def expressions() -> dict[str, str]:
    """Name and source of every case."""
    many = " || ".join(f"x == {-n - 1}" for n in range(300))
    return {
        # syntax
        "3,000 parentheses": "(" * 3000 + "1" + ")" * 3000,
        "2,000 parentheses": "(" * 2000 + "1" + ")" * 2000,
        "4,000 brackets": "[" * 4000,
        "4,000 braces": "{'a':" * 800,
        "4,000 negations": "!" * 4000 + "true",
        "4,000 minus signs": "-" * 4000 + "1",
        "2,000 fields": "a" + ".b" * 2000,
        "1,300 indices": "d" + "[0]" * 1300,
        "conditional chain": "true ? 1 : " * 360 + "1",
        "100,000-term chain": " || ".join(["true"] * 100_000),
        "1,000-term chain": "||".join(["false"] * 580),
        "2,000-term sum": "+".join(["1"] * 2000),
        "only quotes": "'" * 4095,
        "unclosed calls": "size(" * 800,
        "a megabyte": "a" * 1_000_000,
        # steps
        "all, 8 deep": nested("all", f"{deep(' + ')} >= 0"),
        "exists, 8 deep": nested("exists", f"{deep(' + ')} < 0"),
        "map, 8 deep": nested("map", deep(" + ")),
        "filter, 8 deep": nested("exists", f"small.filter(y, y + {deep(' + ')} < 0).size() > 0"),
        "count, 8 deep": nested("all", f"small.count(y, y + {deep(' + ')} < 0) == 0"),
        "long condition": f"big.exists(x, {many})",
        "long condition, twice": f"big.exists(y, big.exists(x, {many}))",
        "long sum": f"big.all(x, big.all(y, {' + '.join(['x * y % 7'] * 60)} >= 0))",
        "long sum of fields": f"records.all(x, records.all(y, {' + '.join(['x.line'] * 60)} >= 0))",
        "pairs": "records.exists(x, records.exists(y, x.path.endsWith(y.source)))",
        "pairs, looked up": "records.exists(x, records.exists(y, x.path == y.source))",
        "vague pairs": "vague.exists(x, vague.exists(y, x.path == y.source))",
        "errors": "records.exists(x, records.exists(y, x.sub.a == 1 || y.sub.b == 2))",
        "many errors": f"records.exists(x, records.exists(y, {' || '.join(['x.line / 0 == 1'] * 200)}))",
        "unknowns": "vague.exists(x, vague.exists(y, x.source == y.source))",
        "unknown filters": "vague.exists(x, vague.filter(y, y.source == 'x').size() > 3000)",
        "early stops over a map": "big.exists(x, m.exists(k, true) && false)",
        "early stops over a list": "big.exists(x, big.exists(y, true) && false)",
        "membership": "big.exists(x, x + 1000000 in big)",
        "extremes": "big.exists(x, min(big) > 0 && max(big) < 0)",
        "sums": "big.exists(x, sum(big) < 0)",
        "equal lists": "big.exists(x, big != big + [1] && big == small)",
        "equal maps": "big.exists(x, m != m)",
        "unique texts": "big.exists(x, unique(texts).size() < 0)",
        "unique lists": "unique(big.map(x, [x])).size() < 0",
        "long equal texts": "big.exists(x, a == b || a < b)",
        "conversions": "big.exists(x, big.exists(y, double('1.5e3') == 1.0 || int('12345678901') == 1))",
        # size
        "text doubled 18 times": twice("'aaaaaaaaaaaaaaaa'", 18),
        "list doubled 18 times": twice("[1, 2, 3]", 18),
        "long text doubled": twice("a", 8),
        "long list doubled": twice("big", 8),
        "lists": "big.map(x, [x, x]).map(x, [x]).size() > 0",
        "empty lists": "big.map(x, []).map(x, [x]).map(x, [x]).size() > 0",
        "maps": "big.map(x, {'k': x})",
        "texts of numbers": "big.map(x, string(x) + string(double(x) / 7.0))",
        "join": "texts.map(x, a).join(a)",
        "split": "a.split('')",
        "split pieces": "texts.exists(x, x.split('a').size() > 100)",
        "trim and lower": "big.exists(x, a.trim() == '' || a.lowerAscii() == '')",
        "words": "big.exists(x, a.words() == '' || b.words() == '')",
        "words of humps": "texts.map(x, 'aB').join('').words() == ''",
        # patterns
        "redos": "c.matches('^(a+)+$') || c.matches('^(a|aa)+$') || c.matches('([a-z]+)*c') || c.matches('(.*a){25}c')",
        "redos, a million characters": "b.matches('^(a+)+c$') || b.matches('(.*a){25}c')",
        "redos, 200 states": "a.matches('[ab]*a[ab]{200}c')",
        "redos, many states": "a.matches('(?:[ab]*a[ab]{100}c)|(?:.*(.)(.)(.){80}q)')",
        "redos, empty loops": "b.matches('((a{0,30}){0,30}){0,1}c')",
        "redos, short texts": "texts.exists(x, texts.exists(y, x.matches('[ab]*a[ab]{20}c')))",
        "repetition bomb": "a.matches('((a{1,100}){1,100}){1,100}')",
        "new patterns": "texts.exists(x, a.matches(x))",
        "new large patterns": "texts.exists(x, 'a'.matches('(a{1,300}b{1,300}c{1,300}){3}' + x))",
        "new Unicode patterns": "texts.exists(x, 'a'.matches('" + "\\\\pL" * 100 + "' + x))",
        "new broken patterns": "texts.exists(x, 'a'.matches('" + "(" * 400 + "' + x))",
        "globs": "texts.exists(x, glob(x, '*a*b*a*b*a*b*c'))",
        "new globs": "texts.exists(x, glob('abc', x))",
        "long search": "texts.exists(x, b.contains(x))",
        "long search, near miss": "big.exists(x, b.contains('" + "a" * 500 + "b'))",
    }


def run(source: str, facts: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of compiling and evaluating, and how it ended."""
    started = time.process_time()
    try:
        outcome = evaluate(compile(source, NAMES), facts)
        ended = outcome.value.reason if isinstance(outcome.value, Failed) else type(outcome.value).__name__
    except RuleError as error:
        ended = f"refused: {error.message}"
    return {"seconds": time.process_time() - started, "ended": ended}


def apart(source: str, facts: dict[str, Any]) -> dict[str, Any]:
    """`run` in a forked process, with the memory that it took beyond what the facts take."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        before = pages * resource.getpagesize()
        result = run(source, facts)
        result["megabytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 2**20
        os.write(write_end, json.dumps(result).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else {"seconds": 10.0, "megabytes": 0.0, "ended": "killed"}


def main() -> None:
    facts = values()
    evaluate(compile("a.matches('x')", NAMES), {"a": "x"})  # loads RE2 once, in the parent
    results = {}
    for name, source in expressions().items():
        best = apart(source, facts)
        for _ in range(ATTEMPTS - 1):
            if best["seconds"] < 0.15:
                break
            best = min(best, apart(source, facts), key=lambda result: float(result["seconds"]))
        results[name] = best
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
