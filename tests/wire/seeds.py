"""`cohort fuzz sessions` as a test."""

import subprocess

from tests.wire.serving import COHORT

SHOWN = 20_000
"""Characters of a failing run's journals that are shown."""


def fuzz(*flags: str) -> None:
    """Fails when a seed fails: what did not hold is said first, then what happened before it."""
    command = [COHORT, "fuzz", "sessions", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        failures = [line for line in done.stdout.splitlines() if "FAILED" in line]
        raise AssertionError("\n".join((*failures, "", done.stdout[-SHOWN:])))
