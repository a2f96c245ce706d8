"""What pipelines take from elsewhere, and the scripts that they fetch and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.ci.fetched import fetched
from tests.probes.ci.asking import workflows

DIGEST = "sha256:" + "0" * 64
Q = "https://example.com/a.sh"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("python:3.12", (False, True, False)),
        ("docker.io/library/python:3.12", (False, True, False)),
        (f"somebody/tools@{DIGEST}", (True, False, False)),
        ("somebody/tools:1", (False, False, False)),
        ("ghcr.io/somebody/tools:1", (False, False, False)),
        ("registry.example.com/tools:1", (True, False, True)),
        ("$CI_REGISTRY_IMAGE/tools:1", (True, False, True)),
        ("$TOOLS", (False, False, False)),
        ("registry.gitlab.com/gitlab-org/cli:1", (False, True, False)),
    ],
)
def test_images_of_jobs(tmp_path: Path, image: str, expected: tuple[bool, bool, bool]) -> None:
    text = f"variables: {{TOOLS: somebody/tools}}\na:\n  image: {image}\n  script: [ls]\n"
    (found,) = workflows(tmp_path, {".gitlab-ci.yml": text}, "actions")
    assert (found["pinned"], found["official"], found["local"]) == expected
    assert (found["kind"], found["line"]) == ("image", 3)


@pytest.mark.parametrize("image", ["$UNKNOWN", "$CI_REGISTRY_OF_SOMEBODY/x", "a b"])
def test_an_image_that_is_not_known_is_not_told(tmp_path: Path, image: str) -> None:
    assert workflows(tmp_path, {".gitlab-ci.yml": f"a:\n  image: {image}\n  script: [ls]\n"}, "actions") == []


NEWEST = "https://github.com/some/tool/releases/latest/download/tool"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"curl -sSL {Q} | bash", [(0, Q)]),
        (f"ls\nwget -qO- {Q} | sudo -E bash -", [(1, Q)]),
        (f"bash <(curl -s {Q})", [(0, Q)]),
        (f'sh -c "$(curl -fsSL {Q})"', [(0, Q)]),
        (f"curl -sSL {Q} \\\n  | python3 -", [(0, Q)]),
        (f"irm {Q} | iex", [(0, Q)]),
        (f"curl -o /tmp/x.sh {Q}\nchmod +x /tmp/x.sh\n/tmp/x.sh", [(0, Q)]),
        (f"wget {Q}\nbash a.sh", [(0, Q)]),
        (f"wget {Q} -O ~/b.sh && bash ~/b.sh", [(0, Q)]),
        (f"curl -o x.sh {Q}\nsha256sum -c sums\nbash x.sh", []),
        (f"curl -o x.sh {Q}\nsha256sum x.sh\nbash x.sh", [(0, Q)]),
        (f"curl {Q} | bash\nsha256sum -c sums", [(0, Q)]),
        (f"curl -o x.sh {Q}\nbash y.sh", []),
        (f"# curl {Q} | bash", []),
        (f"echo 'curl {Q} | bash'", []),
        (f"curl {Q} | jq .", []),
        (f"curl {Q} | python3 -m json.tool", []),
        ("curl http://localhost:1/x | bash", []),
        (f"curl https://example.com/{'a' * 40}/x.sh | sh", []),
        (f"ls\ncurl -fL {NEWEST} | tar xz tool", [(1, NEWEST)]),
        (f'curl -fL "{NEWEST}_$(uname -s | tr A-Z a-z)" | tar xz', [(0, f"{NEWEST}_$(uname")]),
        (f"wget {NEWEST} -O /usr/bin/tool && chmod +x /usr/bin/tool", [(0, NEWEST)]),
        (f"curl -LO {NEWEST}\nsha256sum --check sums.txt\ntar xf tool", []),
        (f"curl -LO {NEWEST}\npython train.py --data tool", []),
        (f"# curl -fL {NEWEST} | tar xz", []),
        (f"curl -fL {NEWEST.replace('latest/download', 'download/v1.2')} | tar xz", []),
    ],
)
def test_scripts_from_the_network(script: str, expected: list[tuple[int, str]]) -> None:
    assert list(fetched(script)) == expected


def test_an_action_stands_where_it_is_named(tmp_path):
    """A comment beside `uses:` accepts it there, whatever stands in the step before it."""
    steps = "      - name: Build\n        if: always()\n        uses: docker/bake-action@v2\n      - uses: a/b@v1\n"
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    found = workflows(tmp_path, {".github/workflows/ci.yml": text}, "actions")
    assert [(one["uses"], one["line"]) for one in found] == [("docker/bake-action@v2", 8), ("a/b@v1", 9)]
