"""All answers about the project's data sets, joined: each set with its profile. No value of the data is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found


class Profile:
    """The data sets that were found, and what was measured of them.

    `profiles`: by the number of the set; those that were not measured are missing, and `unread` says why. `pairs`: two
    sets compared; `groups`: groups of people, each with the number of its set.
    """

    def __init__(self, found: Sequence[Found], answers: Sequence[Mapping[str, Any]]) -> None:
        self.found = found
        self.answers = answers
        profiles: dict[int, Mapping[str, Any]] = {}
        self.unread: dict[int, str] = {n: one.unread for n, one in enumerate(found) if one.unread}
        for answer in answers:
            for place, number in enumerate(answer["sets"]):
                data = answer["datasets"][place] if "error" not in answer else {"unread": answer["error"]}
                if "unread" in data:
                    self.unread[number] = str(data["unread"])
                else:
                    profiles[number] = data
        self.profiles = profiles
        self.by_name = {one.name: number for number, one in reversed(list(enumerate(found)))}
        self.pairs = [pair for answer in answers for pair in answer.get("pairs", ())]
        self.groups = [(answer["sets"][group["of"]], group) for answer in answers for group in answer.get("groups", ())]

    def section(self) -> dict[str, Any]:
        """The `data` section of the result: what `aiaudit data --json` prints."""
        from aiaudit.data.model import unmeasured
        from aiaudit.model.records import plain

        notes = [f"{self.found[n].path}: {self.unread[n]}" for n in sorted(self.unread)]
        notes += [note for answer in self.answers for note in answer.get("notes", ())]
        ours = ("slices", "reserved")
        datasets = [
            {key: value for key, value in self.profiles[n].items() if key not in ours}
            if n in self.profiles
            else plain(unmeasured(one.name, one.path, one.format, one.role, one.provenance))
            for n, one in enumerate(self.found)
        ]
        samples = [answer["sample"] for answer in self.answers if answer.get("sample")]
        return {
            "datasets": datasets,
            "pairs": self.pairs,
            "groups": [{key: value for key, value in group.items() if key != "of"} for _, group in self.groups],
            "engine": ", ".join(dict.fromkeys(answer["engine"] for answer in self.answers if answer.get("engine"))),
            "sample": max(samples, key=lambda s: int(s["rows"]), default=None),
            "notes": list(dict.fromkeys(notes)),
        }

    def place(self, number: int) -> dict[str, Any]:
        """Where a record about a set stands: at its file, where it is one."""
        one = self.found[number]
        return {"path": one.files[0] if len(one.files) == 1 else one.path, "line": 1, "set": one.name}

    def number(self, name: str) -> int:
        """The data set of this name; a split inside one set is named after it."""
        return self.by_name[name] if name in self.by_name else self.by_name[name.rpartition(" (")[0]]
