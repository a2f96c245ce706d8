"""History and tracked files over repositories made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.git.people import Identity, Mailmap, People
from aiaudit.probes.git.probe import HistoryProbe, HistoryQuery, TrackedProbe, TrackedQuery, _months_before

from ..support import AS_OF, context
from .repositories import Repo, needs_git

ANN, BEN = ("Ann Author", "ann@example.org"), ("Ben Builder", "ben@example.org")
BOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")

pytestmark = needs_git


def history(root: Path, **query: Any) -> dict[str, Any]:
    fact = HistoryProbe().answer("h", HistoryQuery(**query), context(root))
    assert fact.state is State.KNOWN
    value: dict[str, Any] = fact.value
    return value


def test_commits_authors_and_dates(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": "1"}, day="2024-01-01")
    repo.commit("more", {"a.py": "2"}, who=BEN, day="2026-05-02")
    repo.commit("bump", {"a.py": "3"}, who=BOT, day="2026-05-03")
    head = repo.commit("pair\n\nCo-authored-by: Ben Builder <ben@example.org>", {"a.py": "4"}, day="2026-05-04")
    found = history(tmp_path)
    assert (found["present"], found["head"], found["commits"]) == (True, head, 4)
    assert (found["first"], found["last"], found["days_since_last"]) == ("2024-01-01", "2026-05-04", 28)
    assert [(a["name"], a["commits"], a["share"]) for a in found["authors"]] == [
        ("Ann Author", 2, 0.667),
        ("Ben Builder", 2, 0.667),
    ]
    assert (found["recent_commits"], found["recent_changes"], len(found["recent_authors"])) == (3, 2, 2)


def test_what_came_after_the_audits_day_is_not_there_yet(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": "1"}, day="2026-05-01")
    repo.commit("later", {"a.py": "2"}, who=BEN, day="2026-06-02")
    found = history(tmp_path)
    assert (found["commits"], found["last"]) == (1, "2026-05-01")


def test_mailmap_joins_people(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("one", {"a": "1", ".mailmap": "Ann Author <ann@example.org> <a@laptop.local>\n"})
    repo.commit("two", {"a": "2"}, who=("aa", "a@laptop.local"))
    assert [author["name"] for author in history(tmp_path)["authors"]] == ["Ann Author"]


def test_the_same_name_or_address_is_the_same_person() -> None:
    identities = [
        Identity("Ann Author", "ann@work.org"),
        Identity("Ann Author", "ann@home.org"),
        Identity("annie", "ann@home.org"),
        Identity("Bob", "bob@x.org"),
        Identity("Bob", "bob@y.org"),  # a short first name alone joins nobody
    ]
    people = People(identities)
    assert len({people.person(one) for one in identities[:3]}) == 1
    assert people.person(identities[2]) == "Ann Author"


def test_the_login_of_a_name_is_the_same_person() -> None:
    known = Identity("Ada Example", "ada@work.org")
    web = Identity("adaexample", "12345+adaexample@users.noreply.github.com")
    dashed = Identity("ada-example", "ada-example@users.noreply.github.com")
    other = Identity("Bo Li", "bo@work.org")
    short = Identity("boli", "boli@users.noreply.github.com")  # four letters may be anybody's
    people = People([known, web, dashed, other, short])
    assert {people.person(one) for one in (known, web, dashed)} == {"Ada Example"}
    assert people.person(other) != people.person(short)


def test_what_stands_before_the_at_is_a_login() -> None:
    old, new = Identity("Giampaolo", "g.ferraro@example.com"), Identity("GP", "giampaolo@example.org")
    shared = Identity("Ann", "contact@example.org"), Identity("Ben", "contact@example.com")
    people = People([old, old, new, *shared])
    assert people.person(new) == people.person(old) == "Giampaolo"
    assert people.person(shared[0]) != people.person(shared[1])


def test_an_account_that_the_employer_gave_is_the_same_person() -> None:
    own, given = Identity("adalovelaceking", "ada@mail.example"), Identity("adalovelace-big-co", "ada.l-ext@big-co.com")
    other = Identity("adalbert", "adalbert@big-co.com")
    colleague = Identity("boothby-big-co", "boothby@big-co.com")
    people = People([own, own, given, other, colleague])
    assert people.person(given) == people.person(own) == "adalovelaceking"
    assert len({people.person(one) for one in (own, other, colleague)}) == 3


def test_mailmap_forms() -> None:
    text = "# c\nProper <one@x>\nProper <p@x> <old@x>\nProper <p@x> Nick <shared@x>\nbroken line\n<new@x> <only@x>\n"
    mailmap = Mailmap(text)
    assert mailmap.proper(Identity("x", "one@x")) == Identity("Proper", "one@x")
    assert mailmap.proper(Identity("x", "OLD@x")) == Identity("Proper", "p@x")
    assert mailmap.proper(Identity("Nick", "shared@x")) == Identity("Proper", "p@x")
    assert mailmap.proper(Identity("Else", "shared@x")) == Identity("Else", "shared@x")
    assert mailmap.proper(Identity("N", "only@x")) == Identity("N", "new@x")


@pytest.mark.parametrize(
    ("name", "email", "bot"),
    [
        ("renovate", "x@y", True),
        ("Claude", "noreply@anthropic.com", True),
        ("pre-commit-ci[bot]", "66853113+x@users.noreply.github.com", True),
        ("Codex", "codex@openai.com", True),
        ("aider", "bot@aider.chat", True),
        ("Claude Monet", "claude@example.org", False),
        ("Abbot Lee", "abbot@example.org", False),
        ("Robotti", "r@example.org", False),
    ],
)
def test_bots(name: str, email: str, bot: bool) -> None:
    assert Identity(name, email).is_bot is bot


def test_review_shows_in_messages_on_the_main_line(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a": "1"})
    repo.commit("Add thing (#12)", {"a": "2"})
    repo.commit("Fix\n\nReviewed-by: Ben Builder <ben@example.org>", {"a": "3"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side work", {"b": "1"}, who=BEN)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "Merge pull request #13 from side", "side", GIT_AUTHOR_NAME="A B",
             GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="A B", GIT_COMMITTER_EMAIL="a@b",
             GIT_COMMITTER_DATE="2026-05-05T00:00:00+0000")  # fmt: skip
    found = history(tmp_path)
    assert (found["reviewed"], found["review_share"]) == (3, 0.75)  # the side branch's own commit is not on the line
    assert (found["recent_commits"], found["recent_changes"]) == (5, 4)


def test_requests_that_their_own_author_takes_in_at_once_are_counted(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a": "1"}, day="2026-05-01")
    merges = [  # who wrote, who merged, when: the commits are of noon
        (ANN, ANN, "12:04:00", True),
        (BEN, ANN, "12:04:00", False),
        (ANN, ANN, "18:00:00", False),
        (BEN, BEN, "12:00:30", True),
    ]
    for number, (writer, merger, time, _) in enumerate(merges, 2):
        repo.git("checkout", "-q", "-b", f"side{number}")
        repo.commit("work", {f"b{number}": "1"}, who=writer, day=f"2026-05-0{number}")
        repo.git("checkout", "-q", "main")
        made = f"2026-05-0{number}T{time}+0000"
        repo.git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number} from side", f"side{number}",
                 GIT_AUTHOR_NAME=merger[0], GIT_AUTHOR_EMAIL=merger[1], GIT_COMMITTER_NAME="GitHub",
                 GIT_COMMITTER_EMAIL="noreply@github.com", GIT_AUTHOR_DATE=made, GIT_COMMITTER_DATE=made)  # fmt: skip
    found = history(tmp_path)
    assert (found["reviewed"], found["hasty"]) == (4, sum(hasty for *_, hasty in merges))


def test_commits_that_a_rebase_made_anew_are_counted(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a": "1"})
    for number in range(3):  # written on three days, and made in one second
        (tmp_path / "a").write_text(f"step {number}")
        repo.git("commit", "-q", "-a", "-m", f"step {number}", GIT_AUTHOR_NAME="A B", GIT_AUTHOR_EMAIL="a@b",
                 GIT_COMMITTER_NAME="A B", GIT_COMMITTER_EMAIL="a@b",
                 GIT_AUTHOR_DATE=f"2026-05-0{number + 2}T12:00:00+0000",
                 GIT_COMMITTER_DATE="2026-05-09T12:00:00+0000")  # fmt: skip
    repo.commit("amended alone", {"a": "2"}, day="2026-05-10")
    found = history(tmp_path)
    assert (found["rebased"], found["reviewed"], found["recent_changes"]) == (3, 0, 5)


def test_groups_count_who_changes_what(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for number in range(8):
        repo.commit("t", {"src/train.py": str(number)})
    repo.commit("t", {"src/train.py": "b"}, who=BEN)
    repo.commit("s", {"src/serve.py": "a"})
    repo.commit("s", {"src/serve.py": "b"}, who=BEN)
    repo.commit("old", {"prompts/x.txt": "a"}, who=BEN, day="2020-01-01")
    groups = history(
        tmp_path, groups={"training": ["**/train*.py"], "serving": ["**/serve*.py"], "prompts": ["prompts/**"]}
    )["groups"]
    assert [(g["name"], g["commits"], g["major"], g["path"]) for g in groups] == [
        ("training", 9, 1, "src/train.py"),
        ("serving", 2, 2, "src/serve.py"),
        ("prompts", 0, 0, ""),
    ]
    assert groups[0]["authors"][1] == {"name": "Ben Builder", "commits": 1, "share": 0.111}


def test_a_group_is_shown_by_a_file_that_is_still_here(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for number in range(3):
        repo.commit("t", {"old/train.py": str(number)})
    repo.commit("t", {"src/train.py": "a", "old/train_all.py": "b"})
    assert history(tmp_path, groups={"training": ["**/train*.py"]})["groups"][0]["path"] == "old/train.py"
    for name in ("train.py", "train_all.py"):
        (tmp_path / "old" / name).unlink()
    group = history(tmp_path, groups={"training": ["**/train*.py"]})["groups"][0]
    assert (group["commits"], group["path"]) == (4, "src/train.py")
    (tmp_path / "src" / "train.py").unlink()
    assert history(tmp_path, groups={"training": ["**/train*.py"]})["groups"][0]["path"] == ""


def test_a_folder_below_the_repositorys_root_sees_its_own_part(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "mono")
    repo.commit("other", {"other/x.py": "1"}, who=BEN)
    repo.commit("ours", {"ours/train.py": "1"})
    root = tmp_path / "mono" / "ours"
    found = history(root, groups={"training": ["train.py"]})
    assert (found["commits"], [author["name"] for author in found["authors"]]) == (1, ["Ann Author"])
    assert found["groups"][0]["commits"] == 1
    tracked = TrackedProbe().answer("t", TrackedQuery(), context(root))
    assert [file["path"] for file in tracked.value] == ["train.py"]


def test_the_main_line_of_a_folder_is_that_of_the_larger_repository(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "mono")
    repo.commit("start", {"ours/a.py": "1"})
    for number in (1, 2, 3):  # each change of the folder comes by a request, with changes of others in between
        repo.git("checkout", "-q", "-b", f"side{number}")
        repo.commit("side work", {"ours/a.py": f"side {number}"}, who=BEN)
        repo.git("checkout", "-q", "main")
        repo.git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number} from side", f"side{number}",
                 GIT_AUTHOR_NAME="A B", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="A B", GIT_COMMITTER_EMAIL="a@b",
                 GIT_COMMITTER_DATE="2026-05-05T00:00:00+0000")  # fmt: skip
        repo.commit("elsewhere", {"other/x.py": str(number)})
    found = history(tmp_path / "mono" / "ours")
    assert (found["within"], found["reviewed"], found["review_share"]) == ("ours", 3, 0.75)
    assert history(tmp_path / "mono")["within"] == ""


def test_a_shallow_clone_does_not_know_the_whole(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "full")
    for number in range(3):
        repo.commit("c", {"a": str(number)})
    repo.git("clone", "-q", "--depth", "1", f"file://{tmp_path}/full", str(tmp_path / "part"))
    found = history(tmp_path / "part", groups={"x": ["*"]})
    assert isinstance(found["commits"], Unknown)
    assert isinstance(found["groups"][0], Unknown)
    assert found["last"] == "2026-05-01"


def test_no_repository_is_absent(tmp_path: Path) -> None:
    here = context(tmp_path, {"a.py": ""})
    assert HistoryProbe().answer("h", HistoryQuery(), here).state is State.ABSENT
    assert TrackedProbe().answer("t", TrackedQuery(), here).state is State.ABSENT


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    Repo(tmp_path)
    found = history(tmp_path)
    assert (found["present"], found["commits"], found["head"], found["authors"]) == (True, 0, "", [])


def test_tracked_files(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 99999999\n"
    repo.commit("c", {"model.bin": pointer, "data/rows.csv": "x" * 2000, "run.sh": "", ".gitignore": "secret.env"})
    (tmp_path / "secret.env").write_text("untracked")
    found = TrackedProbe().answer("t", TrackedQuery(), context(tmp_path))
    by_path = {file["path"]: file for file in found.value}
    assert "secret.env" not in by_path
    assert (by_path["model.bin"]["lfs"], by_path["model.bin"]["role"]) == (True, "model")
    large = TrackedProbe().answer("t", TrackedQuery(min_bytes=1000, roles=["data"]), context(tmp_path))
    assert [(file["path"], file["size"]) for file in large.value] == [("data/rows.csv", 2000)]
    (tmp_path / "model.bin").write_bytes(b"\0" * 5000)  # `git lfs pull` puts the content in the pointer's place
    again = TrackedProbe().answer("t", TrackedQuery(files=["*.bin"]), context(tmp_path))
    assert again.value[0]["lfs"] is True


def test_an_object_that_the_clone_lacks_has_an_unknown_size(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("c", {"data/big.csv": "x" * 3000})
    blob = repo.git("rev-parse", "HEAD:data/big.csv")
    (tmp_path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = TrackedProbe().answer("t", TrackedQuery(min_bytes=1000), context(tmp_path))
    assert isinstance(found.value[0]["size"], Unknown)


def test_months_end_where_the_month_ends() -> None:
    assert _months_before(AS_OF, 12).isoformat() == "2025-06-01"
    assert _months_before(AS_OF.replace(month=3, day=31), 1).isoformat() == "2026-02-28"
