"""One command as a process of its own, and what it took."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


class Failed(Exception):
    """A command ended with another status than 0; the message is the end of what it said."""


@dataclass(frozen=True)
class Measured:
    """Seconds by the clock and of CPU (all processes and threads together), and what it printed.

    `peak_bytes` is the resident memory of the biggest process among the command and those that it waited for, as the
    operating system counts it (`ru_maxrss`).
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run(command: list[str]) -> Measured:
    """Runs a command to its end, with this checkout first on Python's path; Failed says how it ended.

    The process that calls this must be small: until it is replaced by the command, a new process has the memory of
    the one that starts it, and the operating system counts that too.
    """
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # Else every command would compile its modules anew.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (output, errors):
            stream.seek(0)
        if process.returncode:
            raise Failed(_how_it_ended(process.returncode, errors.read().decode(errors="replace")))
        return Measured(
            seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT, output.read().decode()
        )


def _how_it_ended(status: int, errors: str) -> str:
    if status < 0:
        return f"killed by signal {-status}" + (", most likely for want of memory" if status == -9 else "")
    return "\n".join(errors.strip().splitlines()[-5:]) or f"exit status {status}"


def python(script: str, *arguments: object) -> list[str]:
    """The command that runs a script of this folder."""
    return [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments)]


def counterfoil(*arguments: object) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "orchestration.cli", *map(str, arguments)]
