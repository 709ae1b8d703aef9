"""The game's conditions in words: "in Defensive Adaptation", "the meter > 0"."""

import re
from functools import lru_cache

from gamedata.catalogue import Catalogue, EnhancementId, PowerId, PowersetId
from gamedata.expressions import (
    Binary,
    Call,
    ExpressionError,
    Name,
    Node,
    Number,
    Text,
    Unary,
    parse,
)

_NAMES = {
    "$archetype": "the archetype",
    "source>arch": "the archetype",
    "source>enttype": "oneself",
    "source>entref": "oneself",
    "source>khitpoints%": "own health in percent",
    "source>kendurance%": "own endurance in percent",
    "source>kmeter": "the meter",
    "source>krage": "Fury",
    "source>cur.ktohit": "to-hit",
    "source>max.khitpoints": "maximum HP",
    "source>cur.khitpoints": "own HP",
    "source>combatlevel": "the level",
    "source>level": "the level",
    "target>arch": "the target's class",
    "target>entref": "the target",
    "target>enttype": "the target",
    "target>khitpoints%": "the target's health in percent",
    "target>cur.khitpoints": "the target's health",
    "target>combatlevel": "the target's level",
    "target.isfriend?": "the target is a friend",
    "ispvpmap?": "in PvP",
    "ismissionmap?": "in a mission",
    "always": "always",
}
_OPERATORS = {"&&": "and", "||": "or", "==": "is", "eq": "is", "!=": "is not", "ne": "is not"}
_LOOSE = frozenset({"&&", "||"})


def readable(text: str, catalogue: Catalogue) -> str:
    """An expression in words; what has no words here stays as it is written."""
    try:
        return _node(_parsed(text), catalogue)
    except ExpressionError:
        return text


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Node:
    return parse(text)


def _node(node: Node, catalogue: Catalogue) -> str:
    match node:
        case Number(value):
            return f"{value:g}"
        case Text(text):
            return _split(text.removeprefix("Class_"))
        case Name(name):
            return _name(name, catalogue)
        case Call(name, arguments):
            return _call(name, arguments, catalogue)
        case Unary("!", operand):
            return f"not {_inner(operand, catalogue)}"
        case Unary(operator, operand):
            return f"{operator}{_inner(operand, catalogue)}"
        case Binary(operator, left, right):
            sides = [
                _inner(side, catalogue)
                if isinstance(side, Binary)
                and side.operator in _LOOSE
                and side.operator != operator
                else _node(side, catalogue)
                for side in (left, right)
            ]
            return f" {_OPERATORS.get(operator, operator)} ".join(sides)


def _inner(node: Node, catalogue: Catalogue) -> str:
    words = _node(node, catalogue)
    return f"({words})" if isinstance(node, Binary) else words


def _name(name: str, catalogue: Catalogue) -> str:
    lower = name.lower()
    if lower in _NAMES:
        return _NAMES[lower]
    whose, accessor, what = name.partition(">")
    match whose.lower() if accessor else "":
        case "source.teamsize":
            return f"team members within {what} ft"
        case "source.eventtimesince" | "target.eventtimesince":
            return f"seconds since {_split(what)}"
        case "powerboostsslotted" | "boostsslotted":
            enhancement = catalogue.enhancements.get(EnhancementId(what))
            return enhancement.name if enhancement else what
    return _owned(name, catalogue) if name.count(".") else _split(name.removeprefix("@Class_"))


def _owned(name: str, catalogue: Catalogue) -> str:
    power = catalogue.powers.get(PowerId(name))
    powerset = catalogue.powersets.get(PowersetId(name))
    found = power or powerset
    return found.name if found else name


def _call(name: str, arguments: tuple[Node, ...], catalogue: Catalogue) -> str:
    words = [_node(argument, catalogue) for argument in arguments]
    whose, _, function = name.lower().rpartition(".")
    who = "the target " if whose == "target" else ""
    match function:
        case "mode?":
            return f"{who}in {words[0].removeprefix('k').strip()}"
        case "ownpower?" | "owned?" | "tokenowned?":
            return f"{who}has {words[0]}"
        case "ownpowernum?":
            return f"number of {words[0]}"
        case "ne":
            return " is not ".join(words)
    return f"{name}({', '.join(words)})"


def _split(words: str) -> str:
    """CamelCase_andUnderscores as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).replace("_", " ")
