"""What all parts of the project file have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class Part(BaseModel):
    """Base of every part of the project file: unknown keys are errors, values are frozen. What is not there is one part
    for all (`cache`): pydantic reads the signature of a default's maker each time it is called."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        populate_by_name=True,
        allow_inf_nan=False,
        defer_build=True,  # of most projects there is no file to read
    )
