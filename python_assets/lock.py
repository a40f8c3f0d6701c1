"""Operating-system locks on a home: who runs, runs alone, and so does who pushes to the accounting service.

The operating system drops a lock with the process, however that ends. `.lock.holder` only tells people who holds it;
nothing is decided by that file.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from python_assets.errors import UserError
from python_assets.home import Home

_HOME, _PUSH = ".lock", ".push.lock"


@contextmanager
def home_lock(home: Home, wait_seconds: float, purpose: str) -> Iterator[None]:
    """Holds the home's lock; the process that holds it may take it again.

    Waits `wait_seconds` at most, then UserError names the holder. `purpose` is what others are told, such as
    "run of 2026-04".
    """
    advice = "Try again when that has ended, or wait longer with --wait"
    with _held(home, _HOME, wait_seconds, purpose, f"{home.root} is in use", advice):
        yield


def release_home_lock(home: Home) -> None:
    """Releases the home's lock before the blocks of `home_lock` in this process end; no effect if it is not held."""
    _release(_lock(home, _HOME), home.root / f"{_HOME}.holder", is_forced=True)


@contextmanager
def push_lock(home: Home, wait_seconds: float) -> Iterator[None]:
    """Holds the lock on what the accounting service is given, which no run needs; UserError as `home_lock`."""
    advice = "What is left goes with the next run"
    with _held(home, _PUSH, wait_seconds, "push", "documents are being pushed", advice):
        yield


@contextmanager
def _held(home: Home, name: str, wait_seconds: float, purpose: str, in_use: str, advice: str) -> Iterator[None]:
    if not home.root.is_dir():  # filelock would make it
        raise UserError(f"{home.root}: no such folder")
    lock = _lock(home, name)
    holder = home.root / f"{name}.holder"
    try:
        lock.acquire(timeout=max(wait_seconds, 0), poll_interval=0.1)
    except Timeout as error:
        raise UserError(f"{in_use} by {_describe(holder)}; waited {wait_seconds:g} seconds. {advice}") from error
    except OSError as error:
        raise UserError(f"{home.root / name}: cannot be locked: {error.strerror or error}") from error
    try:
        if lock.lock_counter == 1:
            _write(holder, purpose)
        yield
    finally:
        _release(lock, holder)


def _lock(home: Home, name: str) -> FileLock:
    """One lock object per path and process makes it re-entrant; a soft lock would outlive a killed process."""
    return FileLock(home.root / name, thread_local=False, is_singleton=True, fallback_to_soft=False)


def _release(lock: FileLock, holder: Path, is_forced: bool = False) -> None:
    if lock.is_locked and (is_forced or lock.lock_counter == 1):
        holder.unlink(missing_ok=True)
    lock.release(force=is_forced)


def _write(holder: Path, purpose: str) -> None:
    document = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
    }
    unfinished = holder.with_name(holder.name + ".new")
    unfinished.write_text(json.dumps(document), "utf-8")
    unfinished.replace(holder)


def _describe(holder: Path) -> str:
    """Who holds the lock, as far as the holder's file can be believed."""
    try:
        document = json.loads(holder.read_text("utf-8"))
        pid, host, since, purpose = (document[name] for name in ("pid", "host", "since", "purpose"))
        if host == socket.gethostname():
            os.kill(pid, 0)
    except PermissionError:
        pass  # the process lives, and is someone else's
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
    return f"process {pid} on {host} since {since} ({purpose})"
