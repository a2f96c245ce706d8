"""What authors get told: one line with the place and the way out, for each mistake."""

from __future__ import annotations

import pytest

from aiaudit.packs.problems import PackError
from tests.packs.fakes import HEAD, load_texts, one_check

RULE = '{fail: "loads.size() > 0", pass: otherwise}'

# The keys of the one check (a line of YAML each) -> the one line that is told.
CHECK_MISTAKES: list[tuple[dict[str, str], str]] = [
    (
        {"severity": "hihg"},
        "own.yaml:11:13: 'severity' may not be 'hihg': use critical, high, medium, low; did you mean 'high'?",
    ),
    (
        {"kind": "auto"},
        "own.yaml:12:9: 'kind' may not be 'auto': use automatic, measured, attested; did you mean 'automatic'?",
    ),
    ({"remedation": "x"}, "own.yaml:17:3: unknown key 'remedation'; did you mean 'remediation'?"),
    ({"why": ""}, "own.yaml:9:3: the key 'why' is missing"),
    ({"title": '""'}, "own.yaml:10:10: 'title' must not be empty"),
    (
        {"id": "own1"},
        "own.yaml:9:7: 'own1' is no check id: capitals, a hyphen and three digits, such as SEC-002",
    ),
    ({"applies": "use"}, "own.yaml:17:12: unknown name `use`; did you mean `uses`?"),
    ({"applies": "[uses]"}, "own.yaml:17:12: 'applies' must be a text, not a list"),
    ({"applies": "!uses"}, "own.yaml:17:12: 'applies' must not be empty; a text that begins with `!` needs quotes"),
    ({"applies": "loads"}, "own.yaml:17:12: this must be bool, not list(call)"),
    ({"rule": ""}, "own.yaml:9:3: the key 'rule' is missing (only attested checks have one by default)"),
    (
        {"rule": '{fail: "loads.size() > 0", pas: otherwise}'},
        "own.yaml:14:36: unknown key 'pas': use fail, unknown, partial, pass, not_applicable; did you mean 'pass'?",
    ),
    (
        {"rule": "{pass: otherwise, fail: uses}"},
        "own.yaml:14:27: 'fail' can never be reached: 'pass' before it always holds",
    ),
    (
        {"rule": '{fail: "load.size() > 0", pass: otherwise}'},
        "own.yaml:14:17: unknown name `load`; did you mean `loads`?",
    ),
    (
        {"rule": "{fail: \"loads.exists(l, l.sorce == 'net')\", pass: otherwise}"},
        "own.yaml:14:35: call has no field `sorce`; did you mean `source`?",
    ),
    (
        {"rule": '{fail: "loads > 0", pass: otherwise}'},
        "own.yaml:14:23: `>` cannot be used between list(call) and int",
    ),
    (
        {"rule": '{fail: "loads.size() > 0 and uses", pass: otherwise}'},
        "own.yaml:14:34: expected an operator or the end, found `and`; did you mean `&&`?",
    ),
    ({"facts": "{x: {probe: cals, any: [a]}}"}, "own.yaml:17:15: no probe 'cals'; did you mean 'calls'?"),
    ({"facts": "{x: {probe: calls, anny: [a]}}"}, "own.yaml:17:29: unknown key 'anny'; did you mean 'any'?"),
    ({"facts": "{x: {probe: calls, any: a}}"}, "own.yaml:17:34: 'any' must be a list, not a text"),
    ({"facts": "{x: {probe: calls}}"}, "own.yaml:17:11: the key 'any' is missing"),
    ({"facts": '{x: {derive: "uses && tsted"}}'}, "own.yaml:17:32: unknown name `tsted`; did you mean `tested`?"),
    (
        {"facts": "{x: {derive: y}, y: {derive: x}}"},
        "own.yaml:17:15: a fact cannot be derived from itself: own.OWN-001.x → own.OWN-001.y → own.OWN-001.x",
    ),
    ({"facts": "{x: {title: a}}"}, "own.yaml:17:11: the fact 'x' needs either `probe` or `derive`"),
    (
        {"facts": "{loads: {probe: flag, name: x}}"},
        "own.yaml:17:11: 'loads' is a fact of the pack already; a check's own facts need names of their own",
    ),
    (
        {"facts": "{params: {probe: flag, name: x}}"},
        "own.yaml:17:11: 'params' is a reserved name; call the fact otherwise",
    ),
    ({"params": "{days: {default: 5, max: 3}}"}, "own.yaml:17:18: the default of 'days' must be at most 3, not 5"),
    ({"params": "{days: {default: 5, mx: 3}}"}, "own.yaml:17:31: unknown key 'mx'; did you mean 'max'?"),
    (
        {"params": "{days: {default: x, max: 3}}"},
        "own.yaml:17:12: 'days' is no number: it has no bounds and no stricter side",
    ),
    (
        {"params": "{days: 5}", "rule": '{fail: "params.day > 3", pass: otherwise}'},
        "own.yaml:14:17: unknown name `params.day`; did you mean `params.days`?",
    ),
    ({"requires": "[OWN-002]"}, "own.yaml:17:14: no check 'OWN-002'; did you mean 'OWN-001'?"),
    ({"requires": "[OWN-001]"}, "own.yaml:17:14: a check cannot require itself: OWN-001 → OWN-001"),
    ({"after": "[OWN-002]"}, "own.yaml:17:11: no check 'OWN-002'; did you mean 'OWN-001'?"),
    ({"after": "[OWN-001]"}, "own.yaml:17:11: a check cannot come after itself: OWN-001 → OWN-001"),
    ({"findings": "uses"}, "own.yaml:17:13: findings must be a list, not a bool"),
    ({"findings": "{of: loads, sayz: x}"}, "own.yaml:17:25: unknown key 'sayz'; did you mean 'says'?"),
    (
        {"findings": "loads", "finding_says": '"{nmae} is loaded"'},
        "own.yaml:18:19: unknown name `nmae`; did you mean `name`?",
    ),
    ({"finding_says": "Loaded"}, "own.yaml:17:3: there are no `findings` that this could be said of"),
    ({"says": '{fail: "{loads.size("}'}, "own.yaml:17:17: this `{` is not closed (write `{{` for a brace)"),
    (
        {"says": "{fail: [{when: use, say: A}, {say: B}]}"},
        "own.yaml:17:24: unknown name `use`; did you mean `uses`?",
    ),
    (
        {"says": '{fail: [{when: uses, say: "{load}"}, {say: B}]}'},
        "own.yaml:17:37: unknown name `load`; did you mean `loads`?",
    ),
    (
        {"says": "{fail: [{say: A}, {say: B}]}"},
        "own.yaml:17:17: only the last of several sentences has no `when`",
    ),
    (
        {"says": "{fail: [{when: uses, say: A}, {when: tested, say: B}]}"},
        "own.yaml:17:40: the last sentence is said where no other is: it has no `when`",
    ),
    ({"says": "{fail: [{when: loads, say: A}, {say: B}]}"}, "own.yaml:17:24: this must be bool, not list(call)"),
    ({"says": "{fail: [{when: uses, sya: A}, {say: B}]}"}, "own.yaml:17:30: unknown key 'sya'; did you mean 'say'?"),
    ({"let": "{many: load.size()}"}, "own.yaml:17:15: unknown name `load`; did you mean `loads`?"),
    (
        {"let": "{many: 'loads.size() > 3'}", "applies": "mny"},
        "own.yaml:18:12: unknown name `mny`; did you mean `many`?",
    ),
    (
        {"let": "{uses: 'loads.size() > 0'}"},
        "own.yaml:17:9: 'uses' is taken: give what `let` names a name of its own",
    ),
    (
        {"let": "{params: 'loads.size() > 0'}"},
        "own.yaml:17:9: 'params' is taken: give what `let` names a name of its own",
    ),
    ({"let": "{a: b, b: loads}"}, "own.yaml:17:12: unknown name `b`"),
    ({"evidence": "[load]"}, "own.yaml:17:14: no fact 'load'; did you mean 'loads'?"),
    ({"points": "2"}, "own.yaml:17:11: a partial result earns between 0 and 1 of a pass, not 2"),
    (
        {"params": "{days: 5}", "let": "{params: 'loads.size() > 0'}"},
        "own.yaml:18:9: 'params' is taken by params.days: give what `let` names a name of its own",
    ),
    (
        {"rule": "{fail: not uses, pass: otherwise}"},
        "own.yaml:14:20: expected an operator or the end, found `uses`; did you mean `!`?",
    ),
    (
        {"facts": "{more: {derive: unique(loads, uses)}}"},
        "own.yaml:17:32: this `(` is not closed\n"
        "own.yaml:17:40: unknown key 'uses)': inside braces a text that holds a comma needs quotes",
    ),
    ({"min_level": "E6"}, "own.yaml:13:14: 'min_level' may not be 'E6': use E0, E1, E2, E3, E4, E5"),
]

