"""Pages that are written from what ships: checks by their pack, commands, probes. A hook of mkdocs; see mkdocs.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.structure.files import File, Files

from aiaudit.cli.app import application
from aiaudit.cli.manual import EXAMPLES
from aiaudit.packs.explain import Explanation, explain
from aiaudit.packs.guide import Guide, guides
from aiaudit.probes.registry import probes
from aiaudit.ruleset import Options, read_ruleset

REPEATED = ("--help", "-h")


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages to those in the folder."""
    pages = {**check_pages(), "commands.md": command_page(), "probes.md": probe_page()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def check_pages() -> dict[str, str]:
    """A page for each pack, and the list of all checks."""
    library = read_ruleset(Options()).full
    pages = {}
    listed = ["# Checks", ""]
    for pack in library.packs:
        told = [section(explain(library, check)) for check in pack.checks]
        pages[f"checks/{pack.id}.md"] = f"# {text(pack.title)}\n\n" + "\n\n".join(told) + "\n"
        listed += [
            f"## [{text(pack.title)}]({pack.id}.md)",
            "",
            "| Check | Severity | Kind | What should hold |",
            "|---|---|---|---|",
        ]
        for check in pack.checks:
            link = f"[{check.id}]({pack.id}.md#{check.id.lower()})"
            listed.append(f"| {link} | {check.severity} | {check.kind} | {text(check.title)} |")
        listed.append("")
    pages["checks/index.md"] = "\n".join(listed)
    return pages


def section(told: Explanation) -> str:
    """One check, as `aiaudit explain` tells it."""
    check = told.check
    parts = [
        f"## {check.id}: {text(check.title)} {{ #{check.id.lower()} }}",
        f"*{check.severity} · {check.kind} · effort {check.effort}*",
    ]
    for title, lines in told.sections():
        kept = [text(line) for line in lines if line]
        if len(kept) == 1:
            parts.append(f"**{title}.** {kept[0]}")
        elif kept:
            parts.append(f"**{title}**\n\n" + "\n".join(f"- {line}" for line in kept))
    return "\n\n".join(parts)


def probe_page() -> str:
    """Every probe with its keys and the fields of its answer, as `aiaudit checks probes` tells them."""
    told = list(guides(probes(), read_ruleset(Options()).full))
    intro = (
        "A check asks these of a project ([write a check](write-a-check.md)). `aiaudit checks probes` lists"
        " them on the command line, `aiaudit checks probes NAME` shows one. The level is the best of its evidence."
    )
    parts = ["# Probes", intro, "| Probe | Level | What it finds |\n|---|---|---|"]
    parts[-1] += "".join(f"\n| [{one.name}](#{_anchor(one)}) | {one.level} | {text(one.title)} |" for one in told)
    return "\n\n".join([*parts, *(part for one in told for part in _probe(one))]) + "\n"


def _probe(told: Guide) -> Iterator[str]:
    yield f"## {told.name} {{ #{_anchor(told)} }}"
    yield text(told.title)
    if told.keys:
        rows = [
            f"| `{key.name}` | {text(key.kind)} | {'needed' if key.needed else text(key.default)} |"
            for key in told.keys
        ]
        yield "\n".join(["| Key | May be | Where left out |", "|---|---|---|", *rows])
    yield from map(text, filter(None, (told.told, *told.conditions)))
    if told.fields:
        fields = ", ".join(f"`{name}` {text(kind)}" for name, kind in told.fields)
        yield f"Answers with {text(told.gives)}: {fields}."
    elif told.gives:
        yield f"Answers with {text(told.gives)}."
    for record, inner in told.records:
        yield f"{text(record)}: {', '.join(f'`{name}` {text(kind)}' for name, kind in inner)}."
    if told.example:
        yield f"```yaml\n{told.example}\n```"


def _anchor(told: Guide) -> str:
    return told.name.replace(".", "-")


def command_page() -> str:
    """Every command with its arguments and options, as `--help` tells them."""
    root = typer.main.get_command(application())
    parts = ["# Commands", *(text(part) for part in (root.help or "").split("\n\n"))]
    parts += [part for name, command in sorted(root.commands.items()) for part in _command(f"aiaudit {name}", command)]
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}"
    yield "\n\n".join(text(part) for part in (command.help or "").split("\n\n"))
    rows = list(_rows(command))
    if rows:
        yield "\n".join(["| Argument or option | Environment | What it does |", "|---|---|---|", *rows])
    if examples := EXAMPLES.get(name.partition(" ")[2]):
        yield "```bash\n" + "\n".join(f"{typed}  # {meaning}" for typed, meaning in examples) + "\n```"
    for inner, found in sorted(getattr(command, "commands", {}).items()):
        yield from _command(f"{name} {inner}", found)


def _rows(command: Any) -> Iterator[str]:
    for param in command.params:
        metavar = param.metavar or ""
        if param.param_type_name == "option":
            shown = " ".join(filter(None, (", ".join(param.opts + param.secondary_opts), metavar)))
        else:
            shown = metavar or param.name.upper()
        if shown in REPEATED:
            continue
        shown = shown.replace("|", "\\|")  # a bar would end the cell
        twin = f"`{param.envvar}`" if getattr(param, "envvar", None) else ""
        yield f"| `{shown}` | {twin} | {text(getattr(param, 'help', '') or '')} |"


def text(words: str) -> str:
    """Plain words as Markdown: nothing in them is markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", " ".join(words.split()))
