"""How long a click keeps its user busy: animations end only at the server's beats."""

import math

BEAT_S = 0.132  # the server looks at activations this often
_EXACT = 1e-9  # a cast of whole beats, written as a decimal fraction


def arcana_time(cast_s: float) -> float:
    """Seconds from using a click to being able to use the next (players: ArcanaTime).

    The cast, up to the next beat, and one beat more. Source: the design's `calc.md` §11.

    >>> round(arcana_time(0.97), 3), round(arcana_time(2.07), 3)
    (1.188, 2.244)
    """
    return (math.ceil(cast_s / BEAT_S - _EXACT) + 1) * BEAT_S