FILE_MISTAKES = [
    ("", "own.yaml:1:1: a pack must be a mapping with schema, pack, title and checks"),
    ("schema: 2\npack: own\ntitle: x\nchecks: []\n", "own.yaml:1:9: 'schema' may not be '2': use 1"),
    ("schema: 1\npack: own\ntitle: x\nchekcs: []\n", "own.yaml:4:1: unknown key 'chekcs'; did you mean 'checks'?"),
    ("schema: 1\npack: own\npack: own\n", "own.yaml:3:1: duplicate key 'pack'"),
    ("schema: 1\npack: own\ntitle: !x.y(z, w)\n", "own.yaml:3:14: did not find expected whitespace or line break; a text that"
     " begins with `!` needs quotes"),
    ("schema: 1\npack: own\ntitle: [\n", "own.yaml:4:1: did not find expected node content"),
    ("schema: 1\npack: own\ntitle: x\nchecks: [7]\n", "own.yaml:4:10: must be a mapping, not a number"),
    ("schema: 1\nfacts: {Flag.Rag: {probe: flag, name: x}}\n",
     "own.yaml:2:9: 'Flag.Rag' is no name: small letters, digits and _, with dots between"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "line"), CHECK_MISTAKES, ids=[line.split(": ", 1)[1] for _, line in CHECK_MISTAKES])
