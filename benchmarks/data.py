"""The data engine beside DuckDB's own SUMMARIZE, on data that it makes: rows × 20 columns, Parquet and CSV.

    python benchmarks/data.py [--rows 5000000] [--csv] [--folder /tmp/aiaudit-bench]

Each figure is a process of its own: CPU seconds (the difference to the same process without the pass), and its peak
memory. `exact`: duplicate rows and ids, label, conflicts, leakage, outliers, commonest values.

    python benchmarks/data.py --rows 500000 --only --ydata PYTHON --evidently PYTHON

The whole command beside others': PYTHON is the interpreter of an environment that has ydata-profiling (its minimal
report) or Evidently (its summary). Whole processes, start and imports included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import line, run

SQL = """
SELECT i AS id, random() AS u, (random() * 100)::INT AS age, random() * 1e5 AS amount,
  CASE WHEN random() < 0.05 THEN NULL ELSE random() * 10 END AS score_norm,
  ['red', 'green', 'blue', 'teal'][1 + (random() * 4)::INT % 4] AS color,
  'user' || (random() * 2500000)::INT || '@mail' || (random() * 50)::INT || '.com' AS email,
  TIMESTAMP '2023-01-01' + to_seconds((random() * 6e7)::INT) AS ts, random() < 0.1 AS label,
  (random() * 1000)::INT AS cat_id, random() AS f1, random() AS f2, random() AS f3, random() AS f4,
  -ln(random() + 1e-12) AS expo, 'city ' || (random() * 300)::INT AS city, (random() * 1e6)::BIGINT AS zip,
  CASE WHEN random() < 0.01 THEN 'N/A' ELSE ((random() * 1e4)::INT)::VARCHAR END AS txtnum,
  md5((random() * 1e5)::INT::VARCHAR) AS token, DATE '2024-01-01' + (random() * 500)::INT AS d
FROM range({rows}) r(i)
"""
OTHERS = {
    "ydata": """
import sys, pandas
from ydata_profiling import ProfileReport
ProfileReport(pandas.read_parquet(sys.argv[1]), minimal=True, progress_bar=False).to_file(sys.argv[2])
""",
    "evidently": """
import sys, pandas
from evidently import Report
from evidently.presets import DataSummaryPreset
frame = pandas.read_parquet(sys.argv[1])
frame["label"] = frame["label"].astype("int64")
Report([DataSummaryPreset()]).run(frame, None).save_html(sys.argv[2])
""",
}
PASSES = ("summarize", "a", "a+b", "exact")


def make(path: Path, rows: int) -> None:
    """Write the data, once."""
    import duckdb

    if not path.exists():
        options = "" if path.suffix == ".parquet" else "(HEADER)"
        connection = duckdb.connect(config={"memory_limit": "4GB"})
        connection.execute("SELECT setseed(0.42)")
        connection.execute(f"COPY ({SQL.format(rows=rows)}) TO '{path}' {options}")


def work(what: str, path: Path) -> None:
    """One pass in this process; prints its CPU seconds and the peak memory."""
    if what == "summarize":
        import duckdb

        connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 2})
        start = spent()
        connection.execute(f"SUMMARIZE SELECT * FROM '{path}'").fetchall()
        tell(spent() - start)
        return
    from aiaudit.data import columns, exact, leakage
    from aiaudit.data.duckdb_engine import DuckDBEngine
    from aiaudit.data.model import Source
    from aiaudit.data.sample import look

    engine = DuckDBEngine(threads=2)
    start = spent()
    relation = engine.open(Source(path.name, path.name, (path,), ""))
    scanned = columns.scan(engine, relation)
    if what == "a":
        tell(spent() - start)
        return
    start = start if what == "a+b" else spent()
    relation = engine.settle(relation) if what == "exact" else relation
    looked = look(engine, relation, scanned.rows, scanned.columns)
    if what == "a+b":
        tell(spent() - start)
        return
    start = spent()
    names = [c.name for c in looked.columns if c.name not in ("id", "label")]
    exact.outliers(engine, relation, looked.columns)
    few = [c.name for c in looked.columns if c.distinct is not None and c.distinct <= 10_000]
    exact.commonest(engine, relation, few)
    exact.duplicate_rows(engine, relation)
    exact.duplicate_ids(engine, relation, "id")
    exact.label_balance(engine, relation, "label")
    exact.conflicting_groups(engine, relation, "label", names)
    features = [c for c in looked.columns if c.name in names]
    leakage.single_feature(engine, relation, "label", features, drawn=looked.drawn)
    tell(spent() - start)
    engine.close()


def compare(path: Path, pythons: dict[str, str]) -> None:
    """`aiaudit data` and each other tool once over the file, as a whole process that writes an HTML report."""
    report = path.with_suffix(".html")
    ours = run([sys.executable, "-m", "aiaudit", "data", str(path), "--label", "label", "-o", str(report)])
    print(line("aiaudit data", ours), flush=True)
    for name, python in pythons.items():
        cost = run([python, "-c", OTHERS[name], str(path), str(report)])
        print(line(name, cost, f"{cost.cpu / ours.cpu:.1f} × our CPU"), flush=True)


def spent() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def tell(cpu: float) -> None:
    """CPU seconds of the pass and the largest memory of this process in MB, as JSON."""
    print(json.dumps([cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def main() -> None:
    """Make the data, run each pass in a process of its own, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--csv", action="store_true", help="the same rows as CSV as well")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "aiaudit-bench")
    parser.add_argument("--only", nargs="*", choices=PASSES, default=PASSES)
    parser.add_argument("--work", nargs=2, metavar=("PASS", "FILE"), help=argparse.SUPPRESS)
    for name in OTHERS:
        parser.add_argument(f"--{name}", metavar="PYTHON", help=f"compare with {name}, by this interpreter")
    asked = parser.parse_args()
    if asked.work:
        work(asked.work[0], Path(asked.work[1]))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".parquet", ".csv") if asked.csv else (".parquet",):
        path = asked.folder / f"rows-{asked.rows}{suffix}"
        make(path, asked.rows)
        print(f"{asked.rows:,} rows × 20 columns, {path.stat().st_size / 1e6:,.0f} MB of {suffix[1:]}")
        base = 0.0
        for what in asked.only:
            command = [sys.executable, __file__, "--work", what, str(path)]
            cpu, memory = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            base = cpu if what == "summarize" else base
            ratio = f"  {cpu / base:.2f} × SUMMARIZE" if base else ""
            print(f"  {what:<10} {cpu:8.2f} s CPU {memory:6.0f} MB{ratio}", flush=True)
        pythons = {name: python for name in OTHERS if (python := getattr(asked, name))}
        if pythons and suffix == ".parquet":
            compare(path, pythons)


if __name__ == "__main__":
    main()
