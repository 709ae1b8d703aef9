"""Rows in every table, whatever tables there are; for tests of what must keep them."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.engine import Connection

Rows = dict[str, list[dict[str, Any]]]


def fill(connection: Connection) -> None:
    """Two rows in each table: of the second all is empty that may be."""
    for table in reflected(connection).sorted_tables:
        if table.name != "alembic_version":
            connection.execute(insert(table), [_row(table, number) for number in (1, 2)])


def rows(connection: Connection) -> Rows:
    """All that there is, in an order of its own."""
    return {
        table.name: sorted(
            (dict(row) for row in connection.execute(select(table)).mappings()), key=repr
        )
        for table in reflected(connection).sorted_tables
        if table.name != "alembic_version"
    }


def reflected(connection: Connection) -> MetaData:
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def _row(table: Table, number: int) -> dict[str, Any]:
    return {
        column.name: None
        if number == 2 and column.nullable and not column.foreign_keys
        else _value(column, number)
        for column in table.columns
    }


def _value(column: Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        return _value(key.column, number)
    match column.type:
        case Boolean():
            return number == 1
        case Integer() | Float():
            return number
        case LargeBinary():
            return f'{{"of": {number}}}\xff'.encode("latin-1")
        case String(length=length):
            return f"{column.name} “{number}”"[-(length or 100) :]
    raise AssertionError(f"{column} is of a type that no test fills")
