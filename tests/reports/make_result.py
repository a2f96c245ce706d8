"""Makes result JSONs over the whole catalogue, so that reports are tested on realistic input and without probes.

Statuses are invented, figures are computed from them as the design says (section 5), so that a report of a made result
is consistent in itself. Every result fits the shipped schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiaudit.model.check import Kind, Status
from aiaudit.packs.frameworks import load
from aiaudit.reports import coverage
from aiaudit.scoring import frameworks

WEIGHT = {"critical": 8, "high": 4, "medium": 2, "low": 1}
DAYS = {"S": 1, "M": 3, "L": 10}
STATUS = {"P": "pass", "H": "partial", "F": "fail", "U": "unknown", "N": "not_applicable", "B": "blocked", "E": "error"}
POINTS = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
CORE = ("data", "infra", "security", "governance", "cost")
TITLES = {
    "data": "Data",
    "infra": "Infrastructure",
    "security": "Security and privacy",
    "governance": "Governance",
    "cost": "Cost",
    "integration": "Integration",
    "mlops": "Model lifecycle",
    "observability": "Observability",
    "organisation": "Organisation",
    "evolution": "Evolution",
    "llm": "Language model and retrieval",
}

# One letter a check, in the order of the catalogue.
SUPPORT = {  # a support assistant that runs as a prototype: much is there, some of it badly missing
    "data": "HPHPPFHUPHPUHUFFPP",
    "infra": "PPPPHHUPPPHU",
    "security": "PHPHPHUPFPPPUNPUUHB",
    "governance": "PPPNHHNFHPPUHPUHH",
    "cost": "PHFHPPHPPPU",
    "integration": "PPHHPUHPP",
    "mlops": "PPUPHPHHPHUFUHPPE",
    "observability": "PHFFUUHPHUPF",
    "organisation": "PHHUHUHUHPFHU",
    "evolution": "HHPHUHUHP",
    "llm": "PHUPFPPNNNNFHUHPPPNHN",
}
BARE = {  # a repository with a notebook and a model file: most of it fails or cannot be seen
    pack: "FFUFUNFUUHFUFUNFUFFUNFU"[: len(letters)] for pack, letters in SUPPORT.items()
}
RISKS = {
    "LLM-012": "Because retrieval ignores who is asking, a customer’s question can return another customer’s contract. "
    "That is a reportable data breach.",
    "COST-003": "One faulty loop could spend a month’s budget in a night. Calls to the language model have no limit on "
    "length, time or retries.",
    "DATA-006": "The churn list may be wrong and nobody would see it. The model learned from a field that is filled in "
    "after the customer has left.",
    "SEC-009": "Because callers are not limited one by one, a single client can slow the service for all the others.",
}
FINDINGS = {
    "SEC-009": [
        ("assistant/api.py", 27, "POST /chat has no limit per caller"),
        ("assistant/api.py", 52, "POST /chat/stream has no limit per caller"),
        ("assistant/api.py", 71, "POST /feedback has no limit per caller"),
    ],
    "COST-003": [("assistant/llm_client.py", 41, "chat.completions.create without max_tokens, timeout or retries")],
    "LLM-012": [("assistant/retrieval.py", 88, "vectorstore.search(query) without a filter on the asker")],
}


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """The checks of the catalogue: id, pack, title, severity, kind, effort, why, remediation, controls."""
    return tuple(json.loads((Path(__file__).parent / "catalogue.json").read_text(encoding="utf-8")))


def make_result(profile: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """A result over the catalogue; `profile` gives each pack's statuses (a shorter string repeats its last letter)."""
    profile = SUPPORT if profile is None else profile
    checks = [_check(spec, _letter(profile, spec)) for spec in catalogue()]
    packs = [_pack(pack, [c for c in checks if c["pack"] == pack]) for pack in TITLES]
    facts = _facts(checks)
    figures = _overall(packs)
    judged = figures["score"] is not None
    levels = _levels({c["id"]: c["status"] for c in checks}, figures["coverage"])
    reached = [level["id"] for level in levels if level["reached"]]
    by_id = {c["id"]: c for c in checks}
    ahead = next((level for level in levels if not level["reached"]), None)
    unmet = [g for g in ahead["gates"] if g["state"] != "met"] if ahead else []
    missing = sorted({i for g in unmet for i in g["checks"] if i in by_id})
    result = {
        "schema_version": 1,
        "as_of": "2026-11-24",
        "tool": {"name": "aiaudit", "version": "1.0.0", "ruleset_hash": "2f7c90ab41e85d02f7c90ab41e85d0217e1"},
        "project": {
            "name": "support-assistant",
            "commit": "8f3c1ad94be2277d01f83e5c6a9b0d1e2f334455",
            "stage": "pilot",
            "flags": {"calls_llm_api": True, "rag": True, "trains": True, "agent": False, "k8s": None},
            "declared": {"purpose": "Answers questions of customers about their contracts", "owner": "Head of service",
                         "stage": "pilot", "exposure": "internet", "risk_tier": "limited",
                         "workload": {"requests_per_second": 2.5, "growth_per_month": 0.08}},
        },
        "host": {"cpu": {"usable": 16.0, "threads": 32}, "memory": {"usable": 137438953472},
                 "gpus": {"devices": [{"name": "NVIDIA L40S"}, {"name": "NVIDIA L40S"}]}},
        **figures,
        "score_accepted": figures["score"],
        "evidence_strength": 61.4,
        "unnumbered": [p["id"] for p in packs if p["score"] is None],
        "readiness": (reached[-1] if reached else "not_ready") if judged else None,
        "readiness_shipped": (reached[-1] if reached else "not_ready") if judged else None,
        "next_level": {
            "name": ahead["id"],
            "missing": missing,
            "needs": [f"{g['wanted']}: {g['got']}" for g in unmet],
            "effort_days": sum(by_id[i]["effort_days"] for i in missing),
        } if ahead and judged else None,
        "weakest_core": _weakest(packs),
        "levels": levels,
        "packs": packs,
        "checks": checks,
        "actions": _actions(checks, set(missing)),
        "quick_wins": [c["id"] for c in checks if c["status"] == "fail" and c["effort"] == "S"],
        "facts": facts,
        "frameworks": _frameworks(checks),
        "data": None,
        "capacity": None,
        "cost": None,
        "attestations": [
            {"check": "GOV-010", "answered": True, "answer": "yes", "owner": "Head of service", "valid": True,
             "evidence": "docs/runbooks/stop.md", "evidence_form": "path", "reviewed": "2026-09-12",
             "review_by": "2027-03-12", "expired": False, "problems": [], "note": "tried on 12 September"},
            {"check": "ORG-012", "answered": True, "answer": "yes", "owner": "Head of service", "valid": False,
             "evidence": "docs/oncall.md", "evidence_form": "path", "reviewed": "2025-11-02",
             "review_by": "2026-11-02", "expired": True, "problems": ["the review date has passed"], "note": ""},
        ],
        "assumptions": ["A month has 730 hours", "Prices without tax"],
        "relaxations": [
            {"check": "OPS-004", "name": "max_age_days", "shipped": 365, "used": 700, "relaxes": True},
        ],
        "skipped": {
            "files": 9,
            "reasons": {"larger than 16 MiB": 1, "not UTF-8 text": 5, "could not be parsed": 3},
            "paths": [{"path": f"exports/raw_{n}.csv", "reason": "not UTF-8 text"} for n in range(5)],
        },
        "gate": {"passed": False, "rules": [
            {"rule": "--fail-under 70", "wanted": "score at least 70", "got": "66.2", "passed": False,
             "hint": "LLM-012 and COST-003 would lift it to 72"},
            {"rule": "--min-coverage 50", "wanted": "50 % of the evidence", "got": "83 %", "passed": True, "hint": ""},
        ]},
        "waivers": [_waiver("OPS-012", "2027-01-31", False), _waiver("GOV-017", "2026-10-31", True)],
        "problems": [],
        "brand": None,
    }  # fmt: skip
    for check in checks:
        for waiver in result["waivers"]:
            if waiver["id"] == check["id"]:
                check["waiver"] = {k: v for k, v in waiver.items() if k not in ("state", "covers", "of")}
    return {**result, **changes}


