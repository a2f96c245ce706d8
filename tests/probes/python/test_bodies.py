"""What a request carries is known as far as the function puts it together; else nothing is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

HEAD = "import json\nimport httpx\nfrom urllib.request import Request, urlopen\nfrom settings import URL, most\n\n\n"
ASKS = '"messages": [{"role": "user", "content": text}]'
BODIES = {
    f'body = {{{ASKS}, "max_tokens": 9}}': "given",
    f"body = {{{ASKS}}}": "lacking",
    f'body = {{{ASKS}, "max_tokens": 9}}\n    if most:\n        body["stream"] = True': "given",
    f'body = {{{ASKS}}}\n    if most:\n        body["max_tokens"] = most': "",
    f'body = {{{ASKS}}}\n    body["max_tokens"] = most': "given",
    f'body = {{{ASKS}}}\n    body.update({{"max_tokens": most}})': "given",
    f"body = {{{ASKS}}}\n    complete(body)": "",
    f'body = {{{ASKS}, "max_tokens": 9, "stop": 1}}\n    if most:\n        body.pop("stop")': "given",
    f'body = {{{ASKS}, "max_tokens": 9}}\n    if most:\n        body.pop("max_tokens")': "",
    f'body = {{{ASKS}, "options": {{"num_predict": 9}}}}': "given",
    f'body = {{{ASKS}, "options": {{"temperature": 0}}}}': "lacking",
    f'body = {{{ASKS}, "options": most}}': "",
    f'body = {{{ASKS}, "options": {{}}}}\n    body["options"].update(num_predict=9)': "",
    f'body = {{{ASKS}, "max_tokens": 9}} if most else {{{ASKS}}}': "",
    f'body = {{{ASKS}, "max_tokens": 9}}\n    if most:\n        body = {{{ASKS}, "max_tokens": 1}}': "given",
    f'body = {{{ASKS}, "max_tokens": 9}}\n    if most:\n        body = {{{ASKS}}}': "",
    f"body = {{{ASKS}, **most}}": "",
    "body = made(text)": "",
}
SENDERS = (
    'return httpx.post(f"{URL}/chat/completions", json=body)',
    'return httpx.post(f"{URL}/chat/completions", content=json.dumps(body).encode())',
    'return urlopen(Request(f"{URL}/chat/completions", data=json.dumps(body).encode("utf-8")))',
    'made = Request(f"{URL}/chat/completions", data=json.dumps(body).encode())\n    return sent(made)',
)


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(("body", "limit"), BODIES.items(), ids=map(str, range(len(BODIES))))
def test_a_limit_in_what_is_sent(body: str, limit: str, sender: str, tmp_path: Path) -> None:
    code = f"{HEAD}def ask(text):\n    {body}\n    {sender}\n"
    (row,) = ask(tmp_path, "python.model_requests", {"ask.py": code}).value
    assert row["limit"] == limit, code


def test_the_object_that_is_opened_and_what_opens_it_are_one_request(tmp_path: Path) -> None:
    code = (
        f'{HEAD}def ask(text):\n    made = Request(f"{{URL}}/chat/completions", data=text)\n    return urlopen(made)\n'
    )
    assert [one["line"] for one in ask(tmp_path, "python.model_requests", {"ask.py": code}).value] == [9]


def test_a_call_holds_what_its_body_is_made_of(tmp_path: Path) -> None:
    code = f'{HEAD}def ask(text, tokens=None):\n    body = {{"model": "m", "max_tokens": tokens}}\n    return httpx.post(URL, json=body)\n'
    wanted = {"call": "httpx.post", "missing_kw": ["json.max_tokens"]}
    (row,) = ask(tmp_path, "python.calls", {"ask.py": code}, any=[wanted]).value
    assert row["kw"]["json"]["model"] == "m" and row["unresolved"] == "max_tokens"
