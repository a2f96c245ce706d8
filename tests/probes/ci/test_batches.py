"""`entrypoints.batches`: what schedules and scripts start, step by step, and what they carry to others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.probes.ci.batches import Batches, BatchesQuery
from tests.probes.support import context

SCORE = {"jobs/score.py": "print(1)\n", "jobs/check.py": "print(1)\n"}


def steps(root: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    return Batches().answer("steps", BatchesQuery(), context(root, {**SCORE, **files})).value or []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deploy/crontab", "# m h\n0 5 * * * python jobs/score.py >> /var/log/x 2>&1\n"),
        ("deploy/app.cron", "\n0 5 * * 1-5 cd /srv/app && python -m jobs.score\n"),
        ("etc/cron.d/score", "\n*/5 * * * * root /usr/bin/python3 /srv/app/jobs/score.py\n"),
        ("setup.sh", '#!/bin/sh\n(crontab -l; echo "0 5 * * * cd $HOME/app && python jobs/score.py") | crontab -\n'),
    ],
)
def test_lines_of_crontabs(tmp_path: Path, path: str, text: str) -> None:
    (one,) = steps(tmp_path, {path: text})
    assert (one["source"], one["scheduled"], one["module"], one["line"]) == ("crontab", True, "jobs/score.py", 2)


def test_units_of_systemd_with_and_without_a_timer(tmp_path: Path) -> None:
    unit = "[Service]\nExecStart=/srv/.venv/bin/python /srv/app/jobs/score.py\n"
    found = steps(tmp_path, {"a.service": unit, "a.timer": "[Timer]\nOnCalendar=daily\n", "b.service": unit})
    assert [(one["path"], one["scheduled"]) for one in found] == [("a.service", True), ("b.service", False)]


def test_a_step_that_fails_ends_the_job_only_where_the_shell_says_so(tmp_path: Path) -> None:
    lines = "python jobs/check.py\npython jobs/score.py\naws s3 cp out.csv s3://$B/prod/out.csv\n"
    files = {"a.sh": f"#!/bin/bash\nset -e\n{lines}", "b.sh": f"#!/bin/bash\n{lines}"}
    files["c.sh"] = "#!/bin/bash\npython jobs/check.py && python jobs/score.py\necho done\n"
    found = {(one["job"], one["module"]): one["stops"] for one in steps(tmp_path, files)}
    assert [found[job, "jobs/check.py"] for job in ("a.sh", "b.sh", "c.sh")] == [True, False, True]


@pytest.mark.parametrize(
    ("command", "hands_on", "live"),
    [
        ("aws s3 cp out.csv s3://$B/prod/out.csv", True, True),
        ("aws s3 cp s3://$B/prod/in.csv in.csv", False, False),
        ("aws s3 sync out s3://$B/experiments/latest", True, False),
        ("gsutil -m cp out.csv gs://b/latest/out.csv", True, True),
        ("scp out.csv app@web:/srv/live/out.csv", True, True),
        ("rsync -a web:/srv/in.csv in.csv", False, False),
        ("rclone copy out.csv store:shop/out", True, False),
        ("azcopy copy out.csv https://x.blob.core.windows.net/production/out.csv", True, True),
        ("psql $DB -c '\\copy offers from out.csv csv'", True, False),
        ("cp out.csv /backup/latest.csv", False, False),
        ("aws s3 cp run.log s3://$B/prod/run.log", False, False),
    ],
)
def test_what_a_command_carries_to_others(tmp_path: Path, command: str, hands_on: bool, live: bool) -> None:
    found = steps(tmp_path, {"run.sh": f"#!/bin/bash\npython jobs/score.py\n{command}\n"})
    assert [(one["hands_on"], one["live"]) for one in found[1:]] == ([(True, live)] if hands_on else [])


def test_what_another_script_fetches_is_met_by_somebody(tmp_path: Path) -> None:
    files = {
        "make.sh": "#!/bin/bash\npython jobs/score.py\naws s3 cp offers.csv s3://$B/$(date +%F)offers.csv\n",
        "publish.sh": "#!/bin/bash\naws s3 cp s3://$B/$LATEST_OFFERS offers.csv\n",
    }
    assert [one["live"] for one in steps(tmp_path / "a", files)] == [False, True]
    files["publish.sh"] = "#!/bin/bash\naws s3 cp s3://$B/train.csv train.csv\n"
    assert [one["live"] for one in steps(tmp_path / "b", files)] == [False, False]


def test_a_schedule_of_ci(tmp_path: Path) -> None:
    flow = (
        "on:\n  schedule:\n    - cron: '0 5 * * *'\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: python jobs/score.py\n      - run: git push\n"
    )
    found = steps(tmp_path, {".github/workflows/a.yml": flow})
    assert [(one["source"], one["module"], one["hands_on"]) for one in found] == [
        ("ci", "jobs/score.py", False),
        ("ci", "", True),
    ]