def test_a_mistake_in_a_check_is_one_line(keys: dict[str, str], line: str) -> None:
    with pytest.raises(PackError) as caught:
        one_check(**keys)
    assert str(caught.value) == line


@pytest.mark.parametrize(("text", "line"), FILE_MISTAKES, ids=[line.split(": ", 1)[1] for _, line in FILE_MISTAKES])
def test_a_mistake_in_a_file_is_one_line(text: str, line: str) -> None:
    with pytest.raises(PackError) as caught:
        load_texts(own=text)
    assert str(caught.value) == line


CHECK = """\
- id: OWN-00{n}
  title: A condition holds
  severity: high
  kind: automatic
  rule: {{fail: "{fail}", pass: otherwise}}
  why: x
  remediation: x
"""


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    broken_shape = CHECK.format(n=2, fail="uses").replace("severity: high", "severity: hi")
    text = HEAD + CHECK.format(n=1, fail="usse") + broken_shape + CHECK.format(n=3, fail="tsted")
    with pytest.raises(PackError) as caught:
        load_texts(own=text)
    assert [str(problem) for problem in caught.value.problems] == [
        "own.yaml:13:17: unknown name `usse`; did you mean `uses`?",
        "own.yaml:18:13: 'severity' may not be 'hi': use critical, high, medium, low; did you mean 'high'?",
        "own.yaml:27:17: unknown name `tsted`; did you mean `tested`?",
    ]


def test_what_follows_from_a_mistake_is_not_told() -> None:
    with pytest.raises(PackError) as caught:
        one_check(
            facts='{risky: {derive: "loads.filter(l, l.sfae)"}}',
            rule='{fail: "risky.exists(r, r.source == 1)", pass: otherwise}',
            findings="risky",
            finding_says='"{name} of {source}"',
            says='{fail: "{risky.size()}"}',
        )
    assert str(caught.value) == "own.yaml:17:46: call has no field `sfae`; did you mean `safe`?"


def test_a_mistake_in_a_folded_text_is_told_where_the_text_begins() -> None:
    text = HEAD + CHECK.format(n=1, fail="uses").replace(
        '{fail: "uses", pass: otherwise}', "\n    fail: >\n      uses\n      || usse"
    )
    with pytest.raises(PackError, match=r"own\.yaml:14:11: unknown name `usse`; did you mean `uses`\?"):
        load_texts(own=text)


def test_ids_are_unique_over_all_packs() -> None:
    first = HEAD + CHECK.format(n=1, fail="uses")
    with pytest.raises(PackError) as caught:
        load_texts(a=first, b=first.replace("pack: own", "pack: other"), c=first)
    assert [str(problem) for problem in caught.value.problems] == [
        "b.yaml:9:3: the check OWN-001 stands already at a.yaml:9:3",
        "c.yaml:2:7: the pack 'own' is in a.yaml already",
        "c.yaml:5:3: the fact 'own.loads' is declared already, at a.yaml:5:3",
        "c.yaml:6:3: the fact 'own.uses' is declared already, at a.yaml:6:3",
        "c.yaml:7:3: the fact 'own.tested' is declared already, at a.yaml:7:3",
        "c.yaml:9:3: the check OWN-001 stands already at a.yaml:9:3",
    ]


def test_a_circle_of_requirements_is_told_with_its_way() -> None:
    two = CHECK.format(n=1, fail="uses") + "  requires: [OWN-002]\n" + CHECK.format(n=2, fail="uses")
    with pytest.raises(PackError, match="a check cannot require itself: OWN-001 → OWN-002 → OWN-001"):
        load_texts(own=HEAD + two + "  requires: [OWN-001]\n")
