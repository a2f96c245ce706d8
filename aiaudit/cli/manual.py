"""How `--help` looks: options in groups, examples at the end, and no line that says the same for every option.

A command's examples stand in one table, so that a test can parse each of them and the site can print them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.cli.command import Command

FOOT: Final = "Exit codes, and the environment twin of every option: aiaudit --help."
Examples = tuple[tuple[str, str], ...]  # what is typed, and what it is for

EXAMPLES: Final[Mapping[str, Examples]] = {
    "run": (
        ("aiaudit run", "Audit this folder; a summary on the terminal."),
        ("aiaudit run path/to/project -o report.html -o result.json", "A page for people, a result for tools."),
        ("aiaudit run . --fail-under 60 --fail-on critical", "Fail a build."),
        ("aiaudit run . --baseline last.json --fail-on-new high", "Fail only on what is new."),
        ("aiaudit run . --profile llm --dry-run", "Which checks would judge, and why others not."),
        ("aiaudit run . --facts-out facts.json", "Collect here …"),
        ("aiaudit run --facts facts.json -o report.html", "… and judge elsewhere, without the project."),
    ),
    "report": (
        ("aiaudit report result.json", "The summary again."),
        ("aiaudit report result.json --brand brand.yaml -o report.html", "With your client, logo and colour."),
        ("aiaudit report result.json --compare last.json -o report.html", "With what changed since."),
    ),
    "compare": (
        ("aiaudit compare last.json result.json", "What changed, on the terminal."),
        ("aiaudit compare last.json result.json -o change.md", "The same for a pull request."),
    ),
    "data": (
        ("aiaudit data data/", "All data sets of a folder, splits held against each other."),
        ("aiaudit data now.parquet --reference train.parquet --label churned", "Drift, and leaks into the label."),
        ("aiaudit data customers.csv -o profile.html", "A page for people."),
    ),
    "hardware": (
        ("aiaudit hardware", "What a process here may use."),
        ("aiaudit hardware --measure --json", "With bandwidth and arithmetic, for a program."),
    ),
    "init": (
        ("aiaudit init --print", "Look at the proposal first."),
        ("aiaudit init path/to/project", "Write it; a file that is there is not touched."),
    ),
    "interview": (
        ("aiaudit interview", "Ask here, one question after the other."),
        ("aiaudit interview --export questions.xlsx", "Send the questions out …"),
        ("aiaudit interview --import questions.xlsx", "… and read the answers."),
        ("aiaudit interview --ai-act", "The tier of the EU AI Act, question by question."),
    ),
    "plan": (
        ("aiaudit plan", "Does the declared workload fit, how fast, how long, what it costs."),
        ("aiaudit plan --max-monthly-cost 5000@p90", "Fail where nine of ten projections do not stay below."),
        ("aiaudit plan --json", "Every term with its formula."),
    ),
    "portfolio": (
        ("aiaudit portfolio results/", "The ranking, on the terminal."),
        ("aiaudit portfolio a.json b.json -o portfolio.html", "A page for people."),
    ),
    "explain": (
        ("aiaudit explain SEC-002", "Why it matters, how it is judged, how to mend it."),
        ("aiaudit explain TEAM-001 --pack team.yaml --full", "A check of your own, with all its queries."),
    ),
    "fix": (
        ("aiaudit fix model-card", "Look at the patch."),
        ("aiaudit fix GOV-006 --write", "Write the new file."),
        ("aiaudit fix SEC-011 | patch -p1", "Change a file that is there."),
    ),
    "doctor": (("aiaudit doctor", "Exit code 2 where an audit cannot work here."),),
    "checks list": (
        ("aiaudit checks list --pack security", "The checks of one pack."),
        ("aiaudit checks list --framework eu-ai-act", "By the controls of a framework."),
    ),
    "checks test": (("aiaudit checks test team.yaml --cases cases/", "Exit code 1 where a case ends otherwise."),),
    "checks lint": (("aiaudit checks lint team.yaml", "Exit code 1 where something was found."),),
    "checks new": (("aiaudit checks new TEAM-001 --pack team.yaml", "Then fill in every TODO."),),
    "checks try": (("aiaudit checks try '{probe: python.calls, any: [torch.load]}' .", "What would this query find?"),),
    "checks probes": (
        ("aiaudit checks probes", "What can be asked of a project."),
        ("aiaudit checks probes python.calls", "The keys of one probe, and what its answer holds."),
    ),
    "checks schema": (
        ("aiaudit checks schema > pack.schema.json", "For an editor: packs."),
        ("aiaudit checks schema --config-file > aiaudit.schema.json", "For an editor: aiaudit.yaml."),
    ),
    "waivers list": (("aiaudit waivers list path/to/project", "Also those in comments."),),
    "waivers lint": (("aiaudit waivers lint", "Exit code 1 where one has expired or names no check."),),
    "waivers add": (
        (
            "aiaudit waivers add SEC-004 --reason mirrored --owner Ann --expires 2027-01-31",
            "Take a risk until that day.",
        ),
    ),
}


class Manual(Command):
    """A command whose help reads like a page of a manual."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] PATH`: arguments in capitals, those in brackets that may be left out."""
        return ["[OPTIONS]", *(_in_usage(param) for param in self.get_params(ctx) if _is_argument(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then the options by group, in the order in which the command names them."""
        arguments: list[tuple[str, str]] = []
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if _is_argument(param):
                arguments.append((_name(param), getattr(param, "help", "") or ""))
            else:
                groups.setdefault(getattr(param, "rich_help_panel", "") or "Options", []).append(record)
        parts = {"Arguments": arguments, **groups}
        if len(groups) > 1 and "Options" in groups:  # what belongs to no group stands last
            parts["Other options"] = parts.pop("Options")
        for title, rows in parts.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, and what holds for every option."""
        name = ctx.command_path.partition(" ")[2]
        if name in EXAMPLES:
            with formatter.section("Examples"):
                for typed, meaning in EXAMPLES[name]:
                    formatter.write(f"{'':{formatter.current_indent}}{typed}\n")
                    with formatter.indentation(), formatter.indentation():
                        formatter.write_text(meaning)
        formatter.write_paragraph()
        formatter.write_text(FOOT)


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _name(param: Any) -> str:
    name = param.metavar or param.name.upper()
    return f"{name}…" if param.nargs == -1 else name


def _in_usage(param: Any) -> str:
    return _name(param) if param.required else f"[{_name(param)}]"
