"""Operations that say what their author saw."""

from random import Random
from typing import Any

import msgspec

from calc.operations import Operation
from calc.places import place

OFTEN = 0.4
WRONG = 0.05  # of those say that they saw nothing


def expecting(random: Random, operation: Operation, document: Any) -> Any:
    """An operation as it is sent, now and then with what is at its place in a document."""
    made = msgspec.to_builtins(operation)
    if random.random() < OFTEN:
        made["expects"] = None if random.random() < WRONG else seen(document, operation)
    return made


def seen(document: Any, operation: Operation) -> Any:
    """What a document has at an operation's place; None: nothing."""
    for key in place(operation):
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    return document
