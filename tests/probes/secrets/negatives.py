"""What only looks like a secret: placeholders, references, hashes, identifiers, encoded data, test values."""

from __future__ import annotations

import base64
import json
import string

from .corpus import ALNUM, DASHED, HEX, Case, Maker, notebook


def false_cases(seed: int = 4711) -> list[Case]:
    """Hard negatives. Each is something that an honest project holds."""
    m = Maker(seed)
    sha = [m.of(HEX, 40) for _ in range(4)]
    sha256 = [m.of(HEX, 64) for _ in range(4)]
    image = base64.b64encode(m.random.randbytes(60_000)).decode()
    sri = base64.b64encode(m.random.randbytes(64)).decode()
    given: list[tuple[str, str, str]] = [
        # placeholders
        ("your key", ".env.example", "OPENAI_API_KEY=your-openai-api-key-goes-here\n"),
        ("sk-your", ".env.sample", "OPENAI_API_KEY=sk-your-api-key-here-0000000000000000000000\n"),
        ("sk-xxx", "README.md", "export OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
        ("sk-ellipsis", "docs/a.md", 'api_key = "sk-proj-..."\n'),
        ("stars", ".env.template", "AUTH_SECRET=****************************************\n"),
        ("angle brackets", "config.yaml", "api_key: <YOUR_API_KEY_FROM_THE_DASHBOARD>\n"),
        ("changeme", "docker-compose.yml", "      POSTGRES_PASSWORD: changeme-in-production\n"),
        ("aws doc id", "aws.py", f'aws_access_key_id = "{"AKIA" + "IOSFODNN7EXAMPLE"}"\n'),
        ("aws doc secret", "aws2.py", f'aws_secret_access_key = "{"wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"}"\n'),
        (
            "fake anthropic",
            "tests/test_a.py",
            'client = Anthropic(api_key="sk-ant-test-key-for-mocking-purposes-only")\n',
        ),
        ("ascending", "a.py", f'API_KEY = "{"abcdefghijklmnopqrstuvwxyz" + "0123456789"}"\n'),
        ("digits", "b.py", 'TOKEN = "12345678901234567890"\n'),
        ("repeated", "c.py", f'SECRET_KEY = "{"a1b2c3d4" * 4}"\n'),
        ("zeros", "d.py", f'API_TOKEN = "{"0" * 32}"\n'),
        ("dev secret", "settings.py", 'SECRET_KEY = "django-insecure-please-replace-this-before-you-deploy"\n'),
        ("insert", "e.py", 'HF_TOKEN = "hf_INSERT_YOUR_HUGGINGFACE_TOKEN_HERE"\n'),
        ("hf placeholder", "f.py", f'token = "hf_{"x" * 34}"\n'),
        ("gsk placeholder", "g.md", "GROQ_API_KEY=gsk_your_groq_api_key_from_the_console_page_goes_here\n"),
        # references
        ("environ", "h.py", 'api_key = os.environ["OPENAI_API_KEY_FOR_PRODUCTION"]\n'),
        ("getenv", "i.py", 'password = getenv("DATABASE_PASSWORD_PRIMARY")\n'),
        ("process env", "j.ts", "const apiKey = process.env.ANTHROPIC_API_KEY_PRODUCTION;\n"),
        ("shell variable", "k.sh", 'export TOKEN="${GITHUB_TOKEN_FROM_SECRETS}"\n'),
        ("actions secret", ".github/workflows/ci.yml", "        OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n"),
        ("jinja", "l.yaml", 'password: "{{ vault_database_password_production }}"\n'),
        (
            "secret ref",
            "k8s.yaml",
            "valueFrom:\n  secretKeyRef:\n    name: database-credentials-prod\n    key: password\n",
        ),
        ("arn", "m.py", 'SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"\n'),
        ("gcp secret path", "n.py", 'TOKEN_SECRET = "projects/123/secrets/openai-key/versions/latest"\n'),
        ("vault path", "o.hcl", 'password = "vault:secret/data/production/db#password"\n'),
        ("function", "p.py", "api_key = get_secret_value('projects/acme/openai')\n"),
        ("settings attribute", "q.py", "client = Client(api_key=settings.openai_api_key_production)\n"),
        # hashes and identifiers
        ("npm integrity", "package-lock.json", f'"integrity": "sha512-{sri}"\n'),
        ("uv lock", "uv.lock", f'{{ url = "https://x/y.whl", hash = "sha256:{sha256[0]}" }}\n'),
        ("requirements hash", "requirements.txt", f"torch==2.4.0 --hash=sha256:{sha256[1]}\n"),
        ("hub revision", "r.py", f'from_pretrained("a/b", revision="{sha[0]}", use_auth_token=False)\n'),
        ("action pin", ".github/workflows/a.yml", f"      - uses: actions/checkout@{sha[1]}\n"),
        ("dvc", "data.csv.dvc", f"outs:\n- md5: {m.of(HEX, 32)}\n  size: 120\n"),
        ("mlflow run", "mlruns/0/meta.yaml", f"run_id: {m.of(HEX, 32)}\nrun_uuid: {m.of(HEX, 32)}\n"),
        ("docker digest", "Dockerfile", f"FROM python:3.12@sha256:{sha256[2]}\n"),
        ("uuid", "s.py", f'SESSION_TOKEN_ID = "{m.uuid()}"\n'),
        ("organisation uuid", "t.ts", f'const ORG = "{m.uuid()}";\n'),
        ("etag", "u.json", json.dumps({"etag": m.of(HEX, 40)})),
        ("cache key", "v.py", f'cache_key = "{m.of(HEX, 40)}"\n'),
        ("commit", "w.md", f"Built from commit {sha[2]}.\n"),
        ("password hash", "x.sql", f"INSERT INTO u (password_hash) VALUES ('$2b$12${m.of(ALNUM, 53)}');\n"),
        ("checksum file", "SHA256SUMS", f"{sha256[3]}  model.safetensors\n"),
        ("model sha", "y.py", f'MODEL_SHA256_KEY = "{m.of(HEX, 64)}"\n'),
        ("whisper models", "z.py", f'"tiny": "https://x.net/main/models/{m.of(HEX, 64)}/tiny.pt",\n'),
        # encoded data
        ("notebook image", "img.ipynb", notebook(image=image)),
        ("data url", "logo.html", f'<img src="data:image/png;base64,{image[:6000]}">\n'),
        ("font", "style.css", f"src: url(data:font/woff2;base64,{image[6000:12000]});\n"),
        ("source map", "app.js.map", json.dumps({"mappings": image[:4000]})),
        ("certificate", "ca.pem", f"-----BEGIN CERTIFICATE-----\n{image[:1200]}\n-----END CERTIFICATE-----\n"),
        ("public key", "pub.pem", f"-----BEGIN PUBLIC KEY-----\n{image[:400]}\n-----END PUBLIC KEY-----\n"),
        ("ssh public key", "id.pub", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{image[:43]} me@host\n"),
        ("empty private key", "doc.md", "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n"),
        ("protobuf", "pb.py", f"serialized = b'{image[:900]}'\n"),
        # names and words
        ("tokenizer", "tok.json", json.dumps({"pad_token": "<|endoftext|>", "tokenizer_class": "GPT2TokenizerFast"})),
        ("max tokens", "llm.py", 'max_tokens_setting = "1024-for-each-answer"\n'),
        ("special token", "st.py", 'BOS_TOKEN = "<|begin_of_text_special|>"\n'),
        ("label", "i18n.json", json.dumps({"password": "Enter the password you chose", "apiKeyLabel": "Your-API-key"})),
        ("form field", "form.tsx", '<Input name="password" autoComplete="current-password-field" />\n'),
        ("constant name", "con.py", 'API_KEY_HEADER = "X-Acme-Internal-Api-Key-V2"\n'),
        ("env var name", "cn.py", 'api_key_env = "ACME_PRODUCTION_API_KEY_V2"\n'),
        ("phrase", "ph.py", 'secret_name = "production-database-main-credentials"\n'),
        ("spinkit css", "spin.css", ".sk-circle-fade-dot-animation-delayed-container-element { }\n"),
        ("hf function", "hub.py", "hf_hub_download_with_progress_and_resume_enabled(repo)\n"),
        ("rule regex", "scan.py", r'PATTERN = re.compile(r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}")' + "\n"),
        ("file name", "fn.py", 'PRIVATE_KEY_FILE = "/etc/ssl/private/server-2024.key"\n'),
        ("url", "url.py", 'TOKEN_URL = "https://login.acme.io/oauth2/v2.0/token"\n'),
        ("e-mail", "em.py", 'credential = "robot-12@acme-project.iam.gserviceaccount.com"\n'),
        ("dotted path", "dp.py", 'PASSWORD_HASHER = "django.contrib.auth.hashers.Argon2PasswordHasher"\n'),
        ("type annotation", "ta.py", "secret_token: Optional[SecretStr] = Field(default=None, min_length=32)\n"),
        ("licence text", "LICENSE", "secret: this software is provided as-is, token of thanks only\n"),
        # test and default values
        ("stripe test", "st2.py", f'stripe.api_key = "{"sk" + "_test_" + m.of(ALNUM, 24)}"\n'),
        ("local postgres", ".env.dev", "DATABASE_URL=postgres://postgres:postgres@localhost:5432/app\n"),
        ("airflow default", "compose.yaml", "  SQL: postgresql+psycopg2://airflow:airflow@postgres/airflow\n"),
        ("redis no password", "rd.py", 'REDIS = "redis://cache:6379/0"\n'),
        ("mongo template", "mg.py", 'uri = f"mongodb://{user}:{password}@{host}/db"\n'),
        ("minio", "minio.yml", "MINIO_ROOT_PASSWORD: minioadmin123\n"),
        ("url placeholder", "up.md", "git clone https://username:password@git.acme.io/repo.git\n"),
        ("jwt sample", "jwt.md", m.jwt(sub="1234567890", name="John Doe", iat=1516239022) + "\n"),
        ("supabase anon", "sb.ts", f'const anon = "{m.jwt(iss="supabase", role="anon", ref="abcd")}";\n'),
        ("expired token", "old.py", f'T = "{m.jwt(sub="svc", scope="read", exp=1577836800)}"\n'),
        (
            "jwt without a signature",
            "users.ts",
            f'  INTERNAL_ACCESS_TOKEN: "{m.jwt(email="admin@acme.io").rpartition(".")[0]}.dev",\n',
        ),
        ("key of a page's telemetry", "avo.ts", f'export const avoInspectorApiKey = "{m.of(ALNUM, 20)}";\n'),
        ("test password", "tests/test_login.py", 'client.login(username="a", password="Tr0ub4dor&3x")\n'),
        ("test token", "tests/conftest.py", f'AUTH_TOKEN = "{m.of(ALNUM, 32)}"\n'),
        ("dsn", "sen.py", f'sentry_sdk.init("https://{m.of(HEX, 32)}@o12.ingest.sentry.io/34")\n'),
        ("csrf", "csrf.html", f'<input type="hidden" name="csrf_token_field" value="{m.of(ALNUM, 32)}">\n'),
        ("bad checksum in a test", "tests/test_gh.py", f'TOKEN = "{"gh" + "p_" + m.of(ALNUM, 36)}"\n'),
        ("lorem", "lo.py", 'API_SECRET = "lorem-ipsum-dolor-sit-amet-123"\n'),
        ("colour map", "cm.py", 'color_key = "viridis_r_discrete_12"\n'),
        ("s3 key", "s3.py", 's3_key = "models/2024-05-01/weights-00001-of-00002.bin"\n'),
        ("random id", "ri.json", json.dumps({"id": "cmpl-" + m.of(ALNUM, 29), "object": "text_completion"})),
        ("tool call id", "tc.json", json.dumps({"tool_call_id": "call_" + m.of(ALNUM, 24)})),
        ("wandb run", "wr.md", f"https://wandb.ai/acme/proj/runs/{m.of(string.ascii_lowercase + string.digits, 8)}\n"),
        ("youtube", "yt.md", f"https://youtu.be/{m.of(DASHED, 11)}\n"),
    ]
    return [Case(name, path, text, False) for name, path, text in given]
