"""The tables of accounts: who they are, how they prove it, and what was done.

No secret is in here, only hashes: slow ones of passwords, plain ones of what was drawn at random.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, Integer, String, exists, or_
from sqlalchemy.orm import Mapped, mapped_column

from server.orm import Base


class UserRow(Base):
    """An account; its id is the person's everywhere.

    name: as others see it; role: in the service; banned_at: may not log in; deleted_at: only the
    id is left, so that nobody else gets it.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(BigInteger)
    banned_at: Mapped[int | None] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class BannedGuestRow(Base):
    """A guest who may not come any more: they have no account that could say so."""

    __tablename__ = "banned_guests"

    person: Mapped[str] = mapped_column(String(32), primary_key=True)
    banned_at: Mapped[int] = mapped_column(BigInteger)


class CredentialRow(Base):
    """A way to log in.

    provider: `password` (subject: the username in lower case; hash: of the password), or where
    one logs in elsewhere (subject: who the person is there, as `oauth.Identity` has it; label:
    what they are called there).
    """

    __tablename__ = "credentials"

    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    hash: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str | None] = mapped_column(String(40))


class LoginRow(Base):
    """A login, and all refresh tokens that came of it: a family. agent: what logged in, in the
    words of its `User-Agent`."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    agent: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class RefreshTokenRow(Base):
    """A refresh token, good once. used_at: when the next one took its place."""

    __tablename__ = "refresh_tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class KeyRow(Base):
    """A personal API key. scope: `overlay`, `read` or `edit`, of which each holds those before."""

    __tablename__ = "keys"
    __table_args__ = (Index("ix_keys_hash", "hash", unique=True),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(16))
    hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class AuditRow(Base):
    """Something that an admin may want to know of. person: whom it is about; by: who did it;
    address: from where; about: further words, never a secret."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_person", "person", "number"),
        Index("ix_audit_event", "event", "number"),
        Index("ix_audit_at", "at"),
        Index("ix_audit_by", "by"),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str] = mapped_column(String(32))
    person: Mapped[str | None] = mapped_column(String(32))
    by: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(255))


def banned(person: Any) -> ColumnElement[bool]:
    """Whether this person, a column of a query, is banned: as an account, or as a guest."""
    account = exists().where(UserRow.id == person, UserRow.banned_at.is_not(None))
    return or_(account, exists().where(BannedGuestRow.person == person))
