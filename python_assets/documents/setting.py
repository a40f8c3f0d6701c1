"""Setting documents: the PDF and the page of each, on all processors.

Typesetting is nearly all that a month's documents take. Threads of one process wait for each other at every document,
since Python runs one of them at a time and the exports are written beside them. Processes do not, and take half a
second to start: so where there are many documents, each thread hands them to a process of its own.
"""

import hashlib
import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_assets.documents.facts import Facts
from python_assets.documents.page import page
from python_assets.processes import begin

if TYPE_CHECKING:
    from python_assets.documents.pdf import Typesetter

# Plain, for JSON: invoice_id, tenant_id, field, text, problem (documents/pdf.py).
Problems = list[dict[str, str]]

# A document that depends on the fonts of the machine, or has a problem, is rebuilt each time: fonts may have come,
# and the problem is reported again.
_NEVER_THE_SAME = ""
_MANY = 200  # documents from which processes are worth their start
_AT_ONCE = 10  # documents handed over together
_AHEAD = 8  # such batches in hand while others are set: enough for the typesetters never to wait
_own = threading.local()


def set_documents(documents: Iterable[Facts], folder: Path, made_by: bytes) -> Problems:
    """Writes `<invoice_id>.pdf` and `.html` of each into `folder`; `made_by` is what all of them are made with.

    No text in them stops this: it returns what is not as it should be. A document without a PDF has its page alone.
    """
    documents = iter(documents)
    first = list(islice(documents, _MANY))
    if not first:
        return []
    problems: Problems = []
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as helpers, ThreadPoolExecutor(os.cpu_count() or 1, "typesetter") as typesetters:
        helped = _Helpers(helpers, folder, made_by)
        begun: deque[Future[Problems]] = deque()
        for batch in _batches(chain(first, documents)):
            if len(first) == _MANY:
                begun.append(typesetters.submit(helped.set, batch))
            else:
                begun.append(typesetters.submit(set_here, batch, folder, made_by))
            if len(begun) > _AHEAD:
                problems += begun.popleft().result()
        for rest in begun:
            problems += rest.result()
    return problems


def set_here(documents: list[Facts], folder: Path, made_by: bytes) -> Problems:
    """The same in this thread."""
    problems: Problems = []
    for facts in documents:
        document = _typesetter().set(facts)
        if document.pdf:
            (folder / f"{facts['invoice_id']}.pdf").write_bytes(document.pdf)
        made_of = fingerprint(facts, made_by) if document.is_portable else _NEVER_THE_SAME
        (folder / f"{facts['invoice_id']}.html").write_bytes(page(facts, made_of, sha256(document.pdf or b"")))
        problems += [asdict(problem) for problem in document.problems]
    return problems


def fingerprint(facts: Facts, made_by: bytes) -> str:
    """Of all that a PDF is made of."""
    return sha256(made_by + json.dumps(facts).encode())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _batches(documents: Iterable[Facts]) -> Iterator[list[Facts]]:
    documents = iter(documents)
    while batch := list(islice(documents, _AT_ONCE)):
        yield batch


def _typesetter() -> "Typesetter":
    if not hasattr(_own, "typesetter"):
        # Imported here: a run that finds all its documents has no need of the typesetter.
        from python_assets.documents.pdf import Typesetter

        _own.typesetter = Typesetter()
    return _own.typesetter


class _Helpers:
    """A process for each thread that sets documents, until the stack is closed."""

    def __init__(self, stack: ExitStack, folder: Path, made_by: bytes):
        self._stack = stack
        self._job = {"folder": str(folder), "made_by": made_by.decode()}
        self._own = threading.local()

    def set(self, documents: list[Facts]) -> Problems:
        """RuntimeError with what the process says if it cannot."""
        answer = self._ask(documents)
        if answer is None and len(documents) > 1:  # One of them ended the process.
            return [problem for facts in documents for problem in self.set([facts])]
        if answer is None:
            return self._without_pdf(documents[0])
        if "error" in answer:
            raise RuntimeError(f"documents could not be set: {answer['error']}")
        return answer["problems"]

    def _ask(self, documents: list[Facts]) -> dict[str, Any] | None:
        """The answer of this thread's process; None if it ended instead, and then the next time begins another one."""
        if not hasattr(self._own, "helper"):
            self._own.helper = self._begin()
        helper = self._own.helper
        try:
            helper.stdin.write(json.dumps(documents) + "\n")
            helper.stdin.flush()
            answer = helper.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            return json.loads(answer)
        del self._own.helper
        return None

    def _without_pdf(self, facts: Facts) -> Problems:
        from python_assets.documents.pdf import no_pdf

        folder = Path(self._job["folder"])
        (folder / f"{facts['invoice_id']}.pdf").unlink(missing_ok=True)
        (folder / f"{facts['invoice_id']}.html").write_bytes(page(facts, _NEVER_THE_SAME, sha256(b"")))
        return [asdict(no_pdf(facts))]

    def _begin(self) -> subprocess.Popen[str]:
        helper = begin("python_assets.documents.helper")
        helper.stdin.write(json.dumps(self._job) + "\n")
        self._stack.callback(helper.communicate)
        return helper
