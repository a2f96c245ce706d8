"""Places of which one sentence is said stand together, and none is lost."""

from __future__ import annotations

from aiaudit.reports import html, markdown, terminal
from aiaudit.reports.places import Alike, Place, Spot, gathered
from tests.reports.make_result import make_result

ONE, OTHER = "This call has no timeout.", "That call has none either."


def test_one_sentence_has_all_its_places_in_the_order_of_the_first() -> None:
    found = gathered(
        [
            Place("a.py", 3, ONE),
            Place("a.py", 9, OTHER),
            Place("a.py", 5, ONE),
            Place("b.py", 5, ONE),
            Place("", 0, ONE),
        ]
    )
    assert [(one.note, [spot.text for spot in one.spots]) for one in found] == [
        (ONE, ["a.py:3", "5", "b.py:5"]),
        (OTHER, ["a.py:9"]),
        (ONE, []),
    ]
    assert [one.count for one in found] == [3, 1, 1]


def test_what_was_measured_at_each_place_stays_beside_it() -> None:
    (alike,) = gathered([Place("a.py", 1, ONE, "9 s"), Place("a.py", 2, ONE, "9 s")])
    assert alike == Alike(ONE, "", (Spot("a.py:1"), Spot("2")), "9 s", 2)
    (differing,) = gathered([Place("a.py", 1, ONE, "9 s"), Place("a.py", 2, ONE, "8 s")])
    assert (differing.measured, [spot.measured for spot in differing.spots]) == ("", ["9 s", "8 s"])


def test_a_notebook_that_is_one_line_is_named_as_a_whole() -> None:
    """Colab writes a notebook as one line, so that line 1 is no place in it."""
    (alike,) = gathered([Place("a.ipynb", 1, ONE), Place("a.ipynb", 1, ONE), Place("b.ipynb", 7, ONE)])
    assert [spot.text for spot in alike.spots] == ["a.ipynb", "b.ipynb:7"]
    (alike,) = gathered([Place("a.ipynb", 1, ONE, "9 s"), Place("a.ipynb", 1, ONE, "8 s")])
    assert [spot.text for spot in alike.spots] == ["a.ipynb", "a.ipynb"]


def test_how_sure_a_place_is_parts_it_from_others() -> None:
    assert len(gathered([Place("a.py", 1, ONE, "", "strong"), Place("a.py", 2, ONE, "", "weak")])) == 2


def test_of_many_places_the_first_are_printed_and_the_rest_counted() -> None:
    (one,) = gathered([Place("a.py", line, ONE) for line in range(1, 10)], 4)
    assert ([spot.text for spot in one.spots], one.more, one.count) == (["a.py:1", "2", "3", "4"], 5, 9)


def test_what_stands_in_copies_is_said_of_the_first_with_all_of_them_beside_it() -> None:
    result = make_result()
    check = next(one for one in result["checks"] if one["status"] == "fail")
    plain = {"measured": "", "limit": "", "confidence": "strong", "message": ONE}
    places = [
        ("a.py", 3, ""), ("a.py", 9, ""), ("b.py", 1, ""),
        ("v2/a.py", 3, "a.py:3"), ("v2/a.py", 11, "a.py:9"), ("old/b.py", 1, "b.py:1"), ("old/b.py", 8, "b.py:8"),
    ]  # fmt: skip
    check["findings"] = [
        {**plain, "path": path, "line": line, "fingerprint": f"{path}{line}", **({"copy_of": of} if of else {})}
        for path, line, of in places
    ]
    told = "`a.py:3` (and 1 copy: `v2/a.py`), `9` (and 1 copy: `v2/a.py:11`), `b.py:1` (and 1 copy: `old/b.py`)"
    short = markdown.render(result)
    assert f"{told}, `old/b.py:8` This call" in short
    shown = html.render(result)
    assert '<code>a.py:3</code> <span class="muted">(and 1 copy: <code>v2/a.py</code>)</span>' in shown
    assert "a.py:3 (1 copy), 9 (1 copy), b.py:1 (1 copy), old/b.py:8" in terminal.render(result, width=120)


def test_what_others_can_use_today_is_told_before_other_dangers() -> None:
    result = make_result()
    failed = [check for check in result["checks"] if check["status"] == "fail"]
    for check in failed:
        check["severity"] = "critical"
    last = max(failed, key=lambda check: (check["effort"], check["id"]))
    last["urgent"] = True
    short = markdown.render(result)
    listed = short[short.index("### Failed") :]
    assert min((listed.index(f"`{check['id']}`"), check["id"]) for check in failed)[1] == last["id"]


def test_the_copies_of_one_file_are_named_once_for_its_lines() -> None:
    (one,) = gathered([Place("a.py", 9, ONE, copies=("b.py",)), Place("a.py", 3, ONE, copies=("b.py",))])
    assert one.spots == (Spot("a.py:3"), Spot("9", "", ("b.py",)))


def test_every_format_says_it_once() -> None:
    result = make_result()
    check = next(one for one in result["checks"] if one["status"] == "fail")
    finding = {"measured": "", "limit": "", "confidence": "strong", "message": ONE, "path": "app/serve.py"}
    check["findings"] = [{**finding, "line": line, "fingerprint": f"f{line}"} for line in range(1, 8)]
    shown = html.render(result)
    assert shown.count(ONE) == 1
    assert "<code>app/serve.py:1</code>, <code>2</code>, <code>3</code>" in shown
    short = markdown.render(result)
    assert short.count("This call has no timeout") == 1
    assert "`app/serve.py:1`, `2`, `3`, `4`, `5` This call" in short
    assert "and 2 more places" in short
    told = terminal.render(result, width=100)
    assert told.count("This call has no timeout") == 1
    assert "app/serve.py:1, 2, 3, 4, 5  This call" in told
