"""`cohort bench fanout` measures real servers side by side."""

import subprocess
import sys
from pathlib import Path

COHORT = Path(sys.executable).with_name("cohort")


def test_everybody_is_measured_with_every_delivery_made() -> None:
    options = ("--rounds", "1", "--seconds", "0.1", "--size", "8")
    done = subprocess.run(
        [COHORT, "bench", "fanout", *options, "--part", "one", "--part", "saturated"],
        capture_output=True,
        text=True,
        timeout=100,
        env={"COLUMNS": "120"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tables = done.stdout.split("Sixteen changes")
    for name, count in (("bare loop", 2), ("ChannelsPlugin", 2), ("editors", 2), ("viewers", 1)):
        assert sum(f"│ {name} " in table for table in tables) == count, done.stdout
