"""The probe javascript.records: what keeps named values, which fields these are, and what could not be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.probes.javascript.support import ask

FILLED = "{ question: asked, answer: told, userId: who }"

# What keeps an object, and the table that is filled.
STORES = {
    "prisma": ("import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();", "db.turn.create({ data: $ })", "turn"),
    "many of prisma": ("", "ctx.prisma.turn.createMany({ data: [$] })", "turn"),
    "upsert of prisma": ("", "prisma.turn.upsert({ where: { id }, create: $, update: {} })", "turn"),
    "nested in prisma": ("", "prisma.talk.create({ data: { title, turns: { create: [$] } } })", "talk"),
    "drizzle": ("import { turns } from './schema';", "db.insert(turns).values($)", "turns"),
    "kysely": ("", "db.insertInto('turns').values($).execute()", "turns"),
    "supabase": ("", "supabase.from('turns').insert($)", "turns"),
    "a list for supabase": ("", "supabase.from('turns').upsert([$])", "turns"),
    "mongodb": ("", "db.collection('turns').insertOne($)", "turns"),
    "mongodb by a name": ("", "const turns = db.collection('turns');\nturns.insertMany([$])", "turns"),
    "mongodb with an upsert": ("", "turns.updateOne({ id }, { $setOnInsert: $ }, { upsert: true })", "turns"),
    "mongoose": ("import mongoose from 'mongoose';\nconst Turn = mongoose.model('Turn', schema);", "Turn.create($)", "Turn"),
    "mongoose, saved": ("import { model } from 'mongoose';\nconst Turn = model('Turn', schema);", "const one = new Turn($);\none.save()", "Turn"),
    "firestore": ("import { addDoc, collection } from 'firebase/firestore';", "addDoc(collection(db, 'turns'), $)", "turns"),
    "firestore of a server": ("", "db.collection('turns').doc(id).set($)", "turns"),
    "convex": ("", "ctx.db.insert('turns', $)", "turns"),
    "appwrite": ("", "databases.createDocument(base, 'turns', ID.unique(), $)", "turns"),
    "dynamodb": ("import { PutCommand } from '@aws-sdk/lib-dynamodb';", "client.send(new PutCommand({ TableName: 'turns', Item: $ }))", "turns"),
    "dynamodb, marshalled": ("", "client.send(new PutItemCommand({ TableName: 'turns', Item: marshall($) }))", "turns"),
    "sequelize": ("import { DataTypes, Sequelize } from 'sequelize';\nconst base = new Sequelize();\nconst Turn = base.define('turn', {});", "Turn.bulkCreate([$])", "Turn"),
    "knex": ("import knex from 'knex';\nconst base = knex({});", "base('turns').insert($)", "turns"),
    "typeorm": ("import { Repository } from 'typeorm';\nclass T { constructor(private turns: Repository<Turn>) {}\nrun() {", "this.turns.save(this.turns.create($)) } }", "turns"),
    "a file": ("import fs from 'node:fs';", "fs.appendFileSync('turns.jsonl', JSON.stringify($) + '\\n')", "turns.jsonl"),
    "redis": ("import Redis from 'ioredis';\nconst kept = new Redis();", "kept.lpush('turns', JSON.stringify($))", "turns"),
}  # fmt: skip


def rows(root: Path, files: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    return list(ask(root, "javascript.records", files, **query).value or [])


def of(root: Path, text: str, **more: str) -> list[dict[str, Any]]:
    return rows(root, {"a.ts": text, **{f"{name}.ts": one for name, one in more.items()}})


@pytest.mark.parametrize("store", STORES)
def test_what_a_store_is_given(store: str, tmp_path: Path) -> None:
    head, call, table = STORES[store]
    (row,) = of(tmp_path, f"{head}\n{re.sub('[$](?![a-zA-Z])', FILLED, call)}")
    assert (row["sink"], row["table"], row["open"]) == ("store", table, False)
    assert {"input_ref", "output", "user_ref"} <= set(row["fields"])


@pytest.mark.parametrize(
    "statement",
    [
        "pool.query('INSERT INTO turns (question, answer, user_id) VALUES ($1, $2, $3)', [a, b, c])",
        "base.prepare(`INSERT OR REPLACE INTO turns (question, answer, user_id) VALUES (?, ?, ?)`).run(a, b, c)",
        "env.DB.prepare('insert into turns (question, answer, user_id) values (?, ?, ?)').bind(a, b, c).run()",
        "const text = 'insert into turns (question, answer, user_id) values (?, ?, ?)';\nbase.run(text, [a, b, c])",
        "sql`INSERT INTO turns (question, answer, user_id) VALUES (${a}, ${b}, ${c})`",
        "sql`insert into turns ${sql({ question, answer, userId })}`",
        "prisma.$executeRaw`INSERT INTO turns (question, answer, user_id) VALUES (${a}, ${b}, ${c})`",
    ],
)
def test_columns_of_a_statement(statement: str, tmp_path: Path) -> None:
    (row,) = of(tmp_path, statement)
    assert (row["table"], row["fields"], row["open"]) == ("turns", ["input_ref", "output", "user_ref"], False)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("const one = { question, answer };\ndb.insert(turns).values(one)", ["question", "answer"]),
        ("const one = { ...first, answer };\nconst first = { question };\ndb.insert(turns).values(one)", ["question", "answer"]),
        ("const one = {};\none.question = a;\none['answer'] = b;\ndb.insert(turns).values(one)", ["question", "answer"]),
        ("const all = list.map((x) => ({ question: x.q, answer: x.a }));\ndb.insert(turns).values(all)", ["question", "answer"]),
        ("const all = [];\nall.push({ question, answer });\ndb.insert(turns).values(all)", ["question", "answer"]),
        ("const made = (q) => ({ question: q, answer });\ndb.insert(turns).values(made(1))", ["question", "answer"]),
        ("db.insert(turns).values({ ...(a && { question }), answer })", ["question", "answer"]),
        ("db.insert(turns).values(a ? { question } : { answer })", ["question", "answer"]),
    ],
)  # fmt: skip
def test_keys_are_followed_in_a_file(text: str, keys: list[str], tmp_path: Path) -> None:
    (row,) = of(tmp_path, text)
    assert (sorted(row["keys"]), row["open"]) == (sorted(keys), False)


@pytest.mark.parametrize(
    "text",
    [
        "export function keep(one) { return db.insert(turns).values(one); }",
        "db.insert(turns).values(await made())",
        "db.insert(turns).values({ ...given.more, question })",
        "db.insert(turns).values({ [name]: 1 })",
        "import { createClient } from '@supabase/supabase-js';\nconst base = createClient(a, b);\nbase.rpc('keep_turn', {})",
        "import { PutObjectCommand } from '@aws-sdk/client-s3';\nclient.send(new PutObjectCommand({ Key: 'a' }))",
        "import pg from 'pg';\nconst pool = new pg.Pool();\npool.query(statementOf(a))",
        "new PostgresChatMessageHistory({ sessionId })",
        "import fs from 'fs';\nfs.writeFileSync('a.txt', told)",
    ],
)
def test_what_could_not_be_told_is_open(text: str, tmp_path: Path) -> None:
    assert [row["open"] for row in of(tmp_path, text)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "prisma.turn.findMany({ where: { question, answer } })",
        "db.select().from(turns)",
        "supabase.from('turns').select('question, answer')",
        "turns.find({ question, answer })",
        "pool.query('SELECT question, answer, user_id FROM turns')",
        "new Map().set('question', { answer, userId, question })",
        "openai.chat.completions.create({ model, messages })",
        "localStorage.setItem('a', JSON.stringify({ question, answer, userId }))",
        "interface Turn { question: string; answer: string; userId: string }",
        "axios.create({ question, answer, userId })",
        "const made = new Turn({ question, answer, userId });",
        "export async function query(text, values) { return pool.query(text, values); }",
        "console.log({ question, answer, userId })",
        "await import('xlsx').then((XLSX) => XLSX.writeFile(book, 'a.xlsx'))",
    ],
)
def test_what_keeps_nothing(text: str, tmp_path: Path) -> None:
    assert of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "sink"),
    [
        ("logger.info({ requestId, model, latencyMs }, 'answered')", "log"),
        ("this.logger.log('answered', { requestId, model, latencyMs })", "log"),
        ("console.log(JSON.stringify({ requestId, model, latencyMs }))", "log"),
        ("posthog.capture({ event: 'a', properties: { requestId, model, latencyMs } })", "trace"),
        ("langfuse.generation({ requestId, model, latencyMs })", "trace"),
    ],
)
def test_logs_and_traces(text: str, sink: str, tmp_path: Path) -> None:
    (row,) = of(tmp_path, text)
    assert (row["sink"], row["fields"], row["open"]) == (sink, ["latency", "model_version", "request_id"], False)


def test_who_calls_fills_a_parameter(tmp_path: Path) -> None:
    store = "import { Turn } from './model';\nexport class Turns { async keep(one: NewTurn) { return Turn.create(one); } }\nexport const kept = new Turns();"
    made = "import { model } from 'mongoose';\nexport const Turn = model('Turn', schema);"
    (row,) = of(
        tmp_path, "import { kept } from './store';\nkept.keep({ question, answer, userId });", store=store, model=made
    )
    assert (row["path"], row["line"], row["table"], row["open"]) == ("a.ts", 2, "Turn", False)
    assert row["fields"] == ["input_ref", "output", "user_ref"]


def test_two_files_between_the_caller_and_the_store(tmp_path: Path) -> None:
    store = "export async function keep(one) { return db.insert(turns).values(one); }"
    service = "import { keep } from './store';\nexport function add(one) { return keep(one); }"
    (row,) = of(tmp_path, "import { add } from './service';\nadd({ question, answer });", store=store, service=service)
    assert (row["path"], row["open"], sorted(row["keys"])) == ("a.ts", False, ["answer", "question"])


def test_a_client_of_the_project_is_one_of_a_store(tmp_path: Path) -> None:
    client = "import { Sequelize } from 'sequelize';\nexport const base = new Sequelize('a');"
    model = "import { base } from './client';\nexport const Turn = base.define('turn', {});"
    text = "import { Turn } from './model';\nTurn.create({ question, answer });"
    assert [row["table"] for row in of(tmp_path, text, client=client, model=model)] == ["Turn"]
    other = "export const Turn = { create: (one) => one };"
    assert of(tmp_path / "other", text, client=client, model=other) == []


SCHEMA = 'model Turn {\n  id String @id @default(cuid())\n  answer String\n  talkId String\n  createdAt DateTime @default(now())\n  meta Json @default("{}")\n  talk Talk @relation(fields: [talkId], references: [id])\n}\nmodel Talk {\n  id String @id\n  userId String\n}\n'


def test_what_a_table_adds(tmp_path: Path) -> None:
    text = "prisma.turn.create({ data: { answer, talkId } })"
    (row,) = rows(tmp_path / "with", {"a.ts": text, "prisma/schema.prisma": SCHEMA})
    assert row["fields"] == ["output", "request_id", "time", "user_ref"]
    (row,) = rows(tmp_path / "without", {"a.ts": text})
    assert row["fields"] == ["output"]


@pytest.mark.parametrize(
    "tables",
    [
        {"a.sql": "CREATE TABLE IF NOT EXISTS public.turns (\n id uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n answer text, -- told\n created_at timestamptz DEFAULT now()\n);"},
        {"a.sql": "create table turns (answer text);\nalter table turns add column id bigserial;\nalter table turns add column created_at timestamp default current_timestamp;"},
        {"other.ts": "supabase.from('turns').select('id, answer').order('created_at')"},
        {"script.js": "base.exec(`CREATE TABLE turns (id INTEGER PRIMARY KEY, answer TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP)`)"},
        {"schema.ts": "export const turns = pgTable('turns', { id: serial('id'), answer: text('answer'), createdAt: timestamp('created_at').defaultNow() });"},
        {"schema.ts": "const turnSchema = new Schema({ answer: String }, { timestamps: true });\nexport const Turns = model('turns', turnSchema);"},
    ],
)  # fmt: skip
def test_where_tables_are_described(tables: dict[str, str], tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {"a.ts": "supabase.from('turns').insert({ answer })", **tables})
    assert row["fields"] == ["output", "request_id", "time"]


def test_who_speaks(tmp_path: Path) -> None:
    text = "const keep = (role, content) => db.insert(turns).values({ role, content });"
    assert [row["fields"] for row in of(tmp_path / "any", text)] == [["input_ref", "output"]]
    text = "db.insert(turns).values({ role: 'user', content });"
    assert of(tmp_path / "user", text)[0]["fields"] == ["input_ref"]
    both = text + "\ndb.insert(turns).values({ role: 'assistant', content: told });"
    assert [(row["fields"], row["answer"]) for row in of(tmp_path / "both", both)] == [
        (["input_ref", "output"], "asked"),
        (["input_ref", "output"], "spoken"),
    ]


def test_a_row_is_told_where_its_answer_is_written(tmp_path: Path) -> None:
    text = (
        "import OpenAI from 'openai';\nconst client = new OpenAI();\n"
        "export async function begin(token) { await db.link.create({ data: { token, userId: user.id } }); }\n"
        "export async function answer(id) {\n  const told = await client.responses.create({ model: 'm', input: 'q' });\n"
        "  await db.link.update({ where: { id }, data: { lastAnswer: told.output_text } });\n}\n"
    )
    (row,) = of(tmp_path, text)
    assert (row["line"], row["answer"], row["function"]) == (6, "model", "answer")


def test_what_a_later_statement_adds(tmp_path: Path) -> None:
    text = "db.insert(runs).values({ prompt });\ndb.update(runs).set({ answer, finishedAt });"
    (row,) = of(tmp_path, text)
    assert row["fields"] == ["input_ref", "output"]


ASKS = "import OpenAI from 'openai';\nconst client = new OpenAI();\nexport async function tell(q) {\n  const a = await client.chat.completions.create({ model: 'm', messages: q });\n  return a.choices[0].message.content;\n}\n"


def test_what_a_model_wrote_is_an_answer_by_whatever_name(tmp_path: Path) -> None:
    here = (
        ASKS
        + "export async function run(q) { const plan = await tell(q); db.insert(plans).values({ plan, about: q }); }"
    )
    (row,) = of(tmp_path / "here", here)
    assert (row["answer"], row["fields"]) == ("model", ["output"])
    there = "import { tell } from './asks';\nconst plan = await tell(q);\ndb.insert(plans).values({ plan, about });"
    (row,) = of(tmp_path / "there", there, asks=ASKS)
    assert (row["answer"], row["fields"]) == ("model", ["output"])


def test_a_request_to_a_model_is_a_call_of_one(tmp_path: Path) -> None:
    text = "const r = await fetch('https://api.openai.com/v1/chat/completions', {});\nconst plan = await r.json();\ndb.insert(plans).values({ plan, about });"
    assert [row["answer"] for row in of(tmp_path, text)] == ["model"]


def test_a_key_named_like_an_answer_far_from_a_model_is_none(tmp_path: Path) -> None:
    (row,) = of(tmp_path, "db.insert(polls).values({ question, answer, userId });", asks=ASKS)
    assert row["answer"] == ""


def test_a_duration_of_something_is_no_latency(tmp_path: Path) -> None:
    (row,) = of(tmp_path, "db.insert(calls).values({ userId, transcript, durationSeconds, version });")
    assert row["fields"] == ["user_ref"]


def test_a_picture_beside_what_was_asked_for_is_an_answer(tmp_path: Path) -> None:
    (row,) = of(tmp_path, "supabase.from('pictures').insert({ prompt, user_id, storage_path });", asks=ASKS)
    assert (row["answer"], row["fields"]) == ("named", ["input_ref", "output", "user_ref"])


@pytest.mark.parametrize(
    "text", ["kept.set('a', JSON.stringify({ answer }), 'EX', 60)", "kept.setex('a', 60, JSON.stringify({ answer }))"]
)
def test_what_goes_by_itself_is_a_cache(text: str, tmp_path: Path) -> None:
    head = "import Redis from 'ioredis';\nconst kept = new Redis();\n"
    assert [row["sink"] for row in of(tmp_path, head + text)] == ["cache"]


def test_a_client_of_another_file_asks_a_model(tmp_path: Path) -> None:
    client = "import OpenAI from 'openai';\nexport const client = new OpenAI();"
    text = "import { client } from './client';\nexport async function look(q) { return client.chat.completions.create({ messages: q }); }"
    kept = "import { look } from './looks';\nconst seen = await look(q);\ndb.insert(plans).values({ seen, about });"
    (row,) = of(tmp_path, kept, client=client, looks=text)
    assert (row["answer"], row["near"]) == ("model", True)
