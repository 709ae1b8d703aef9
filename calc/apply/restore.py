"""Going back: parts of a build get what they had at an earlier revision."""

from collections.abc import Iterator

import msgspec

from calc import patch
from calc.build import Build
from calc.operation_types import Applied, Refused, Restore
from calc.patch import Json
from calc.rulebook import refused

_WHOLE = ("powersets",)  # what only has a meaning together
_DEPTH = 2  # one power, one scenario, one accolade


def restore(build: Build, operation: Restore) -> Applied | Refused:
    """The rules are not asked: what was there may be there again, with its findings.

    The way back comes in parts, so that an undo can leave alone what others changed since.
    """
    try:
        restored = patch.patched(build, operation.patch)
    except msgspec.ValidationError:
        return refused("not_restorable", "This cannot be brought back into the build as it is now.")
    back = patch.difference(restored, build)
    return Applied(restored, tuple(map(Restore, _parts(back, _DEPTH))))


def _parts(change: dict[str, Json], depth: int) -> Iterator[dict[str, Json]]:
    for key, value in change.items():
        if depth > 1 and isinstance(value, dict) and key not in _WHOLE:
            for part in _parts(value, depth - 1):
                yield {key: part}
        else:
            yield {key: value}
