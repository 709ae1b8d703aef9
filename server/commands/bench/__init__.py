"""`cohort bench`: measurements that print numbers. Machines are noisy: compare side by side."""

import click

from server.commands.bench.fanout import fanout
from server.commands.bench.library import library
from server.commands.bench.session import session
from server.commands.bench.soak import soak
from server.commands.bench.totals import totals


@click.group()
def bench() -> None:
    """Measure, and print what came out."""


bench.add_command(fanout)
bench.add_command(library)
bench.add_command(session)
bench.add_command(soak)
bench.add_command(totals)
