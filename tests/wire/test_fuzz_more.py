"""Random people, workers and faults: the other seeds."""

import pytest

from tests.wire.seeds import fuzz


@pytest.mark.timeout(600)
def test_more_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "50", "--first", "51")


@pytest.mark.timeout(300)
def test_seeds_with_a_redis_that_goes_back() -> None:
    fuzz("--seeds", "6", "--first", "75", "--world", "forgetful")
