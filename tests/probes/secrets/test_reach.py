"""Where the server stands that a password opens."""

from __future__ import annotations

import pytest

from aiaudit.probes.secrets.reach import reach_of


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("postgresql://a:PW@shop.c1a2.eu-central-1.rds.amazonaws.com:5432/shop", "internet"),
        ("postgresql://a:PW@db.abcd.supabase.co/postgres", "internet"),
        ("mongodb+srv://a:PW@cluster0.x1y2z.mongodb.net/app", "internet"),
        ("postgresql://a:PW@20.31.7.9:5432/shop", "internet"),
        ("postgresql://a:PW@db.acme.io:5432/crm", "internet"),
        ("postgresql://a:PW@[2a05:d014:6b0:f62a::1]:5432/crm", "internet"),
        ("postgresql://a:PW@db:5432/crm", "inside"),
        ("postgresql://a:PW@localhost/crm", "inside"),
        ("redis://:PW@10.1.2.3:6379", "inside"),
        ("postgresql://a:PW@pg.shop.svc.cluster.local/crm", "inside"),
        ("postgresql://a:PW@db.example.com/crm", ""),
        ("postgresql://a:PW@your-host.com/crm", ""),
        ("DB_HOST=shop.c1a2.rds.amazonaws.com\nDB_PASSWORD=PW\n", "internet"),
        ('connect(host="192.168.0.4", password="PW")', "inside"),
        ('{"host": "db.internal", "password": "PW"}', "inside"),
        ("Server=tcp:shop.database.windows.net;User ID=sa;Password=PW;", "internet"),
        ("password = 'PW'", ""),
        ("host = request.host\npassword = 'PW'", ""),
    ],
)
def test_reach(text: str, reach: str) -> None:
    start = text.index("PW")
    assert reach_of(text.encode(), start, start + 2) == reach
