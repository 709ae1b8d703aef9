"""Which passwords are refused, and how they are kept."""

import asyncio

import pytest

from server.accounts.passwords import (
    NOBODYS,
    WAITING,
    BusyError,
    Passwords,
    WeakPasswordError,
    is_worn,
)

GOOD = "four words nobody says"


@pytest.mark.parametrize(
    "password",
    ["", "short7!", "password1", "qwertyuiop", "iloveyou", "aaaaaaaaaaaa", "12345678", "Nova2024"],
)
async def test_what_others_would_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError) as error:
        await Passwords().hash(password, "nova")
    assert str(error.value).endswith(".")


async def test_a_password_is_not_endless() -> None:
    with pytest.raises(WeakPasswordError, match="at most"):
        await Passwords().hash("x9 k2 " * 30)


async def test_it_is_kept_as_argon2id_with_a_salt_and_verified() -> None:
    passwords = Passwords()
    first, second = await passwords.hash(GOOD), await passwords.again(GOOD)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.verify(first, GOOD)
    assert not await passwords.verify(first, GOOD + " ")
    assert not await passwords.verify(NOBODYS, GOOD)


def test_one_of_less_effort_is_worn() -> None:
    old = "$argon2id$v=19$m=8192,t=1,p=1$WwxWDbC6T6Ew0A5HuK5XLg$bqMlbxKNrVmkvAi1jWLc1w"
    assert is_worn(old)
    assert not is_worn(NOBODYS)


async def test_of_too_many_at_once_the_last_are_turned_away() -> None:
    passwords = Passwords()
    answers = await asyncio.gather(
        *(passwords.verify(NOBODYS, GOOD) for _ in range(WAITING + 3)), return_exceptions=True
    )
    assert [each for each in answers if each is not False] != []
    assert sum(isinstance(each, BusyError) for each in answers) == 3
    assert not await passwords.verify(NOBODYS, GOOD)
