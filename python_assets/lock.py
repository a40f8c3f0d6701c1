"""One operating-system lock on a home: who runs, runs alone.

The operating system drops the lock with the process, however that ends. `.lock.holder` only tells people who holds
it; nothing is decided by that file.
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


@contextmanager
def home_lock(home: Home, wait_seconds: float, purpose: str) -> Iterator[None]:
    """Holds the home's lock; the process that holds it may take it again.

    Waits `wait_seconds` at most, then UserError names the holder. `purpose` is what others are told, such as
    "run of 2026-04".
    """
    if not home.root.is_dir():  # filelock would make it
        raise UserError(f"{home.root}: no such folder")
    # One lock object per path and process makes it re-entrant; a soft lock would outlive a killed process.
    lock = FileLock(home.root / ".lock", thread_local=False, is_singleton=True, fallback_to_soft=False)
    holder = home.root / ".lock.holder"
    try:
        lock.acquire(timeout=max(wait_seconds, 0), poll_interval=0.1)
    except Timeout as error:
        raise UserError(
            f"{home.root} is in use by {_describe(holder)}; waited {wait_seconds:g} seconds. "
            "Try again when that has ended, or wait longer with --wait"
        ) from error
    except OSError as error:
        raise UserError(f"{home.root / '.lock'}: cannot be locked: {error.strerror or error}") from error
    try:
        if lock.lock_counter == 1:
            _write(holder, purpose)
        yield
    finally:
        if lock.lock_counter == 1:
            holder.unlink(missing_ok=True)
        lock.release()


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
