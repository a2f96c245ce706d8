"""A second labelled corpus of secrets, laid down after the rules and before they were tuned on it.

Made like the first (`corpus.py`): values come from a seeded generator at run time. Here the places are those in which
people really leave keys: settings of five languages, shells, containers, Terraform, curl lines, outputs of notebooks.
"""

from __future__ import annotations

import base64
import json
import string

from .corpus import ALNUM, DASHED, HEX, Case, Maker, notebook

LOWER, UPPER = string.ascii_lowercase + string.digits, string.ascii_uppercase + string.digits


def true_cases(seed: int = 3105) -> list[Case]:
    """Secrets of 40 kinds."""
    m = Maker(seed)
    openai = "sk-" + "proj-" + m.of(DASHED, 74) + "T3Blbk" + "FJ" + m.of(DASHED, 74)
    anthropic = "sk-" + "ant-api03-" + m.of(DASHED, 93) + "AA"
    hub, hub2 = ("hf" + "_" + m.of(string.ascii_letters, 34) for _ in range(2))
    groq, replicate = "gsk" + "_" + m.of(ALNUM, 52), "r8" + "_" + m.of(ALNUM, 37)
    pinecone = "pcsk" + "_" + m.of(ALNUM, 5) + "_" + m.of(ALNUM, 63)
    wandb, langsmith = m.of(HEX, 40), "lsv2" + "_sk_" + m.of(HEX, 32) + "_" + m.of(HEX, 10)
    cohere, mistral, together = m.of(ALNUM, 40), m.of(ALNUM, 32), m.of(HEX, 64)
    azure, azure_new = (
        m.of(HEX, 32),
        m.of(ALNUM, 52) + "JQQJ99" + "BAACYe" + m.of(ALNUM, 3) + "XJ3w3AAABACOG" + m.of(ALNUM, 4),
    )
    aws_id, aws = "AK" + "IA" + m.of(string.ascii_uppercase + "234567", 16), m.of(ALNUM + "/+", 40)
    google, service = "AI" + "za" + m.of(DASHED, 35), m.pem("")
    github, fine = m.checked("gh" + "o_"), "github" + "_pat_" + m.of(ALNUM, 22) + "_" + m.of(ALNUM, 59)
    gitlab = "gl" + "pat-" + m.of(DASHED, 20)
    slack = "xox" + "p-" + "-".join(m.of(string.digits, 12) for _ in range(3)) + "-" + m.of(HEX, 32)
    hook = "/".join(("T" + m.of(UPPER, 10), "B" + m.of(UPPER, 10), m.of(ALNUM, 24)))
    stripe, twilio = "rk" + "_live_" + m.of(ALNUM, 99), m.of(HEX, 32)
    sendgrid = "SG" + "." + m.of(DASHED, 22) + "." + m.of(DASHED, 43)
    npm, pypi = m.checked("np" + "m_"), "pypi" + "-AgEIcHlwaS5vcmc" + m.of(DASHED, 160)
    rsa, ec, ssh = m.pem(), m.pem("EC "), m.pem("OPENSSH ")
    token = m.jwt(sub="4711", role="service_role", iss="supabase", exp=2_000_000_000)
    pg, mongo, redis = m.of(ALNUM, 16) + "7x", "p9L" + m.of(ALNUM, 13), "Zr4" + m.of(ALNUM, 29)
    generic = [m.of(ALNUM, 32) for _ in range(12)]
    word, hexes = "Herbst-Regen#" + m.of(string.digits, 3) + "qX", [m.of(HEX, 64) for _ in range(2)]
    given: list[tuple[str, str, str, str]] = [
        # AI vendors, each in another kind of place
        ("openai in a python call", "src/chat.py", openai, f'llm = ChatOpenAI(model="gpt-5.5", openai_api_key="{openai}")\n'),
        ("anthropic in typescript", "web/ai.ts", anthropic, f"const client = new Anthropic({{ apiKey: '{anthropic}' }});\n"),
        ("hub token in a shell export", "scripts/up.sh", hub, f"export HUGGING_FACE_HUB_TOKEN={hub}\nmake push\n"),
        ("hub token in an output", "nb/explore.ipynb", hub2, notebook(code="!cat ~/.netrc\n", output=f"login {hub2}\n")),
        ("groq in toml", "conf/app.toml", groq, f'[llm]\napi_key = "{groq}"\n'),
        ("replicate in json", "conf/keys.json", replicate, json.dumps({"replicate": {"token": replicate}}, indent=2)),
        ("pinecone in a container", "docker/Dockerfile", pinecone, f"FROM python:3.12\nENV PINECONE_API_KEY {pinecone}\n"),
        ("wandb in compose", "ops/compose.yaml", wandb, f"services:\n  train:\n    environment:\n      WANDB_API_KEY: {wandb}\n"),
        ("wandb in netrc", ".netrc", m.of(HEX, 40), ""),
        ("langsmith in .env", "svc/.env", langsmith, f"LANGSMITH_API_KEY='{langsmith}'\n"),
        ("cohere in a client", "src/rank.py", cohere, f'co = cohere.ClientV2(api_key="{cohere}")\n'),
        ("mistral in a notebook", "nb/m.ipynb", mistral, notebook(code=f'os.environ["MISTRAL_API_KEY"] = "{mistral}"\n')),
        ("together in yaml", "conf/t.yaml", together, f"together:\n  api_key: {together}\n"),
        ("azure openai in settings", "src/az.py", azure, f'client = AzureOpenAI(azure_endpoint=E, api_key="{azure}")\n'),
        ("azure openai, new form", "svc/prod.env", azure_new, f"AZURE_OPENAI_KEY={azure_new}\n"),
        # clouds
        ("aws pair", "infra/prod.tfvars", aws, f'aws_access_key = "{aws_id}"\naws_secret_key = "{aws}"\n'),
        ("aws id in a shell", "scripts/s3.sh", aws_id, f"AWS_ACCESS_KEY_ID={aws_id} aws s3 ls\n"),
        ("google service account", "conf/gcp.json", service, json.dumps(
            {"type": "service_account", "private_key_id": m.of(HEX, 40), "private_key": service + "\n"}, indent=2)),
        ("google key in an address", "web/map.html", google, f'<script src="https://maps.googleapis.com/maps/api/js?key={google}"></script>\n'),
        ("azure storage in python", "src/blob.py", m.of(ALNUM + "+/", 86) + "==", ""),
        # code hosting and packages
        ("github in a workflow", ".github/workflows/r.yml", github, f"    env:\n      GH_TOKEN: {github}\n"),
        ("github fine-grained in curl", "docs/api.md", fine, f'curl -H "Authorization: Bearer {fine}" https://api.github.com/user\n'),
        ("gitlab in pip.conf", "pip.conf", gitlab, f"[global]\nextra-index-url = https://__token__:{gitlab}@gitlab.acme.io/simple\n"),
        ("npm in npmrc", "web/.npmrc", npm, f"//npm.acme.io/:_authToken={npm}\n"),
        ("pypi in a makefile", "Makefile", pypi, f"publish:\n\ttwine upload -u __token__ -p {pypi} dist/*\n"),
        # messaging and payment
        ("slack user token in go", "cmd/main.go", slack, f'api := slack.New("{slack}")\n'),
        ("slack webhook in python", "src/note.py", hook, f'HOOK = "https://hooks.slack.com/services/{hook}"\n'),
        ("stripe restricted in ruby", "pay/s.rb", stripe, f'Stripe.api_key = "{stripe}"\n'),
        ("twilio in a client", "src/sms.py", twilio, f'client = TwilioClient("AC{m.of(HEX, 32)}", auth_token="{twilio}")\n'),
        ("sendgrid in properties", "mail.properties", sendgrid, f"mail.sendgrid.key={sendgrid}\n"),
        ("discord webhook", "src/d.py", m.of(DASHED, 68), ""),
        # keys and tokens
        ("rsa key in a string", "src/sign.py", rsa, f'KEY = """{rsa}\n"""\n'),
        ("ec key in yaml", "k8s/tls.yaml", ec, "stringData:\n  tls.key: |\n    " + ec.replace("\n", "\n    ") + "\n"),
        ("ssh key", "ops/id_ed25519", ssh, ssh + "\n"),
        ("service role token", "web/db.ts", token, f'const admin = createClient(url, "{token}");\n'),
        # addresses
        ("postgres", "src/db.py", pg, f'engine = create_engine("postgresql+psycopg://app:{pg}@pg.acme.io/prod")\n'),
        ("mongodb in javascript", "web/db.js", mongo, f"mongoose.connect('mongodb+srv://svc:{mongo}@c1.ab12c.mongodb.net/x');\n"),
        ("redis in yaml", "conf/cache.yml", redis, f"cache:\n  url: rediss://default:{redis}@r.acme.io:6380/0\n"),
        # plain assignments
        ("python constant", "src/weather.py", generic[0], f'WEATHER_API_KEY = "{generic[0]}"\n'),
        ("typescript constant", "web/k.ts", generic[1], f'export const SERVICE_SECRET: string = "{generic[1]}";\n'),
        ("yaml key", "conf/s.yaml", generic[2], f"search:\n  apiKey: {generic[2]}\n"),
        ("json key", "conf/s.json", generic[3], json.dumps({"clientSecret": generic[3]})),
        ("toml key", "conf/s.toml", generic[4], f'jwt_secret = "{generic[4]}"\n'),
        ("ini key", "conf/s.ini", generic[5], f"[db]\npassword = {generic[5]}\n"),
        ("dotenv key", ".env", generic[6], f'FLASK_SECRET_KEY="{generic[6]}"\n'),
        ("output of a notebook", "nb/o.ipynb", generic[7], notebook(output=f"{{'api_key': '{generic[7]}', 'n': 3}}\n")),
        ("docker env", "Dockerfile", generic[8], f"FROM x:1\nENV APP_ENV=prod JWT_SECRET={generic[8]}\n"),
        ("compose list", "docker-compose.prod.yml", generic[9], f"    environment:\n      - SEARCH_API_KEY={generic[9]}\n"),
        ("tfvars", "infra/x.tfvars", generic[10], f'db_admin_password = "{generic[10]}"\n'),
        ("shell export", "scripts/env.sh", hexes[0], f"export ENCRYPTION_SECRET={hexes[0]}\n"),
        ("curl header", "scripts/call.sh", generic[11], f"curl -H 'X-Api-Key: {generic[11]}' https://api.acme.io/v1\n"),
        ("password of words", "conf/mail.yml", word, f"smtp:\n  host: mail.acme.io\n  password: '{word}'\n"),
        ("django key", "site/settings.py", "q" + m.of(LOWER + "!@#$%^&*(-_=+)", 49), ""),
        ("basic auth in curl", "docs/run.md", "kT7" + m.of(ALNUM, 17), ""),
        ("helm value", "chart/values.yaml", hexes[1], f"auth:\n  sessionSecret: {hexes[1]}\n"),
    ]  # fmt: skip
    late = {
        "wandb in netrc": "machine api.wandb.ai\n  login user\n  password {}\n",
        "azure storage in python": 'C = "DefaultEndpointsProtocol=https;AccountName=a1;AccountKey={};EndpointSuffix=x"\n',
        "discord webhook": f'W = "https://discord.com/api/webhooks/{m.of(string.digits, 18)}/{{}}"\n',
        "django key": "SECRET_KEY = '{}'\n",
        "basic auth in curl": "    curl -u deploy:{} https://ci.acme.io/job/x/build\n",
    }
    return [
        Case(name, path, text or late[name].format(value), True, value.split("\n")[1] if "\n" in value else value)
        for name, path, value, text in given
    ]


