"""Rows whose defaults are left out when they are stored."""

from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

Row = TypeVar("Row", bound=Struct)


@cache
def _defaults(kind: type[Struct]) -> tuple[object, ...]:
    return tuple(field.default for field in msgspec.structs.fields(kind))


def lean(row: Row) -> Row:
    """The same row, with every value that equals its field's default being that very object.

    `omit_defaults` leaves out what is the default, not what equals it (a 1.0 that was read from
    a file, say). This halves the catalogue's file and memory.
    """
    values = zip(row.__struct_fields__, _defaults(type(row)), strict=True)
    return type(row)(
        *(
            default if (value := getattr(row, field)) == default else value
            for field, default in values
        )
    )
