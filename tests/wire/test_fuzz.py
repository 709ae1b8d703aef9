"""Random people, workers and faults: seeds that CI has the time for (`cohort fuzz sessions`)."""

import subprocess

import pytest

from tests.wire.serving import COHORT


def fuzz(*flags: str) -> None:
    done = subprocess.run(
        [COHORT, "fuzz", "sessions", *flags], stdout=subprocess.PIPE, text=True, check=False
    )
    verdict = done.stdout.splitlines()[-1]
    assert (done.returncode, verdict.partition(":")[0]) == (0, "OK"), done.stdout[-20_000:]


@pytest.mark.timeout(600)
def test_a_hundred_seeds_with_workers_as_tasks() -> None:
    fuzz("--seeds", "100", "--processes", "3")


@pytest.mark.timeout(300)
def test_five_seeds_with_real_processes() -> None:
    fuzz("--world", "processes", "--seeds", "5")
