"""What long work is doing, told to whoever listens. The work does not know who that is, and mostly nobody does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What is being done now, in words; files and rows that were read since the last step."""

    what: str
    files: int = 0
    rows: int = 0


_listener: ContextVar[Callable[[Step], None] | None] = ContextVar("listener", default=None)


def tell(what: str, files: int = 0, rows: int = 0) -> None:
    if listener := _listener.get():
        listener(Step(what, files, rows))


@contextmanager
def listening(listener: Callable[[Step], None]) -> Iterator[None]:
    """Hears of all steps of the work inside."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
