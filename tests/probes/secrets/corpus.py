"""A labelled corpus of secrets and of what only looks like one.

Every value is put together at run time from a seeded generator, so that no file of this repository holds a string that
a scanner would report. The corpus was laid down before the rules were tuned on it; a case is a small file of its own.
"""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from collections.abc import Callable
from typing import NamedTuple

ALNUM = string.ascii_letters + string.digits
DASHED = ALNUM + "-_"
HEX = "0123456789abcdef"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Case(NamedTuple):
    """One file. `secret`: whether it holds one; `value`: the secret itself, "" for a negative."""

    name: str
    path: str
    text: str
    secret: bool
    value: str = ""


class Maker:
    """Random values from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, alphabet: str, length: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def uuid(self) -> str:
        return "-".join(self.of(HEX, length) for length in (8, 4, 4, 4, 12))

    def checked(self, prefix: str) -> str:
        """A token with GitHub's checksum."""
        body = self.of(ALNUM, 30)
        number, digits = zlib.crc32(body.encode()), ""
        while number:
            number, rest = divmod(number, 62)
            digits = BASE62[rest] + digits
        return prefix + body + digits.rjust(6, "0")

    def jwt(self, **claims: object) -> str:
        def part(value: object) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{self.of(DASHED, 43)}"

    def pem(self, kind: str = "RSA ") -> str:
        body = base64.b64encode(self.random.randbytes(600)).decode()
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        dashes = "-" * 5
        return f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}\n{lines}\n{dashes}END {kind}PRIVATE KEY{dashes}"


