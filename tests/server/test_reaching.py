"""What hinders a command of an operator is a sentence, and a true one."""

from pathlib import Path

import pytest
from click import ClickException
from sqlalchemy.exc import ProgrammingError

from server.commands.admin.reaching import Stores, running
from server.logic.rights import Access
from server.members import sharing
from server.orm import Database, DatabaseAwayError, ReadOnlyError
from server.redis import clients
from server.redis.calls import FullError, UnreachableError
from server.settings import Settings


def away(cause: Exception) -> DatabaseAwayError:
    error = DatabaseAwayError("(driver) words [SQL: UPDATE accounts]")
    error.__cause__ = cause
    return error


def said(path: Path, error: Exception) -> str:
    async def work(settings: Settings) -> None:
        raise error

    with pytest.raises(ClickException) as refused:
        running(path, work)
    return refused.value.message


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (away(TimeoutError()), "The database does not answer: it takes too long."),
        (ReadOnlyError(), "The database is read-only."),
        (
            ProgrammingError("SELECT x", None, Exception("no such column")),
            "The database refuses what is asked: no such column.",
        ),
        (UnreachableError("refused."), "Redis does not answer: refused."),
        (FullError("no room"), "Redis has no room left."),
        (FileExistsError(17, "File exists", "backup"), "backup: File exists."),
    ],
)
def test_each_is_told_without_what_was_asked(
    tmp_path: Path, error: Exception, sentence: str
) -> None:
    assert said(tmp_path, error) == sentence


def test_what_the_database_has_is_told_where_it_has_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def share(*_: object) -> None:
        raise UnreachableError("refused.")

    async def work(settings: Settings) -> None:
        redis = clients.connect("redis://127.0.0.1:1")
        await Stores(settings, Database(settings.database), redis).share({"s": Access(1, {})})

    monkeypatch.setattr(sharing, "share", share)
    with pytest.raises(ClickException) as refused:
        running(tmp_path, work)
    assert refused.value.message == (
        "Redis does not answer: refused. It is done in the database; sessions that are live have "
        "it seconds after Redis is well again."
    )
