"""Random people, workers and faults: seeds that CI has the time for (`cohort fuzz sessions`)."""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(600)
def test_a_hundred_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "100", "--processes", "3")
