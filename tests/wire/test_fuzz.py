"""Random people, workers and faults: seeds that CI has the time for (`cohort fuzz sessions`).

The rest is in `test_fuzz_more.py`, so that both run at once.
"""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(600)
def test_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "50")


@pytest.mark.timeout(300)
def test_seeds_with_real_processes() -> None:
    fuzz("--seeds", "5", "--world", "processes", "--share", "0")
