"""What a machine starts by itself: lines of crontabs, also such as a script installs, and units of systemd."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.reading import Files

CRONTABS: Final = ("**/*crontab*", "**/*.cron", "**/cron.d/*", "**/crontabs/*", "**/cron/*.txt", "**/cron*.txt")
UNITS: Final = ("**/*.service", "**/systemd/**/*.service.j2")
_INSTALLERS: Final = ("**/*.sh", "**/*Dockerfile*", "**/Makefile", "**/cloud-init*.{yml,yaml}")
_TIME: Final = r"[\d*][\d*/,-]{0,30}[ \t]+"  # minutes, hours
_DAY: Final = r"[\d*A-Za-z][\w*/,-]{0,30}"
_FIELDS: Final = (
    rf"(?:@(?:hourly|daily|midnight|weekly|monthly|annually|yearly)|(?:{_TIME}){{2}}(?:{_DAY}[ \t]+){{2}}{_DAY})"
)
_LINE: Final = lazy.regex(rf"^[ \t]{{0,20}}{_FIELDS}[ \t]+(\S.{{0,2000}})$")
# `echo "0 3 * * * /opt/app/run.sh" | crontab -`: the line stands between quotes.
_INSTALLED: Final = lazy.regex(rf"[\"']{_FIELDS}[ \t]+([^\"'\n]{{1,500}})[\"']")
_USER: Final = lazy.regex(
    r"^(?:root|ubuntu|ec2-user|www-data|nobody|deploy|airflow|app(?:user)?|ml\w{0,20})[ \t]+(?=\S)"
)
# Where the machine has the project: `cd /srv/app && make score` begins at the root of the tree.
_HOME: Final = lazy.regex(r"^(?:/usr)?cd[ \t]+(?:/|~|\$|\{\{)[^;&|\n]{0,200}(?:&&|;)[ \t]*")
_EXEC: Final = lazy.regex(r"^[ \t]{0,20}ExecStart[ \t]{0,9}=[ \t]{0,9}[-@:+!|]{0,3}(\S.{0,1000})$")
_MOST: Final = 200  # lines of one file


class Scheduled(Struct, frozen=True):
    """A command that a machine starts by itself. `source`: crontab or systemd; `again`: on a schedule, and not once."""

    source: str
    path: str
    line: int
    command: str
    again: bool


def scheduled(files: Files) -> Iterator[Scheduled]:
    """All of them, in the order of their files."""
    for entry in files.running(CRONTABS):
        if not entry.name.endswith((".py", ".md", ".yml", ".yaml", ".json", ".ts", ".js", ".sh")):
            yield from islice(_of_crontab(entry.path, files.text(entry.path) or ""), _MOST)
    for entry in files.running(_INSTALLERS):
        text = files.text(entry.path) or ""
        if "crontab" in text or "cron.d" in text:
            for match in islice(_INSTALLED.finditer(text), _MOST):
                at = text.count("\n", 0, match.start()) + 1
                yield Scheduled("crontab", entry.path, at, _HOME.sub("", _USER.sub("", match[1])), True)
    timers = {entry.path.removesuffix(".j2").removesuffix(".timer") for entry in files.running("**/*.timer*")}
    for entry in files.running(UNITS):
        again = entry.path.removesuffix(".j2").removesuffix(".service") in timers
        text = files.text(entry.path) or ""
        for number, line in enumerate(text.splitlines()[:2_000] if "[Service]" in text else (), 1):
            if told := _EXEC.match(line):
                yield Scheduled("systemd", entry.path, number, told[1], again)


def _of_crontab(path: str, text: str) -> Iterator[Scheduled]:
    for number, line in enumerate(text.splitlines()[:5_000], 1):
        if match := _LINE.match(line):
            yield Scheduled("crontab", path, number, _HOME.sub("", _USER.sub("", match[1])), True)
