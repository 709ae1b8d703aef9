"""`cohort fuzz sessions` as a test."""

import subprocess

from tests.wire.serving import COHORT


def fuzz(*flags: str) -> None:
    """Fails when a seed fails, with its journal."""
    command = [COHORT, "fuzz", "sessions", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:]
