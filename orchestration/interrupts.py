"""Ctrl-C and termination: work is cleaned up, and the exit status says which signal it was.

Imports next to nothing, since it also covers the time in which the others are imported.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from python_assets.errors import chain_of

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
STATUSES = [128 + number for number in _WORDS]  # exit statuses, as a shell reports them


class Interrupted(Exception):
    """A signal ended the work; `status` is the exit status that a shell expects then."""

    def __init__(self, number: int):
        super().__init__(_WORDS[signal.Signals(number)])
        self.status = 128 + number


@contextmanager
def ending_at_once() -> Iterator[None]:
    """For the time of importing: a signal ends the process with one line, as there is nothing to clean up yet."""
    if not _is_main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        interrupted = Interrupted(number)
        os.write(2, f"counterfoil: {interrupted}\n".encode())
        os._exit(interrupted.status)

    before = {number: signal.signal(number, end) for number in _WORDS if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def raising_interrupted() -> Iterator[None]:
    """Raises Interrupted if SIGINT or SIGTERM arrives before the work inside is done, or for what fails because of it.

    Dagster and some libraries take a signal themselves and report something else: a failed run, a failed query.
    """
    if not _is_main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _noted() as arrived:
            try:
                yield
            except (KeyboardInterrupt, Exception) as error:
                number = arrived() or (signal.SIGINT if isinstance(error, KeyboardInterrupt) else None)
                if not number:
                    raise
                raise Interrupted(number) from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interrupts_unwrapped() -> Iterator[None]:
    """Raises KeyboardInterrupt where a library turned one into an ordinary error, which would fail one step alone."""
    try:
        yield
    except Exception as error:
        if not any(map(_is_interrupt, chain_of(error))):
            raise
        raise KeyboardInterrupt from None


def _is_interrupt(error: BaseException) -> bool:
    """KeyboardInterrupt and Dagster's own, and what DuckDB raises if a signal arrives during a query."""
    if isinstance(error, RuntimeError):
        return str(error) == "Query interrupted"
    return not isinstance(error, Exception | SystemExit | GeneratorExit)


@contextmanager
def _noted() -> Iterator[Callable[[], int | None]]:
    """The first signal that has arrived, whichever handler took it."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def arrived() -> int | None:
        try:
            return next((number for number in reader.recv(64) if number in _WORDS), None)
        except BlockingIOError:
            return None

    try:
        yield arrived
    finally:
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()


def _is_main_thread() -> bool:
    """Only the main thread may set handlers."""
    return threading.current_thread() is threading.main_thread()
