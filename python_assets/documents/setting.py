"""Setting documents: the PDF and the page of each, by this process, or by several where there are many.

Typesetting is nearly all that a month's documents take. Threads of one process wait for each other at every document,
since Python runs one of them at a time and the exports are written beside them; processes do not, and take half a
second to start.
"""

import hashlib
import json
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from python_assets.documents.facts import Facts
from python_assets.documents.page import page

if TYPE_CHECKING:
    from python_assets.documents.pdf import Typesetter

# A document whose looks depend on the fonts of the machine is made anew each time: they may have come since.
_NEVER_THE_SAME = ""
_MANY = 200  # documents from which processes are worth their start
_AT_ONCE = 10  # documents handed over together
_AHEAD = 8  # such batches in hand while others are set: enough for the typesetters never to wait
_own = threading.local()


def set_documents(documents: Iterable[Facts], folder: Path, made_by: bytes) -> None:
    """Writes `<invoice_id>.pdf` and `.html` of each into `folder`; `made_by` is what all of them are made with."""
    documents = iter(documents)
    first = list(islice(documents, _MANY))
    if not first:
        return
    with _typesetters(is_many=len(first) == _MANY) as typesetters:
        begun: deque[Future[None]] = deque()
        for batch in _batches(chain(first, documents)):
            folder.mkdir(parents=True, exist_ok=True)
            begun.append(typesetters.submit(_set, batch, folder, made_by))
            if len(begun) > _AHEAD:
                begun.popleft().result()
        for rest in begun:
            rest.result()


def fingerprint(facts: Facts, made_by: bytes) -> str:
    """Of all that a PDF is made of."""
    return sha256(made_by + json.dumps(facts).encode())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _batches(documents: Iterable[Facts]) -> Iterator[list[Facts]]:
    documents = iter(documents)
    while batch := list(islice(documents, _AT_ONCE)):
        yield batch


@contextmanager
def _typesetters(is_many: bool) -> Iterator[Executor]:
    """One for each processor."""
    count = os.cpu_count() or 1
    if is_many:
        # Not forked: the database's threads would not come along, and its locks would.
        pool: Executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin_process)
    else:
        pool = ThreadPoolExecutor(count, "typesetter")
    with pool:
        yield pool


def _begin_process() -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"  # There is a process for each processor.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Whoever started it ends it,
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()  # also by being killed.


def _set(documents: list[Facts], folder: Path, made_by: bytes) -> None:
    for facts in documents:
        pdf, is_portable = _typesetter().pdf(facts)
        (folder / f"{facts['invoice_id']}.pdf").write_bytes(pdf)
        made_of = fingerprint(facts, made_by) if is_portable else _NEVER_THE_SAME
        (folder / f"{facts['invoice_id']}.html").write_bytes(page(facts, made_of, sha256(pdf)))


def _typesetter() -> "Typesetter":
    if not hasattr(_own, "typesetter"):
        # Imported here: a run that finds all its documents has no need of the typesetter.
        from python_assets.documents.pdf import Typesetter

        _own.typesetter = Typesetter()
    return _own.typesetter
