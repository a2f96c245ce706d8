"""`python.stored`: classes whose objects a database keeps, what of a decision they hold, who fills them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.probes.python.support import ask

RUN = """
class Run(Base):
    __tablename__ = "runs"
    id = Column(Integer, primary_key=True)
    model_version = Column(Text)
    started_at = Column(DateTime)
"""
OFFER = """
class Offer(Base):
    id = Column(Integer, primary_key=True)
    run = Column(ForeignKey("runs.id"))
    confidence = Column(Float)
"""


def classes(root: Path, files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in ask(root, "python.stored", files).value or []}


def test_fields_of_a_run_belong_to_what_points_to_it(tmp_path: Path) -> None:
    head = "from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, Text\n"
    found = classes(tmp_path, {"db.py": head + RUN + OFFER})
    assert found["Offer"]["fields"] == ["confidence", "model_version", "output", "request_id", "time"]
    assert (found["Offer"]["decides"], found["Offer"]["joined"], found["Offer"]["beside"]) == (True, True, ["Run"])
    assert (found["Run"]["decides"], found["Run"]["joined"]) == (False, False)


@pytest.mark.parametrize(
    "code",
    [
        "from mongoengine import Document, StringField, DateTimeField\nclass Prediction(Document):\n"
        "    model_version = StringField()\n    at_time = DateTimeField()\n",
        "from django.db import models\nclass Prediction(models.Model):\n"
        "    model_version = models.CharField()\n    at_time = models.DateTimeField()\n",
        "from peewee import *\nclass Prediction(Model):\n    model_version = CharField()\n    at_time = DateTimeField()\n",
        "from tortoise import fields\nfrom tortoise.models import Model\nclass Prediction(Model):\n"
        "    model_version = fields.CharField()\n    at_time = fields.DatetimeField()\n",
        "from sqlmodel import SQLModel\nclass Prediction(SQLModel, table=True):\n"
        "    model_version: str\n    at_time: str\n",
        "from beanie import Document\nclass Prediction(Document):\n    model_version: str\n    at_time: str\n",
        "from sqlalchemy.orm import Mapped, mapped_column\nclass Prediction(Base):\n"
        "    model_version: Mapped[str]\n    at_time: Mapped[str] = mapped_column()\n",
    ],
)
def test_models_of_each_library(tmp_path: Path, code: str) -> None:
    (one,) = classes(tmp_path, {"db.py": code}).values()
    assert (one["columns"], one["decides"]) == (["model_version", "at_time"], True)


@pytest.mark.parametrize(
    "code",
    [
        "from django import forms\nclass Prediction(forms.Form):\n    a = forms.CharField()\n    b = forms.CharField()\n",
        "from pydantic import BaseModel, Field\nclass Prediction(BaseModel):\n    a: str = Field()\n    b: str = Field()\n",
        "from rest_framework import serializers\nclass P(serializers.Serializer):\n"
        "    a = serializers.CharField()\n    b = serializers.CharField()\n",
    ],
)
def test_forms_and_schemas_are_no_tables(tmp_path: Path, code: str) -> None:
    assert classes(tmp_path, {"db.py": code}) == {}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("from db import Offer as Kept\n\nKept(run=1).save()\n", 3),
        ("import db\n\nsession.add(db.Offer(run=1))\n", 3),
        ("import db\n\ninsert(\n    session,\n    db.Offer,\n    run=1,\n)\n", 5),
        ("from db import Offer\n\nOffer.objects.create(run=1)\n", 3),
        ("from db import Offer\n\nselect(Offer).where(Offer.run == 1)\n", 0),
        ("from db import Offer\n\n\ndef shown(offer: Offer) -> None: ...\n", 0),
        ("from db import Offer\n\n# Offer(run=1)\n", 0),
    ],
)
def test_who_fills_a_table(tmp_path: Path, code: str, line: int) -> None:
    head = "from sqlalchemy import Column, Float, ForeignKey, Integer\n"
    found = classes(tmp_path, {"db.py": head + OFFER, "use.py": code})
    assert found["Offer"]["filled"] == (f"use.py:{line}" if line else "")