def true_cases(seed: int = 20261124) -> list[Case]:
    """Real-looking secrets of many kinds, in the places where they are found."""
    m = Maker(seed)
    cases: list[Case] = []

    def add(name: str, path: str, value: str, around: Callable[[str], str]) -> None:
        cases.append(Case(name, path, around(value), True, value))

    add(
        "openai project in .env",
        ".env",
        "sk-" + "proj-" + m.of(DASHED, 74) + "T3Blbk" + "FJ" + m.of(DASHED, 74),
        lambda v: f"DEBUG=1\nOPENAI_API_KEY={v}\n",
    )
    add(
        "openai legacy in code",
        "app/client.py",
        "sk-" + m.of(ALNUM, 20) + "T3Blbk" + "FJ" + m.of(ALNUM, 20),
        lambda v: f"import openai\nclient = openai.OpenAI(api_key='{v}')\n",
    )
    add(
        "openai service account",
        "conf/llm.yaml",
        "sk-" + "svcacct-" + m.of(DASHED, 120),
        lambda v: f"llm:\n  api_key: {v}\n",
    )
    add("anthropic", "bot.py", "sk-" + "ant-api03-" + m.of(DASHED, 93) + "AA", lambda v: f'KEY = "{v}"\n')
    add(
        "anthropic admin in compose",
        "docker-compose.yml",
        "sk-" + "ant-admin01-" + m.of(DASHED, 93),
        lambda v: f"services:\n  app:\n    environment:\n      - ANTHROPIC_KEY={v}\n",
    )
    add(
        "hugging face in a notebook",
        "train.ipynb",
        "hf" + "_" + m.of(string.ascii_letters, 34),
        lambda v: notebook(code=f"login(token='{v}')\n"),
    )
    add(
        "hugging face in an output",
        "eda.ipynb",
        "hf" + "_" + m.of(string.ascii_letters, 34),
        lambda v: notebook(output=f"HF_TOKEN={v}\n"),
    )
    add("groq", "src/llm.ts", "gsk" + "_" + m.of(ALNUM, 52), lambda v: f'const groq = new Groq({{ apiKey: "{v}" }});\n')
    add("replicate", "run.sh", "r8" + "_" + m.of(ALNUM, 37), lambda v: f"export REPLICATE_API_TOKEN={v}\n")
    add(
        "pinecone",
        "index.py",
        "pcsk" + "_" + m.of(ALNUM, 6) + "_" + m.of(ALNUM, 63),
        lambda v: f"pc = Pinecone('{v}')\n",
    )
    add("pinecone legacy", "old.py", m.uuid(), lambda v: f'PINECONE_API_KEY = "{v}"\n')
    add("wandb", "train.py", m.of(HEX, 40), lambda v: f'os.environ["WANDB_API_KEY"] = "{v}"\n')
    add("wandb login", "train2.py", m.of(HEX, 40), lambda v: f'wandb.login(key="{v}")\n')
    add(
        "langsmith",
        ".env.production",
        "lsv2" + "_pt_" + m.of(HEX, 32) + "_" + m.of(HEX, 10),
        lambda v: f'LANGCHAIN_API_KEY="{v}"\n',
    )
    add("cohere", "rerank.py", m.of(ALNUM, 40), lambda v: f"co = cohere.Client(COHERE_API_KEY := '{v}')\n")
    add("mistral", "settings.toml", m.of(ALNUM, 32), lambda v: f'mistral_api_key = "{v}"\n')
    add("together", "t.py", m.of(HEX, 64), lambda v: f'TOGETHER_API_KEY = "{v}"\n')
    add("azure openai", "azure.py", m.of(HEX, 32), lambda v: f'AZURE_OPENAI_API_KEY = "{v}"\n')
    add(
        "openrouter",
        "r.py",
        "sk-" + "or-v1-" + m.of(HEX, 64),
        lambda v: f'headers = {{"Authorization": "Bearer {v}"}}\n',
    )
    add("nvidia", "n.py", "nv" + "api-" + m.of(DASHED, 64), lambda v: f"key = '{v}'\n")
    add("tavily", "s.py", "tv" + "ly-dev-" + m.of(ALNUM, 32), lambda v: f'TavilyClient(api_key="{v}")\n')
    add(
        "aws key id",
        "deploy.py",
        "AK" + "IA" + m.of(string.ascii_uppercase + "234567", 16),
        lambda v: f'boto3.client("s3", aws_access_key_id="{v}")\n',
    )
    add("aws secret", "credentials.ini", m.of(ALNUM + "/+", 40), lambda v: f"[default]\naws_secret_access_key = {v}\n")
    add("google api key", "maps.js", "AI" + "za" + m.of(DASHED, 35), lambda v: f"const key = '{v}';\n")
    add(
        "google service account",
        "sa.json",
        m.pem(""),
        lambda v: json.dumps({"type": "service_account", "private_key": v + "\n"}),
    )
    add(
        "azure storage",
        "app.config",
        m.of(ALNUM + "+/", 86) + "==",
        lambda v: f"DefaultEndpointsProtocol=https;AccountName=data;AccountKey={v};EndpointSuffix=core.windows.net\n",
    )
    add("github classic", "ci.sh", m.checked("gh" + "p_"), lambda v: f"git clone https://{v}@github.com/me/private\n")
    add(
        "github fine-grained",
        "README.md",
        "github" + "_pat_" + m.of(ALNUM, 22) + "_" + m.of(ALNUM, 59),
        lambda v: f"Use the token `{v}` to pull.\n",
    )
    add("gitlab", ".gitlab-ci.yml", "gl" + "pat-" + m.of(DASHED, 20), lambda v: f"variables:\n  TOKEN: {v}\n")
    add("npm", ".npmrc", m.checked("np" + "m_"), lambda v: f"//registry.npmjs.org/:_authToken={v}\n")
    add("pypi", ".pypirc", "pypi" + "-AgEIcHlwaS5vcmc" + m.of(DASHED, 150), lambda v: f"password = {v}\n")
    add(
        "slack bot",
        "notify.py",
        "xox" + "b-" + m.of(string.digits, 12) + "-" + m.of(string.digits, 12) + "-" + m.of(ALNUM, 24),
        lambda v: f"slack = WebClient('{v}')\n",
    )
    add(
        "slack webhook",
        "alert.yaml",
        "T" + m.of(ALNUM.upper(), 8) + "/B" + m.of(ALNUM.upper(), 10) + "/" + m.of(ALNUM, 24),
        lambda v: f"url: https://hooks.slack.com/services/{v}\n",
    )
    add("stripe", "pay.rb", "sk" + "_live_" + m.of(ALNUM, 24), lambda v: f"Stripe.api_key = '{v}'\n")
    add(
        "dagshub in a command",
        "deploy/start.sh",
        m.of(HEX, 40),
        lambda v: f"docker run -d -p 80:8000 -e DAGSHUB_USER_TOKEN={v} registry.acme.io/eta:latest\n",
    )
    add("twilio", "sms.py", m.of(HEX, 32), lambda v: f'TWILIO_AUTH_TOKEN = "{v}"\n')
    add("sendgrid", "mail.go", "SG" + "." + m.of(DASHED, 22) + "." + m.of(DASHED, 43), lambda v: f'key := "{v}"\n')
    add("telegram", "bot2.py", m.of(string.digits, 10) + ":AA" + m.of(DASHED, 33), lambda v: f'Bot("{v}")\n')
    add("databricks", "dbx.cfg", "da" + "pi" + m.of(HEX, 32), lambda v: f"token = {v}\n")
    add("rsa key", "deploy/id_rsa", m.pem(), lambda v: v + "\n")
    add("openssh key", "keys/deploy.pem", m.pem("OPENSSH "), lambda v: v + "\n")
    add(
        "web token",
        "client.py",
        m.jwt(sub="svc-ingest", scope="write:all", iss="https://auth.acme.io"),
        lambda v: f'TOKEN = "{v}"\n',
    )
    add(
        "database address",
        "settings.py",
        "tR7" + m.of(ALNUM, 9) + "x!9",
        lambda v: f'DB = "postgresql://svc:{v}@db.acme.io:5432/app"\n',
    )
    add(
        "mongo address",
        ".env.local",
        "q4Z" + m.of(ALNUM, 12),
        lambda v: f"MONGO=mongodb+srv://root:{v}@c0.x1y2.mongodb.net/app\n",
    )
    add("generic api key", "weather.py", m.of(ALNUM, 32), lambda v: f'API_KEY = "{v}"\n')
    add("generic secret in yaml", "values.yaml", m.of(ALNUM, 40), lambda v: f"clientSecret: {v}\n")
    add("generic password", "config.py", "Vq8#" + m.of(ALNUM, 8) + "!r", lambda v: f'DB_PASSWORD = "{v}"\n')
    add("generic token in json", "config.json", m.of(HEX, 40), lambda v: json.dumps({"service": {"auth_token": v}}))
    add("dockerfile env", "Dockerfile", m.of(ALNUM, 36), lambda v: f"FROM python:3.12\nENV APP_SECRET_KEY={v}\n")
    add("terraform", "main.tf", m.of(ALNUM, 30), lambda v: f'variable "x" {{}}\nlocals {{\n  admin_token = "{v}"\n}}\n')
    add(
        "bearer header",
        "call.js",
        m.of(ALNUM, 48),
        lambda v: f'fetch(u, {{headers: {{"Authorization": "Bearer {v}"}}}})\n',
    )
    return cases


def notebook(code: str = "", output: str = "", image: str = "") -> str:
    """A notebook of one cell."""
    outputs: list[dict[str, object]] = []
    if output:
        outputs.append({"output_type": "stream", "name": "stdout", "text": [output]})
    if image:
        outputs.append({"output_type": "display_data", "data": {"image/png": image}, "metadata": {}})
    cell = {"cell_type": "code", "source": [code], "outputs": outputs, "execution_count": 1, "metadata": {}}
    return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}, indent=1)
