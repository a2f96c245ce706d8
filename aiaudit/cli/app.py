"""The application: its commands, and how their trouble ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from aiaudit.cli.command import Group
from aiaudit.cli.errors import ExitCode, say, tell
from aiaudit.cli.manual import Manual

HELP = """Is this AI project ready to run in production, and grow? An audit from evidence, offline.

It reads code, notebooks, data, models, configuration, CI, git and documents, and judges them by check packs.
Nothing of the project is imported or executed, and nothing leaves this machine.
Begin with: aiaudit run path/to/project

Exit codes: 0 fine, 1 a gate failed, or a plan, a pack or a waiver does not hold, 2 wrong usage, configuration or pack,
3 nothing could be judged, 4 internal error. Where several hold: 4, 2, 3, 1.

Environment: every option has a twin, AIAUDIT_ and its name: --fail-under is AIAUDIT_FAIL_UNDER. Several values are
parted by spaces, a switch is set by 1; the command line goes before it. AIAUDIT_CACHE_DIR says where what was read
is kept, NO_COLOR and FORCE_COLOR decide on colour, AIAUDIT_DEBUG=1 shows where an internal error happened.
"""

# Where each command is. The modules of the groups bring an application of their own, called `app`.
COMMANDS: Final[Mapping[str, str]] = {
    "run": "aiaudit.cli.run",
    "report": "aiaudit.cli.report",
    "compare": "aiaudit.cli.compare",
    "data": "aiaudit.cli.data",
    "hardware": "aiaudit.cli.hardware",
    "init": "aiaudit.cli.init",
    "interview": "aiaudit.cli.interview",
    "plan": "aiaudit.cli.plan",
    "portfolio": "aiaudit.cli.portfolio",
    "explain": "aiaudit.cli.explain",
    "fix": "aiaudit.cli.fix",
    "doctor": "aiaudit.cli.doctor",
}
GROUPS: Final[Mapping[str, str]] = {"checks": "aiaudit.cli.checks", "waivers": "aiaudit.cli.waivers"}


def application(names: Iterable[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """The application with these commands. To import and describe those that nobody asked for takes longer than
    `aiaudit --help`."""
    app = typer.Typer(
        name="aiaudit",
        cls=Group,
        help=HELP,
        add_completion=True,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for name in names:
        if name in COMMANDS:
            app.command(name, cls=Manual)(getattr(import_module(COMMANDS[name]), name))
        else:
            app.add_typer(import_module(GROUPS[name]).app, name=name)
    return app


def _version(asked: bool) -> None:
    if asked:
        from aiaudit.version import line

        print(line())
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def run(args: Sequence[str]) -> int:
    """Run one command; the exit code. Never raises, and never shows a traceback unasked."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _name_shell(args)
    try:
        asked = args[:1] if args[:1] and args[0] in {*COMMANDS, *GROUPS} else (*COMMANDS, *GROUPS)
        command = typer.main.get_command(application(asked))
        _warn_of_slips(command)
        code = command.main(list(args), prog_name="aiaudit", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _pipe_closed()
    except SystemExit as end:  # so the parser of command lines ends where the pipe was closed: with 1, as a failed gate
        if isinstance(end.__context__, OSError) and end.__context__.errno == errno.EPIPE:
            return _pipe_closed()
        raise
    except Exception as error:
        if isinstance(error, OSError):
            _give_up_stdout()
        return _usage(error, args) if _is_usage(error) else int(tell(error))
    if code == ExitCode.INTERRUPTED:
        say("interrupted; nothing was written")
    return int(code or 0)


_PREFIX: Final = "AIAUDIT_"
NO_TWINS: Final = frozenset({"AIAUDIT_CACHE_DIR", "AIAUDIT_DEBUG"})
"""Variables that stand for no option."""

PIPE_CLOSED = 128 + 13
"""What a shell tells of a program that ended by SIGPIPE."""

SHELLS = ("bash", "zsh", "fish")


def _name_shell(args: Sequence[str]) -> None:
    """`--show-completion zsh` shows that shell's script; typer itself knows the current shell only."""
    match args:
        case ["--show-completion", shell] if shell in SHELLS:
            os.environ["_AIAUDIT_COMPLETE"] = f"source_{shell}"


def _warn_of_slips(command: Any) -> None:
    """Tell of a variable that is nearly an option's twin: a gate that is misspelt would never fail."""
    from aiaudit.packs.problems import did_you_mean

    given = {name for name in os.environ if name.startswith(_PREFIX)} - NO_TWINS
    if not given - _twins(command):
        return
    twins = _twins(typer.main.get_command(application())) | NO_TWINS
    bare = {twin.removeprefix(_PREFIX) for twin in twins}  # their common beginning would make all of them alike
    for name in sorted(given - twins):
        if meant := did_you_mean(name.removeprefix(_PREFIX), bare).replace("'", f"'{_PREFIX}", 1):
            say(f"warning: {name} of the environment does nothing{meant}")


def _twins(command: Any) -> set[str]:
    """The variables that stand for options of a command and of those below it."""
    below = [twin for inner in getattr(command, "commands", {}).values() for twin in _twins(inner)]
    return {*below, *(str(param.envvar) for param in command.params if getattr(param, "envvar", None))}


def _is_usage(error: Exception) -> bool:
    """Whether typer itself refused the command line (its exception classes are not public)."""
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__) or isinstance(error, typer.Abort)


def _usage(error: Any, args: Sequence[str]) -> int:
    """One line, and where the help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return int(ExitCode.FINE)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "aiaudit"
    message = error.format_message() if hasattr(error, "format_message") else "stopped"
    for theirs, ours in _OURS.items():
        message = message.replace(theirs, ours)
    if type(error).__name__ == "NoSuchCommand" or message.startswith("No such command"):
        message = _pointed(message, args)
    message = " ".join(message.split()).rstrip(".") + _from_environment(error, args)
    say(f"{message[:1].lower()}{message[1:]}{' S' if message.endswith('?') else '; s'}ee `{command} --help`")
    return int(ExitCode.USAGE)


def _pointed(message: str, args: Sequence[str]) -> str:
    """The message, with the command that does what people look for under another name."""
    way = ELSEWHERE.get(args[0]) if args else None
    return f"No such command '{args[0]}'; that is `aiaudit {way}`" if way else message


ELSEWHERE: Final = {
    "attest": "interview", "audit": "run", "check": "run", "cost": "plan", "diff": "compare", "scan": "run",
    "frameworks": "run -o x.frameworks.csv", "gate": "run --fail-under N", "list": "checks list", "test": "checks test",
    "lint": "checks lint",
}  # fmt: skip
"""What other programs, and our own pages, call things."""

_OURS: Final = {
    "Value error, ": "",
    "Input should be": "must be",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    " (Possible options: ": " (near it: ",
    ". Did you": "; did you",
}
"""How the parser of command lines words things, and how this program does."""


def _from_environment(error: Any, args: Sequence[str]) -> str:
    """Says so where the refused value was not typed but set as the twin of its option."""
    param: Any = getattr(error, "param", None)
    twin = getattr(param, "envvar", None)
    typed = {arg.partition("=")[0] for arg in args}
    return f" (set by {twin})" if twin and twin in os.environ and not typed & set(param.opts) else ""


def _pipe_closed() -> int:
    """Whoever read the output has had enough (`aiaudit … | head`): no more is written. The code is that of a program
    which the system ends then, so that a pipe tells neither a failed gate nor a passed one."""
    _give_up_stdout()
    return PIPE_CLOSED


def _give_up_stdout() -> None:
    """What is left to be written goes nowhere, so that the interpreter does not try again and complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
