"""Passwords: which are too weak, and their slow hashes."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = 8
LONGEST = 128  # characters
LOOKED_AT = 72  # characters; how weak a longer one is shows before, and looking costs its square
GOOD = 2  # zxcvbn's score: more than 10^6 guesses, of which the limits allow a few in a minute
AT_ONCE = 2  # each hash takes 19 MiB and a core
WAITING = 32

# What OWASP's cheat sheet on password storage asks for at least: some 20 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
# Nobody's: verified where there is no account, so that it takes as long as where there is one.
NOBODYS = _hasher.hash("nobody's")


class WeakPasswordError(Exception):
    """A password that others would guess; the message is for who chose it."""


class BusyError(Exception):
    """Too many passwords are being looked at."""


class Passwords:
    """Hashes and verifies in threads, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str, *known: str) -> str:
        """known: what others know of the person. Raises WeakPasswordError or BusyError."""
        return await self._run(_hash, password, known)

    async def verify(self, hash_: str, password: str) -> bool:
        """As slow for a wrong password as for the right one. Raises BusyError."""
        return await self._run(_verify, hash_, password)

    async def again(self, password: str) -> str:
        """Hash one that was good enough when it was chosen. Raises BusyError."""
        return await self._run(_hasher.hash, password)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting >= WAITING:
            raise BusyError("too many passwords at once")
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *args, **kwargs)
        finally:
            self._waiting -= 1


def is_worn(hash_: str) -> bool:
    """Whether it was made with less effort than we make now."""
    return _hasher.check_needs_rehash(hash_)


def _hash(password: str, known: tuple[str, ...]) -> str:
    _check(password, known)
    return _hasher.hash(password)


def _check(password: str, known: tuple[str, ...]) -> None:
    if len(password) < SHORTEST:
        raise WeakPasswordError(f"A password has at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPasswordError(f"A password has at most {LONGEST} characters.")
    from zxcvbn import zxcvbn  # with its lists of words, which few processes need

    found = zxcvbn(password[:LOOKED_AT], ["cohort", *known])
    if found["score"] < GOOD:
        reason = found["feedback"]["warning"] or "This password is easily guessed."
        raise WeakPasswordError(f"{reason} Choose another one: a few words will do.")


def _verify(hash_: str, password: str) -> bool:
    try:
        return _hasher.verify(hash_, password)
    except VerifyMismatchError:
        return False
