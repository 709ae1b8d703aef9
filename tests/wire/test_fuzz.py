"""Random people, workers and faults: seeds that CI has the time for (`cohort fuzz sessions`).

Time and sockets are real, so no seed replays exactly. One that failed is tried again, with what it
said as a warning: what fails twice fails the test.
"""

import subprocess
import warnings

import pytest

from tests.wire.serving import COHORT


def fuzz(seeds: int, *flags: str) -> None:
    """Fails when a seed fails twice."""
    failed, said = failing("--seeds", str(seeds), *flags)
    if not failed:
        return
    warnings.warn(said[-20_000:], stacklevel=2)
    for seed in failed:
        again, said = failing("--seeds", "1", "--first", seed, *flags)
        assert not again, said[-20_000:]


def failing(*flags: str) -> tuple[list[str], str]:
    """The seeds that fail, and what the command said."""
    done = subprocess.run(
        [COHORT, "fuzz", "sessions", *flags], stdout=subprocess.PIPE, text=True, check=False
    )
    verdict, _, rest = done.stdout.splitlines()[-1].partition(":")
    if (done.returncode, verdict) == (0, "OK"):
        return [], done.stdout
    assert verdict == "FAILED", done.stdout[-20_000:]
    return rest.rpartition(":")[2].replace(",", " ").split(), done.stdout


@pytest.mark.timeout(600)
def test_a_hundred_seeds_with_workers_as_tasks() -> None:
    fuzz(100, "--processes", "3")


@pytest.mark.timeout(300)
def test_five_seeds_with_real_processes() -> None:
    fuzz(5, "--world", "processes")
