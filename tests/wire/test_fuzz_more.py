"""Random people, workers and faults: the other seeds, and other worlds."""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(600)
def test_more_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "20", "--first", "61")


@pytest.mark.timeout(300)
def test_two_seeds_with_a_redis_that_goes_back() -> None:
    fuzz("--seeds", "2", "--first", "75", "--world", "forgetful")


@pytest.mark.timeout(300)
def test_seeds_with_real_processes() -> None:
    fuzz("--seeds", "2", "--world", "processes")
