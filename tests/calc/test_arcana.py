"""`calc.md` §11: how long a click keeps its user busy."""

import pytest

from calc.arcana import arcana_time


@pytest.mark.parametrize(
    ("cast_s", "seconds"),
    [(0.97, 1.188), (2.07, 2.244), (0.0, 0.132), (0.132, 0.264), (0.133, 0.396), (1.32, 1.452)],
)
def test_a_cast_ends_at_the_beat_after_next(cast_s: float, seconds: float) -> None:
    assert arcana_time(cast_s) == pytest.approx(seconds, abs=1e-9)
