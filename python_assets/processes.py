"""Modules of this package as processes of their own, for work that would keep the others of a run waiting.

Not of `multiprocessing`: its processes run the main module again, and that of Dagster is not made for it.
"""

import os
import subprocess
import sys


def begin(module: str) -> subprocess.Popen[str]:
    """Starts `python -m module`, whose input and output are text, UTF-8. Without more input it must come to its end."""
    # There are as many of them as processors, so one thread is enough for a library of each.
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=True,  # An interrupt is for the run, which ends its helpers.
    )
