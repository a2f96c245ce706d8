"""What a ticket must look like. Training and serving both go through this schema."""

import pandera.pandas as pa

QUEUES = ["account", "billing", "delivery", "technical"]
MAX_TEXT = 2_000

TICKETS = pa.DataFrameSchema(
    {
        "ticket_id": pa.Column(str, pa.Check.str_matches(r"^T\d{6}$"), unique=True, nullable=False),
        "created": pa.Column("datetime64[ns]", nullable=False, coerce=True),
        "language": pa.Column(str, pa.Check.isin(["en"]), nullable=False),
        "text": pa.Column(str, pa.Check.str_length(10, MAX_TEXT), nullable=False),
        "queue": pa.Column(str, pa.Check.isin(QUEUES), nullable=False),
    },
    strict=True,
)

REQUEST = pa.DataFrameSchema(
    {"text": pa.Column(str, pa.Check.str_length(10, MAX_TEXT), nullable=False)},
    strict=True,
)
