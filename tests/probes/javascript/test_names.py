"""Specifiers of modules as names show them: the package behind an address, a registry's prefix or a version."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.javascript.names import package
from tests.probes.javascript.support import calls


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("openai", "openai"),
        ("node:fs", "fs"),
        ("@scope/x@1.2/y.js", "@scope/x/y"),
        ("https://esm.run/@google/generative-ai", "@google/generative-ai"),
        ("https://esm.sh/openai@4", "openai"),
        ("https://esm.sh/v135/openai@4.0.1/es2022/openai.mjs", "openai"),
        ("https://esm.sh/@google/generative-ai@0.21.0?bundle&target=es2022", "@google/generative-ai"),
        ("https://esm.sh/@langchain/openai@0.3/helpers", "@langchain/openai/helpers"),
        ("https://cdn.jsdelivr.net/npm/@google/generative-ai/+esm", "@google/generative-ai"),
        ("https://cdn.jsdelivr.net/npm/openai@4.20.1/dist/index.mjs", "openai"),
        ("//unpkg.com/openai?module", "openai"),
        ("https://cdn.skypack.dev/pin/openai@v4.0.0-a/mode=imports/optimized/openai.js", "openai"),
        ("https://ga.jspm.io/npm:openai@4.0.0/index.js", "openai"),
        ("npm:openai@^4.0/helpers/zod", "openai/helpers/zod"),
        ("npm:@anthropic-ai/sdk@latest", "@anthropic-ai/sdk"),
        ("jsr:@openai/openai@4", "openai"),
        ("https://deno.land/x/openai@v4.20.1/mod.ts", "openai"),
        ("https://www.gstatic.com/firebasejs/10.7.1/firebase-firestore.js", "firebase/firestore"),
        ("https://cdn.jsdelivr.net/gh/user/openai@1/x.js", "https://cdn_jsdelivr_net/gh/user/openai/x"),
        ("https://example.org/openai.js", "https://example_org/openai"),
    ],
)
def test_the_package_behind_a_specifier(spec: str, name: str) -> None:
    assert package(spec) == name


CREATE = "chat.completions.create({ model: 'gpt-4o' });"


@pytest.mark.parametrize(
    "code",
    [
        f"import OpenAI from 'https://esm.sh/openai@4?bundle';\nnew OpenAI().{CREATE}",
        f"const {{ default: OpenAI }} = await import('https://unpkg.com/openai');\nnew OpenAI().{CREATE}",
        f"const OpenAI = (await import('npm:openai')).default;\nnew OpenAI().{CREATE}",
        f"import OpenAI from 'openai';\nconst [c, put] = useState(null);\nput(new OpenAI());\nc.{CREATE}",
        f"import OpenAI from 'openai';\nconst c = useRef<X>();\nc.current = new OpenAI();\nc.current.{CREATE}",
        f"import('https://esm.sh/openai').then(({{ default: OpenAI }}) => new OpenAI().{CREATE[:-1]});",
        f"import('openai').then((m) => new m.OpenAI().{CREATE[:-1]});",
    ],
)
def test_a_client_of_an_address_or_a_state_is_followed(tmp_path: Path, code: str) -> None:
    (found,) = calls(tmp_path, code)
    assert found["name"] in ("openai.chat.completions.create", "openai.OpenAI.chat.completions.create")
