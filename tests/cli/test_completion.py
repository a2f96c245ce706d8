"""Shell completion: commands, options, values, check ids, in the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from aiaudit.cli.options import LevelName, check_ids
from tests.cli.test_options import ALL

OFFERED = [
    ("aiaudit wai", ["waivers"]),
    ("aiaudit run --fail-on", ["--fail-on", "--fail-on-new"]),
    ("aiaudit run --level pr", ["production", "prototype"]),
    ("aiaudit explain SEC-00", [f"SEC-00{n}" for n in range(1, 10)]),
    ("aiaudit fix GOV", ["GOV-005", "GOV-006"]),
]

BASH = """
source "$SCRIPT"
read -ra COMP_WORDS <<< "$LINE"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_aiaudit_completion aiaudit
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
source $SCRIPT
complete -C $LINE | string replace -r '\\t.*' ''
"""
# zsh completes for a terminal only: Tab is pressed in one, and Control-X says what stands on the line then.
ZSH = """\
PS1='' LISTMAX=0; autoload -Uz compinit && compinit -u -d "$HOME/.zcompdump"; source "$HOME/script.zsh"
tell() { print -r -- "line<$BUFFER>" }; zle -N tell; bindkey '^X' tell; echo rea''dy
"""
SECONDS = 60
EVERY = {word for command in ALL.values() for param in command.params for word in param.opts} | {
    *(path[1] for path in ALL), "waivers", "checks", *LevelName, *check_ids(""),
}  # fmt: skip


def aiaudit(*args, **env):
    command = [sys.executable, "-m", "aiaudit", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **env}).stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the command on the path and each shell's script in a file."""
    home = tmp_path_factory.mktemp("home")
    tool = home / "bin" / "aiaudit"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m aiaudit "$@"\n')
    tool.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        (home / f"script.{shell}").write_text(aiaudit("--show-completion", shell))
    return home


def in_bash(home, line):
    return sorted(_asked(home, line, "bash", "--norc", "-c", BASH))


def in_fish(home, line):
    return sorted(_asked(home, line, "fish", "--no-config", "-c", FISH))


def in_zsh(home, line):
    """What Tab lists, or the word that it writes where there is one only."""
    shown = _typed(home, line)
    written = re.findall(r"line<(.*?)>", shown)[-1]
    if written.endswith(" "):
        return [written.split()[-1]]
    listing = shown[shown.index("\n") : shown.rindex("line<")]
    return sorted(set(re.findall(r"(?:^|  )([\w-]+)(?=$|  )", listing, re.MULTILINE)) & EVERY)


def _typed(home, line):
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**_env(home, line, "zsh"), "TERM": "dumb"})
    try:
        os.write(terminal, ZSH.encode())
        _until(terminal, "ready\r\n")
        os.write(terminal, f"{line}\t\t".encode())
        os.write(terminal, b"\x18")
        return _until(terminal, ">\r\n").replace("\r", "").replace("\a", "")
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def _until(terminal, mark):
    """What the terminal shows, up to a mark."""
    shown, end = "", time.monotonic() + SECONDS
    while mark not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    assert mark in shown, shown
    return shown


def _asked(home, line, *command):
    env = _env(home, line, command[0])
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert not done.stderr
    return done.stdout.split()


def _env(home, line, shell):
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "HOME": str(home), "PATH": path, "LINE": line, "SCRIPT": str(home / f"script.{shell}")}


SHELLS = {"bash": in_bash, "fish": in_fish, "zsh": in_zsh}


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_offers_what_fits(home, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for line, offered in OFFERED:
        assert SHELLS[shell](home, line) == offered, line
