"""What an object was asked, kept for the next time, and gone with the object."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast
from weakref import ref

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def kept(size: int, method: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """An object's method that keeps its last `size` answers; the oldest unused goes first.

    For the object to keep as an attribute. `lru_cache(size)(self.method)` would make a ring: the
    object keeps the cache, which keeps the method, which keeps the object. Only a full collection
    ends such a ring, and a server makes these so seldom that its memory grows and grows.

    Arguments must be hashable. Whoever asks holds the object: ReferenceError when it is gone.
    """
    owner, asked = ref(method.__self__), method.__func__  # type: ignore[attr-defined]

    def ask(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        alive = owner()
        if alive is None:
            raise ReferenceError("what would know this is gone: hold it while you ask")
        return asked(alive, *args, **kwargs)  # type: ignore[no-any-return]

    return cast(Callable[Asked, Answer], lru_cache(size)(ask))
