"""`aiaudit run --dry-run`: which checks would judge, by which rules, and why others would not."""

from __future__ import annotations

import textwrap

from aiaudit.ruleset import Options, read_ruleset


def show(options: Options) -> None:
    """Print the plan of an audit; no project is read. Whether a check applies is only known after looking."""
    from aiaudit.prepared import ruleset_of

    ruleset = read_ruleset(options)
    chosen = {pack.id for pack in ruleset.selected.packs}
    judging = list(ruleset.selected.checks)
    print(f"{len(judging)} checks of {len(chosen)} packs would judge; ruleset {ruleset_of(ruleset)}")
    for pack in ruleset.selected.packs:
        kinds = [
            sum(1 for check in pack.checks if check.kind == kind) for kind in ("automatic", "measured", "attested")
        ]
        told = ", ".join(
            f"{n} {kind}" for n, kind in zip(kinds, ("automatic", "measured", "attested"), strict=True) if n
        )
        print(f"  {pack.id:<14} {len(pack.checks):>3}  {told}")
    left = [pack for pack in ruleset.full.packs if pack.id not in chosen]
    if left:
        why = f"--profile {options.profile}" if options.profile and not options.packs else "--pack"
        if not options.packs and not options.profile:
            why = "the configuration that was named"
        print(f"Left out by {why}:")
        for pack in left:
            print(f"  {pack.id:<14} {len(pack.checks):>3}  {pack.title}")
    changed = {check: values for check, values in ruleset.params.items() if values}
    for check, values in sorted(changed.items()):
        print(f"  {check}: {', '.join(f'{name} = {value}' for name, value in values.items())} (profile)")
    probes = sorted({spec.probe for spec in ruleset.selected.facts.values() if spec.probe})
    print(textwrap.fill(f"Probes: {', '.join(probes)}", 80, subsequent_indent="  ", break_on_hyphens=False))
