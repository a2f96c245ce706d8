"""What a page does with what its server answered: where each text that it sets as HTML comes from."""

from __future__ import annotations

import pytest

from aiaudit.probes.javascript.module import Module
from aiaudit.probes.javascript.page_flows import PageFlows
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.source import parse, scripts_of

ASKED = 'const got = await fetch("/api/ask");\nconst data = await got.json();\n'


def flows(code: str) -> list[tuple[str, str]]:
    """(source, name) of each place that is neither constant nor the visitor's own."""
    root, text = parse(code.encode(), ".jsx")
    module = Module(root, text)
    rows = PageFlows(module, Resolver(module)).rows()
    return [(row["source"], row["source_name"]) for row in rows if row["kind"] == "html"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (ASKED + "box.innerHTML = data.answer;", "/api/ask answer"),
        (ASKED + "$('#one .two').innerHTML = data.answer;", "/api/ask answer"),
        (
            ASKED
            + "const h = (s, ...v) => s.reduce((o, p, i) => o + p + v[i], ''); box.innerHTML = h`<p>${data.answer}</p>`;",
            "/api/ask answer",
        ),
        (ASKED + "box.innerHTML = data.result.answer.trim();", "/api/ask result.answer"),
        (ASKED + "const { answer } = data; box.innerHTML = `<p>${answer}</p>`;", "/api/ask answer"),
        (ASKED + "let all = ''; all += data.answer; box.innerHTML = all;", "/api/ask answer"),
        (ASKED + "box.innerHTML = marked.parse(data.answer);", "/api/ask answer"),
        (ASKED + "box.innerHTML = data.items.map((one) => `<li>${one.name}</li>`).join('');", "/api/ask items.name"),
        (ASKED + "function show(words) { box.innerHTML = words; }\nshow(data.answer);", "/api/ask answer"),
        (ASKED + "box.insertAdjacentHTML('beforeend', data.answer);", "/api/ask answer"),
        ("fetch('/a').then((r) => r.json()).then((d) => { box.innerHTML = d.text; });", "/a text"),
        ("const r = await axios.post(`${BASE}/b`, {}); box.innerHTML = r.data.reply;", "/b reply"),
        ("axios({ url: '/c', method: 'post' }).then(({ data }) => { box.innerHTML = data.reply; });", "/c reply"),
        ("$.ajax({ url: '/d', success: function (back) { $('#box').html(back.reply); } });", "/d reply"),
        ("$.getJSON('/e', (back) => { $('#box').append('<b>' + back.reply); });", "/e reply"),
        ("const s = new WebSocket('ws://localhost:80/f'); s.onmessage = (e) => { box.innerHTML += e.data; };", "/f"),
        ("const s = io(); s.on('said', (one) => { box.innerHTML = one.text; });", "socket:said text"),
        (
            "const [a, b] = await Promise.all([fetch('/one'), fetch('/two')]); box.innerHTML = (await b.json()).text;",
            "/two text",
        ),
        (
            "async function call(url) { return fetch(url); }\nconst r = await call('/g'); box.innerHTML = (await r.json()).text;",
            "/g text",
        ),
        (
            "const reader = (await fetch('/h')).body.getReader(); const { value } = await reader.read();\n"
            "box.innerHTML = new TextDecoder().decode(value);",
            "/h",
        ),
        (ASKED + "const last = { body: '' }; last.body += data.piece; box.innerHTML = last.body;", "/api/ask piece"),
        (
            "function Row({ body }) { return <p dangerouslySetInnerHTML={{ __html: body }} />; }\n"
            "async function App() { const d = await (await fetch('/i')).json(); return <Row body={d.text} />; }",
            "/i text",
        ),
    ],
)
def test_what_a_server_answered_is_followed_into_the_page(code: str, told: str) -> None:
    assert [(source, name.partition(" value")[0]) for source, name in flows(code)] == [("reply", told)]


@pytest.mark.parametrize(
    "code",
    [
        "box.innerHTML = '<b>fixed</b>';",
        "box.innerHTML = document.getElementById('said').value;",
        "try { go(); } catch (e) { box.innerHTML = e.message; }",
        ASKED + "box.innerHTML = `${data.items.length} found`;",
        ASKED + "box.innerHTML = data.total.toFixed(2);",
        ASKED + "box.innerHTML = DOMPurify.sanitize(data.answer);",
        ASKED + "box.innerHTML = escapeHtml(data.answer).replace(/\\n/g, '<br>');",
        ASKED + "box.innerHTML = data.answer.replace(/</g, '&lt;');",
        ASKED + "const esc = (t) => t.replace(/[<>&]/g, (c) => MAP[c]); box.innerHTML = esc(data.answer);",
        ASKED + "function strip(words) { return words.replace(/<[^>]*>/g, ''); } box.innerHTML = strip(data.answer);",
        ASKED + "box.innerHTML = 'Error: ' + data.message;",
        ASKED + "box.innerHTML = data.ok ? '<i>done</i>' : '<i>failed</i>';",
        ASKED + "box.textContent = data.answer;",
    ],
)
def test_what_is_fixed_typed_or_cleared_is_no_flow(code: str) -> None:
    assert flows(code) == []


@pytest.mark.parametrize(
    "code",
    [
        "export function show(words) { box.innerHTML = words; }",
        "box.innerHTML = localStorage.getItem('chat');",
        "import { render } from './render'; box.innerHTML = render('x').words;",
        "const [a, setA] = useState(''); ask(setA); const p = <p dangerouslySetInnerHTML={{ __html: a }} />;",
        ASKED + "box.innerHTML = data.answer.replace(/(<li.*>)/g, (m) => `<ul>${m}</ul>`) + other();",
    ],
)
def test_what_cannot_be_followed_is_told(code: str) -> None:
    assert [source for source, _ in flows(code)] not in ([], ["constant"])


def test_of_a_page_only_its_scripts_are_read() -> None:
    page = b'<p>const x</p>\n<script type="text/template">a.innerHTML = b</script>\n<script>let y = 1;</script>'
    data, suffix = scripts_of(page)
    assert suffix == ".js" and len(data) == len(page)
    assert data.split() == [b"let", b"y", b"=", b"1;"]


def test_a_way_that_leads_to_itself_ends() -> None:
    code = "let a = b; let b = a; function f(x) { return f(x) + a; } box.innerHTML = f(b);"
    assert len(flows(code)) <= 1
