"""Random people, and a Redis that goes back; real processes, which are killed."""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(300)
def test_five_seeds_with_real_processes() -> None:
    fuzz("--seeds", "5", "--world", "processes")