def empty_result() -> dict[str, Any]:
    """What an empty folder gives: no fact, no judged check, no score."""
    return make_result(
        dict.fromkeys(TITLES, "U"),
        facts={}, host=None, attestations=None, waivers=[], relaxations=[], assumptions=[], problems=[],
        gate={"passed": True, "rules": []}, skipped={"files": 0, "reasons": {}, "paths": []},
        project={"name": None, "commit": None, "stage": None, "flags": {}, "declared": {}},
        score=None, score_accepted=None, weakest_core=None,
    )  # fmt: skip


def thinned(result: dict[str, Any]) -> dict[str, Any]:
    """A result with a third of the checks: all of one pack, and of the others one of each status and those with places
    or a risk of their own; of each framework the first controls. Its report has each kind of element, fewer times."""
    seen: set[tuple[str, str]] = set()
    checks = []
    for one in result["checks"]:
        shape = (one["pack"], one["status"])
        if shape not in seen or one["pack"] == "data" or one["id"] in FINDINGS or one["id"] in RISKS:
            seen.add(shape)
            checks.append(one)
    tables = [{**one, "controls": one["controls"][:6]} for one in result["frameworks"]]
    return {**result, "checks": checks, "frameworks": tables}


def with_strings(value: Any, change: Any, path: tuple[str, ...] = ()) -> Any:
    """The same JSON with every string replaced by `change(string, path)`; keys are left."""
    if isinstance(value, str):
        return change(value, path)
    if isinstance(value, dict):
        return {k: with_strings(v, change, (*path, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [with_strings(v, change, (*path, "[]")) for v in value]
    return value


def _letter(profile: dict[str, str], spec: dict[str, Any]) -> str:
    own = [c["id"] for c in catalogue() if c["pack"] == spec["pack"]]
    letters = profile[spec["pack"]]
    return letters[min(own.index(spec["id"]), len(letters) - 1)]


def _check(spec: dict[str, Any], letter: str) -> dict[str, Any]:
    status = STATUS[letter]
    topic = spec["id"].lower().replace("-", "_")
    findings = FINDINGS.get(spec["id"], [(f"src/{topic}.py", 12, "found here")] if spec["kind"] != "attested" else [])
    reasons = {
        "pass": "4 of 4 places hold, read in the whole scope",
        "partial": "2 of 4 places hold; the others were not changed since March",
        "fail": "None of 3 places holds",
        "unknown": "The configuration is in another repository" if spec["kind"] != "attested" else "No answer yet",
        "not_applicable": "flag.rag is false: no vector store and no retriever is used",
        "blocked": "DATA-001 failed",
        "error": "step budget used up",
    }
    return {
        "id": spec["id"],
        "pack": spec["pack"],
        "title": spec["title"],
        "severity": spec["severity"],
        "kind": spec["kind"],
        "status": status,
        "points": POINTS.get(status),
        "evidence_level": {"pass": "E3", "partial": "E2", "fail": "E3"}.get(status),
        "confidence": "medium" if letter == "H" else "strong",
        "reason": reasons[status],
        "blocked_by": "DATA-001" if status == "blocked" else None,
        "params": {"max_age_days": 365} if spec["severity"] == "medium" else {},
        "findings": [
            {"message": message, "path": path, "line": line, "measured": "0 of 3", "limit": "3 of 3",
             "confidence": "strong", "fingerprint": f"{topic}{line}"}
            for path, line, message in findings
        ] if status in ("fail", "partial") else [],
        "waiver": None,
        "why": spec["why"],
        "remediation": spec["remediation"],
        "effort": spec["effort"],
        "effort_days": DAYS[spec["effort"]],
        "priority": float(WEIGHT[spec["severity"]]),
        "controls": spec["controls"],
        "risk": RISKS.get(spec["id"], ""),
        "question": f"Who can show this: {spec['title']}?" if spec["kind"] == "attested" else "",
        "facts": [f"{spec['pack']}.{topic}", "flag.rag"],
        "explain": ["places.all(p, p.held) is false", "first: src/api.py:12 has held = false"],
        "rests_on": _rests_on(findings) if status in ("pass", "partial", "fail") else [],
        "accepted": None,
    }  # fmt: skip


def _rests_on(findings: list[Any]) -> list[dict[str, Any]]:
    """What the findings name already, and something of which the first two places of five are told."""
    named = [{"path": path, "line": line} for path, line, _ in findings[:2]]
    seen = [{"path": "src/api.py", "line": 40}, {"path": "src/api.py", "line": 51}]
    return [
        {
            "what": "Places that do not hold it",
            "fact": "own.places",
            "places": named,
            "count": len(findings),
            "looked_at": False,
        },
        {
            "what": "Places that hold it; those of tests left out",
            "fact": "own.held",
            "places": seen,
            "count": 5,
            "looked_at": False,
        },
    ]


def _facts(checks: list[dict[str, Any]]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "flag.rag": {"state": "known", "value": True, "evidence_level": "E3", "method": "static",
                     "confidence": "strong",
                     "evidence": [{"path": "assistant/retrieval.py", "line": 12, "note": "FAISS.load_local"}]},
    }  # fmt: skip
    for check in checks:
        state = {"unknown": "unknown", "error": "error", "not_applicable": "absent"}.get(check["status"], "known")
        places = [{"path": f["path"], "line": f["line"], "note": f["message"]} for f in check["findings"]]
        facts[check["facts"][0]] = {
            "state": state,
            "value": [{"path": "src/api.py", "line": 12, "held": False}] * 3 if state == "known" else None,
            "evidence_level": check["evidence_level"] or "E0",
            "method": "python.calls",
            "confidence": check["confidence"],
            "evidence": places or [{"path": "src/api.py", "line": 12, "note": ""}],
            **({"reason": check["reason"]} if state in ("unknown", "error") else {}),
        }
    return facts


def _frameworks(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shipped frameworks over the made checks."""
    judged = [SimpleNamespace(id=c["id"], status=Status(c["status"]), kind=Kind(c["kind"])) for c in checks]
    return coverage.to_json(frameworks.cover(load(), judged))


def _pack(pack: str, checks: list[dict[str, Any]]) -> dict[str, Any]:
    applicable = [c for c in checks if c["status"] != "not_applicable"]
    judged = [c for c in applicable if c["points"] is not None]
    all_weight = sum(WEIGHT[c["severity"]] for c in applicable)
    judged_weight = sum(WEIGHT[c["severity"]] for c in judged)
    earned = sum(WEIGHT[c["severity"]] * c["points"] for c in judged)
    critical = [c for c in applicable if c["severity"] == "critical"]
    failed = [c["id"] for c in critical if c["status"] == "fail"]
    unseen = [c["id"] for c in critical if c["points"] is None]
    low = 100 * earned / all_weight if all_weight else 0.0
    high = 100 * (earned + all_weight - judged_weight) / all_weight if all_weight else 0.0
    raw = 100 * earned / judged_weight if judged_weight else None
    cap = 49.0 if failed else 69.0 if unseen else 100.0
    coverage = 100 * judged_weight / all_weight if all_weight else 0.0
    numbered = raw is not None and coverage >= 50 and len(applicable) >= 3
    return {
        "id": pack,
        "title": TITLES[pack],
        "core": pack in CORE,
        "score": round(min(raw, cap), 1) if numbered and raw is not None else None,
        "uncapped_score": round(raw, 1) if numbered and raw is not None else None,
        "low": round(min(low, 49.0 if failed or unseen else 100.0), 1),
        "high": round(min(high, 49.0 if failed else 100.0), 1),
        "coverage": round(coverage, 1),
        "capped_by": (failed or unseen) if numbered and raw is not None and raw > cap else [],
        "counts": {status: sum(c["status"] == status for c in checks) for status in STATUS.values()},
        "judged_weight": judged_weight,
        "applicable_weight": all_weight,
        "score_accepted": round(min(raw, cap), 1) if numbered and raw is not None else None,
    }


def _overall(packs: list[dict[str, Any]]) -> dict[str, Any]:
    def mean(key: str, among: list[dict[str, Any]]) -> float | None:
        weights = [2 if p["core"] else 1 for p in among]
        return round(sum(w * p[key] for w, p in zip(weights, among, strict=True)) / sum(weights), 1) if among else None

    entering = [p for p in packs if p["applicable_weight"]]
    judged = sum(p["judged_weight"] for p in packs)
    return {
        "score": mean("score", [p for p in entering if p["score"] is not None]),
        "score_low": mean("low", entering) or 0.0,
        "score_high": mean("high", entering) or 0.0,
        "coverage": round(100 * judged / max(sum(p["applicable_weight"] for p in packs), 1), 1),
    }


def _weakest(packs: list[dict[str, Any]]) -> str | None:
    return min(((p["score"], p["id"]) for p in packs if p["core"] and p["score"] is not None), default=(0, None))[1]


def _levels(status: dict[str, str], coverage: float) -> list[dict[str, Any]]:
    asked = {
        "prototype": ("Prototype", "May we explore safely?", ["SEC-001", "GOV-001", "GOV-002"], "not failed", 0),
        "pilot": ("Pilot", "May a limited group use it?", ["LLM-012", "COST-003", "SEC-007"], "passed", 60),
        "production": ("Production", "May it run the business?", ["OPS-008", "OPS-013", "OBS-001"], "passed", 80),
        "scale": ("Scale", "May we grow tenfold?", ["COST-002", "INF-004", "EVO-001"], "measured", 80),
    }
    levels: list[dict[str, Any]] = []
    reached = True
    for key, (title, question, ids, reach, least) in asked.items():
        good = ("pass", "partial", "not_applicable") if reach == "not failed" else ("pass", "not_applicable")
        gates = [
            {"wanted": f"{i} {reach}", "got": status[i], "state": "met" if status[i] in good else "unmet",
             "checks": [] if status[i] in good else [i], "pack": None}
            for i in ids
        ]  # fmt: skip
        if least:
            gates.append({"wanted": f"at least {least} % of the evidence seen", "got": f"{coverage:g} %",
                          "state": "met" if coverage >= least else "unmet", "checks": [], "pack": None})  # fmt: skip
        reached = reached and all(g["state"] == "met" for g in gates)
        levels.append({"id": key, "title": title, "question": question, "reached": reached, "reached_shipped": reached,
                       "gates": gates})  # fmt: skip
    return levels


def _actions(checks: Iterable[dict[str, Any]], blocking: set[str]) -> list[dict[str, Any]]:
    ranked = sorted((c for c in checks if c["status"] in ("fail", "partial")),
                    key=lambda c: (c["id"] not in blocking, -c["priority"] / c["effort_days"], c["id"]))  # fmt: skip
    return [
        {"check": c["id"], "pack": c["pack"], "verb": "fix", "effort": c["effort"], "effort_days": c["effort_days"],
         "priority": c["priority"], "blocks_next": c["id"] in blocking, "score_before": 60.0 + n,
         "score_after": 61.0 + n, "low_before": 50.0 + n, "low_after": 51.0 + n}
        for n, c in enumerate(ranked[:5])
    ]  # fmt: skip


def _waiver(check: str, expires: str, expired: bool) -> dict[str, Any]:
    return {"id": check, "reason": "Fewer than 200 users until the pilot", "owner": "Head of service",
            "expires": expires, "expired": expired, "paths": [], "control": "Rollback in one step", "ticket": "OPS-77",
            "state": "expired" if expired else "in_force", "covers": 1, "of": 1}  # fmt: skip
