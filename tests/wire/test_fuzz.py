"""Random people, workers and faults: seeds that CI has the time for (`cohort fuzz sessions`).

The rest is in `test_fuzz_more.py`, so that both run at once. Few seeds have what not all have:
there is no time for enough of them; run those by hand.
"""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(600)
def test_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "50", "--share", "0.1")


@pytest.mark.timeout(300)
def test_seeds_with_real_processes() -> None:
    fuzz("--seeds", "5", "--world", "processes", "--share", "0")
