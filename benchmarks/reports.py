"""Reports: HTML of 159 checks in one process, and a portfolio of 2,000 results as a whole process.

    python benchmarks/reports.py

The results are made ones over the whole catalogue (tests/reports/make_result.py), with as many facts as real ones have.
Fails where the HTML takes more than 300 ms of CPU, or the portfolio more than 5 s of two processors' time or 300 MB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure import line, run

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

RUNS = 7
HTML_SECONDS, PORTFOLIO_SECONDS, PORTFOLIO_MB = 0.3, 5.0, 300.0
RESULTS = 2000
FACTS_TIMES = 12  # copies of the made facts, so that a result is as large as a real one: 1.3 to 3 MB
NAME, OWNER, LOW = "name-of-the-project", "owner-of-the-project", 12.0625


def html_seconds() -> tuple[float, float, int]:
    """CPU seconds of the first report of this process, the median of those after it, and the size in bytes."""
    from aiaudit.reports import html
    from tests.reports.make_result import make_result

    result = make_result()
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        page = html.render(result)
        taken.append(time.process_time() - start)
    return taken[0], statistics.median(taken[1:]), len(page.encode())


def results(folder: Path) -> None:
    """Write the results: names, owners and low ends differ, statuses are of two kinds."""
    from aiaudit.reports import json as format_json
    from tests.reports.make_result import BARE, make_result

    texts = []
    for made in (make_result(), make_result(BARE)):
        facts = {f"{name}_{turn}": fact for turn in range(FACTS_TIMES) for name, fact in made["facts"].items()}
        project = {**made["project"], "name": NAME, "declared": {"owner": OWNER}}
        texts.append(format_json.render({**made, "facts": facts, "project": project, "score_low": LOW}).decode())
    for number in range(RESULTS):
        text = texts[number % 2].replace(NAME, f"project-{number:04}").replace(OWNER, f"team-{number % 40}")
        (folder / f"{number:04}.json").write_text(text.replace(str(LOW), str(float(number % 60))), encoding="utf-8")


def main() -> int:
    """Print the table; 1 where a limit is passed."""
    first, then, size = html_seconds()
    print(f"HTML of 159 checks: first {first * 1000:.0f} ms CPU, then {then * 1000:.0f} ms CPU, {size / 1000:.0f} kB")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "results"
        folder.mkdir()
        results(folder)
        total = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        out = Path(place) / "portfolio.html"
        cost = run([sys.executable, "-m", "aiaudit", "portfolio", str(folder), "-o", str(out)])
        print(
            line(f"portfolio of {RESULTS:,} results ({total:,.0f} MB)", cost, f"HTML {out.stat().st_size / 1e6:.1f} MB")
        )
    failed = then > HTML_SECONDS or cost.cpu / 2 > PORTFOLIO_SECONDS or cost.memory > PORTFOLIO_MB
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