def false_cases(seed: int = 3106) -> list[Case]:
    """What honest projects hold and scanners take for secrets."""
    m = Maker(seed)
    blob = base64.b64encode(m.random.randbytes(40_000)).decode()
    sha1, sha256, md5 = m.of(HEX, 40), m.of(HEX, 64), m.of(HEX, 32)
    minified = "".join(
        f"function {m.of(string.ascii_letters, 2)}(e,t){{return e.{m.of(string.ascii_letters, 6)}[t]}};"
        for _ in range(400)
    )
    vocabulary = json.dumps({"model": {"vocab": {m.of(ALNUM, m.random.randint(2, 24)): i for i in range(3000)}}})
    given: list[tuple[str, str, str]] = [
        # placeholders and gaps
        ("your-api-key", "src/a1.py", 'OPENAI_API_KEY = "your-api-key"\n'),
        ("your_token in yaml", "conf/a2.yaml", "hf_token: your_hf_token_goes_in_this_field\n"),
        ("angle token", "docs/a3.md", "export HF_TOKEN=<token>\n"),
        ("xxx", "docs/a4.md", f"ANTHROPIC_API_KEY=sk-ant-api03-{'x' * 80}\n"),
        ("empty example", ".env.example", "OPENAI_API_KEY=\nDATABASE_PASSWORD=\nSECRET_KEY=\n"),
        ("commented example", ".env.sample", "# OPENAI_API_KEY=sk-...\n# LANGSMITH_API_KEY=lsv2_pt_...\n"),
        ("aws example id", "docs/a5.md", "AWS_ACCESS_KEY_ID=" + "AKIA" + "IOSFODNN7EXAMPLE\n"),
        ("aws example secret", "docs/a6.md", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY\n"),
        ("google docs key", "docs/a7.md", "key=" + "AIza" + "SyYOUR_API_KEY_GOES_RIGHT_HERE_12345\n"),
        ("slack docs hook", "docs/a8.md", "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24 + "\n"),
        ("placeholder in toml", "conf/a9.toml", 'api_key = "REPLACE_WITH_YOUR_API_KEY_FROM_CONSOLE"\n'),
        ("none", "src/b1.py", "api_key: str | None = None\npassword = ''\n"),
        ("todo", "conf/b2.yaml", "client_secret: TODO-set-in-vault-before-go-live\n"),
        ("sk-1234", "src/b3.py", 'api_key = "sk-1234567890abcdef1234567890abcdef"\n'),
        ("no key needed", "src/b4.py", 'OpenAI(base_url="http://localhost:8000/v1", api_key="EMPTY")\n'),
        ("ollama", "src/b5.py", 'OpenAI(base_url="http://localhost:11434/v1", api_key="ollama-not-required")\n'),
        # references
        ("shell var", "scripts/c1.sh", 'curl -H "Authorization: Bearer ${API_TOKEN}" https://api.acme.io\n'),
        ("bare var", "scripts/c2.sh", "export OPENAI_API_KEY=$OPENAI_KEY_FROM_VAULT_2024\n"),
        ("command", "scripts/c3.sh", "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)\n"),
        ("environ", "src/c4.py", 'KEY = os.environ["PINECONE_API_KEY_PROD_EU_WEST_1"]\n'),
        ("environ get", "src/c5.py", 'token = os.environ.get("HUGGINGFACE_TOKEN", "")\n'),
        ("import meta", "web/c6.ts", "const apiKey = import.meta.env.VITE_OPENAI_API_KEY_2024;\n"),
        ("actions", ".github/workflows/c7.yml", "      env:\n        HF_TOKEN: ${{ secrets.HF_TOKEN_PROD_2 }}\n"),
        ("secret key ref", "k8s/c8.yaml", "env:\n- name: OPENAI_API_KEY\n  valueFrom:\n    secretKeyRef: {name: llm-keys-prod-v2, key: openai-api-key-v2}\n"),
        ("helm template", "chart/templates/c9.yaml", 'password: {{ .Values.database.password | b64enc | quote }}\n'),
        ("terraform var", "infra/d1.tf", "db_password = var.database_master_password_v2\napi_token   = data.vault_generic_secret.x.data[\"t\"]\n"),
        ("hydra", "conf/d2.yaml", "wandb:\n  api_key: ${oc.env:WANDB_API_KEY}\n"),
        ("secret manager", "src/d3.py", 'password = client.access_secret_version(name="projects/1/secrets/db/versions/2")\n'),
        ("streamlit", "src/d4.py", 'openai_api_key = st.secrets["openai"]["api_key_v2"]\n'),
        ("colab", "nb/d5.ipynb", notebook(code="HF_TOKEN = userdata.get('HF_TOKEN_2024')\n")),
        ("getpass", "src/d6.py", 'token = getpass.getpass("Enter your W&B API key (40 chars): ")\n'),
        ("azure vault", "src/d7.py", 'secret_uri = "https://kv-prod-01.vault.azure.net/secrets/openai-key/0123"\n'),
        ("kubernetes sealed", "k8s/d8.yaml", f"kind: SealedSecret\nspec:\n  encryptedData:\n    api_key: AgB{blob[:700]}\n"),
        ("sops", "conf/d9.enc.yaml", f"db_password: ENC[AES256_GCM,data:{blob[:24]},iv:{blob[30:73]}=,tag:{blob[80:102]}==,type:str]\n"),
        ("ansible vault", "ops/e1.yml", "db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  " + m.of(string.digits, 80) + "\n"),
        # hashes and names of things
        ("md5", "src/e2.py", f'EXPECTED_MD5 = "{md5}"\n'),
        ("sha1", "src/e3.py", f'MODEL_SHA1 = "{sha1}"\n'),
        ("sha256 list", "src/e4.py", f'_HASHES = {{"base.pt": "{sha256}", "tiny.pt": "{m.of(HEX, 64)}"}}\n'),
        ("git sha", "docs/e5.md", f"Fixed in {sha1}.\n"),
        ("submodule", ".gitmodules.lock", f"libs/x {sha1}\n"),
        ("hub revision", "src/e6.py", f'AutoTokenizer.from_pretrained("a/b", revision="{m.of(HEX, 40)}", token=True)\n'),
        ("uuid", "conf/e7.yaml", f"tenant_id: {m.uuid()}\nclient_id: {m.uuid()}\n"),
        ("token uuid name", "src/e8.ts", f'const TOKEN_NAMESPACE_ID = "{m.uuid()}";\n'),
        ("npm lock", "package-lock.json", json.dumps({"packages": {"a": {"integrity": "sha512-" + blob[:86] + "=="}}})),
        ("pnpm lock", "pnpm-lock.yaml", f"  x@1.0.0:\n    resolution: {{integrity: sha512-{blob[100:186]}==}}\n"),
        ("poetry lock", "poetry.lock", f'content-hash = "{m.of(HEX, 64)}"\n'),
        ("pip hashes", "requirements.lock.txt", f"a==1.0 \\\n    --hash=sha256:{m.of(HEX, 64)}\n"),
        ("deno lock", "deno.lock", json.dumps({"remote": {"https://deno.land/x": m.of(HEX, 64)}})),
        ("wandb run", "src/e9.py", f'api.run("team/proj/{m.of(LOWER, 8)}")\nwandb_run_key = "run-20240501_{m.of(LOWER, 8)}"\n'),
        ("mlflow", "mlruns/meta.yaml", f"artifact_uri: s3://x/{m.of(HEX, 32)}\nrun_id: {m.of(HEX, 32)}\n"),
        ("model id", "src/f1.py", 'model_key = "meta-llama/Llama-3.3-70B-Instruct-Turbo"\n'),
        ("deployment", "conf/f2.yaml", "token_model: text-embedding-3-large-2024-v2\n"),
        ("bedrock arn", "src/f3.py", 'KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/' + m.uuid() + '"\n'),
        ("docker digest", "Dockerfile", f"FROM python:3.12@sha256:{m.of(HEX, 64)}\n"),
        ("bcrypt", "db/f4.sql", f"UPDATE u SET password='$2b$12${m.of(ALNUM, 53)}';\n"),
        ("htpasswd", "ops/.htpasswd", f"admin:$apr1${m.of(ALNUM, 8)}${m.of(ALNUM, 22)}\n"),
        # data
        ("png", "nb/f5.ipynb", notebook(image=blob)),
        ("data uri", "web/f6.css", f"background: url(data:image/svg+xml;base64,{blob[:5000]});\n"),
        ("svg path", "web/f7.svg", f'<path d="M{" ".join(str(m.random.random())[:7] for _ in range(900))}Z"/>\n'),
        ("minified", "web/f8.min.js", minified),
        ("bundle", "static/f9.js", minified + 'var token="",password=e.password;\n'),
        ("vocabulary", "model/tokenizer.json", vocabulary),
        ("merges", "model/merges.txt", "\n".join(f"{m.of(ALNUM, 3)} {m.of(ALNUM, 4)}" for _ in range(2000))),
        ("special tokens", "model/special_tokens_map.json", json.dumps({"eos_token": "<|eot_id|>", "pad_token": "<|finetune_right_pad_id|>"})),
        ("certificate", "ops/g1.crt", f"-----BEGIN CERTIFICATE-----\n{blob[:1400]}\n-----END CERTIFICATE-----\n"),
        ("public key", "src/g2.py", f'KEY = """-----BEGIN PUBLIC KEY-----\n{blob[:392]}\n-----END PUBLIC KEY-----"""\n'),
        ("authorized keys", "ops/authorized_keys", f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB{blob[:300]} ci@acme\n"),
        ("jwks", "conf/g3.json", json.dumps({"keys": [{"kty": "RSA", "n": blob[:342].replace("+", "-").replace("/", "_"), "e": "AQAB"}]})),
        ("pgp message", "docs/g4.asc", f"-----BEGIN PGP SIGNATURE-----\n\n{blob[:400]}\n-----END PGP SIGNATURE-----\n"),
        # publishable by design
        ("stripe publishable", "web/g5.ts", 'const key = "' + "pk" + "_live_" + m.of(ALNUM, 24) + '";\n'),
        ("supabase anon", "web/g6.ts", f'const SUPABASE_ANON_KEY = "{m.jwt(iss="supabase", ref="abcdefgh", role="anon", exp=2_000_000_000)}";\n'),
        ("supabase publishable", "web/g7.ts", 'const SUPABASE_KEY = "' + "sb" + "_publishable_" + m.of(ALNUM, 22) + '";\n'),
        ("sentry dsn", "web/g8.ts", f'Sentry.init({{ dsn: "https://{m.of(HEX, 32)}@o45.ingest.us.sentry.io/450" }});\n'),
        ("posthog project", "web/g9.ts", 'posthog.init("' + "phc" + "_" + m.of(ALNUM, 43) + '");\n'),
        ("recaptcha site", "web/h1.tsx", f'<ReCAPTCHA sitekey="6L{m.of(DASHED, 38)}" />\n'),
        ("analytics", "web/h2.html", "gtag('config', 'G-" + m.of(UPPER, 10) + "');\n"),
        # tests and defaults
        ("test fixture", "tests/h3.py", 'client = Client(api_key="test", password="changeme", token="dummy-token-123")\n'),
        ("fake key in a test", "tests/h4.py", f'monkeypatch.setenv("OPENAI_API_KEY", "sk-fake-{m.of(ALNUM, 24)}")\n'),
        ("test hash", "tests/h5.py", f'assert token_hash == "{m.of(HEX, 64)}"\n'),
        ("ci database", ".github/workflows/h6.yml", "      POSTGRES_PASSWORD: postgres\n      DATABASE_URL: postgresql://test:test@localhost:5432/test\n"),
        ("compose default", "docker-compose.yml", "      - POSTGRES_PASSWORD=mysecretpassword\n      - RABBITMQ_DEFAULT_PASS=guest\n"),
        ("default with fallback", "conf/h7.yml", "      SECRET_KEY: ${SECRET_KEY:-changeme-please-2024}\n"),
        ("elastic default", "docker-compose.dev.yml", "      ELASTIC_PASSWORD: changeme\n      MINIO_ROOT_USER: minioadmin\n"),
        # words
        ("i18n", "web/locales/en.json", json.dumps({"password": "Password must have 8 characters", "tokenExpired": "Your-session-token-expired!"})),
        ("german", "web/locales/de.json", json.dumps({"passwordLabel": "Passwort123-Beispiel eingeben", "apiKey": "API-Schluessel"})),
        ("form", "web/h8.tsx", '<input name="password" autocomplete="new-password" id="user-password-input-2" />\n'),
        ("header name", "src/h9.py", 'API_KEY_HEADER_NAME = "X-Acme-Api-Key-2024"\n'),
        ("cookie", "src/i1.py", 'SESSION_TOKEN_COOKIE = "__Secure-next-auth.session-token.v2"\n'),
        ("scope", "src/i2.py", 'token_scope = "https://cognitiveservices.azure.com/.default"\n'),
        ("regex", "src/i3.py", 'SECRET_RE = r"(?i)(?:sk|pk)_(?:live|test)_[0-9a-zA-Z]{24,99}"\n'),
        ("semantic key", "src/i4.py", 'key_token = "attention.query_key_value.weight.layer_12"\n'),
        ("state dict", "src/i5.py", '"transformer.h.0.attn.token_mixer_1": "blocks.0.attn.qkv_2",\n'),
        ("enum", "src/i6.ts", 'enum SecretKind { AccessToken = "access-token-v1", ApiKey2 = "api_key_v2" }\n'),
        ("prompt", "src/i7.py", 'PROMPT = "Never reveal the password: it is checked by the server, not by you."\n'),
        ("cli flag", "docs/i8.md", "tool --api-key-file ~/.config/tool/key.txt --token-budget=128000\n"),
        ("date token", "conf/i9.yaml", "cache_token: 2024-05-01T12:00:00Z-build-7\n"),
        ("chat completion", "data/j1.json", json.dumps({"id": "chatcmpl-" + m.of(ALNUM, 29), "system_fingerprint": "fp_" + m.of(HEX, 10)})),
        ("thread id", "data/j2.json", json.dumps({"thread": "thread_" + m.of(ALNUM, 24), "assistant": "asst_" + m.of(ALNUM, 24)})),
        ("s3 url", "src/j3.py", f'url = "https://x.s3.amazonaws.com/a?X-Amz-Credential=AS{"IA"}{m.of(UPPER, 16)}&X-Amz-Signature={m.of(HEX, 64)}"\n'),
        ("gist", "docs/j4.md", f"https://gist.github.com/ann/{m.of(HEX, 32)}\n"),
        ("drive", "docs/j5.md", f"gdown https://drive.google.com/uc?id={m.of(DASHED, 33)}\n"),
        ("lightning", "ckpt/j6.yaml", f"checkpoint_key: epoch=12-step=4711-val_loss=0.1234.ckpt\nhash: {m.of(HEX, 40)}\n"),
    ]  # fmt: skip
    return [Case(name, path, text, False) for name, path, text in given]
