"""Token buckets."""

from server.limits.buckets import Bucket, Buckets


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    bucket = Bucket(rate=2, burst=3, clock=clock)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == 0.5
    clock.now += 0.5
    assert bucket.take() == 0
    assert bucket.take() == 0.5


def test_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    bucket = Bucket(rate=1, burst=10, clock=clock)
    assert bucket.take(8) == 0
    assert bucket.take(5) == 3
    assert bucket.take(2) == 0


def test_what_was_used_already_is_to_come_back_first() -> None:
    clock = Clock()
    bucket = Bucket(rate=2, burst=10, clock=clock)
    bucket.spend(14)
    assert bucket.take(0) == 2
    clock.now += 2
    assert bucket.take(0) == 0
    assert bucket.take(1) == 0.5


def test_it_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    bucket = Bucket(rate=100, burst=2, clock=clock)
    clock.now += 1000
    assert bucket.take(2) == 0
    assert bucket.take() > 0


def test_peers_have_a_bucket_each_and_the_oldest_is_forgotten() -> None:
    buckets = Buckets(rate=0.001, burst=1, peers=2)
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    assert buckets.take("b") == 0
    assert buckets.take("c") == 0  # "a" is forgotten
    assert buckets.take("a") == 0
