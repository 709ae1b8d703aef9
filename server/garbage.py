"""When Python looks for rings of objects that nothing else holds."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Nearly all that an edit makes ends without a collection, and connections take themselves apart. At
# Python's own 700, 500 edits a second in 200 sessions came to a full collection of 90 to 180 ms
# every two seconds, which everybody waited for, and which found nothing.
THRESHOLDS = (10_000, 10, 10)


@contextmanager
def stays() -> Iterator[None]:
    """Nothing that is made within is looked at, then or later: modules, above all."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """What is here now, as the catalogue, is here to stay: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
