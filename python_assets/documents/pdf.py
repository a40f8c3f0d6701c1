"""Documents as PDF: archival and accessible (PDF/A-2a, PDF/UA-1), with the fonts that come with the typesetter.

A text with characters that those fonts lack (Chinese, say) is set with the machine's fonts; if they lack them too,
boxes stand in their place, and a notice refers to the HTML document, which has them in the reader's fonts.

Setting one takes about ten milliseconds, so many are shared out over processes of this module, one per processor.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import typst

from python_assets.documents.facts import Facts

TEMPLATE = Path(__file__).parent / "invoice.typ"
_STANDARDS = ["a-2a", "ua-1"]
_NOTICE = "Some characters cannot be shown here: the HTML document of this invoice has them."
# Fewer are set before another process has begun.
_WORTH_A_PROCESS = 100


def write_pdfs(documents: list[Facts], folder: Path) -> dict[str, bool]:
    """Writes `<invoice_id>.pdf` for each document into `folder`; by id, whether it is the same on every machine."""
    processes = min(os.cpu_count() or 1, len(documents) // _WORTH_A_PROCESS)
    if processes < 2:
        return dict(_write(documents, folder))
    parts = [documents[first::processes] for first in range(processes)]
    with ThreadPoolExecutor(processes) as threads:
        written = threads.map(lambda part: _write_elsewhere(part, folder), parts)
        return {name: portable for part in written for name, portable in part.items()}


def _write(documents: Iterable[Facts], folder: Path) -> Iterator[tuple[str, bool]]:
    typesetter = Typesetter()
    for facts in documents:
        pdf, portable = typesetter.pdf(facts)
        (folder / f"{facts['invoice_id']}.pdf").write_bytes(pdf)
        yield facts["invoice_id"], portable


def _write_elsewhere(documents: list[Facts], folder: Path) -> dict[str, bool]:
    """As `_write`, in a process of its own: facts go in and ids come out as JSON, a line each."""
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder)],
        input="\n".join(map(json.dumps, documents)),
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"setting documents failed: {done.stderr}")
    return dict(map(json.loads, done.stdout.splitlines()))


class Typesetter:
    """Sets documents one after the other; what they share is worked out once."""

    def __init__(self) -> None:
        self._compiler = typst.Compiler(TEMPLATE, ignore_system_fonts=True)

    @cached_property
    def _compiler_with_fonts_of_machine(self) -> typst.Compiler:
        return typst.Compiler(TEMPLATE)

    def pdf(self, facts: Facts) -> tuple[bytes, bool]:
        """The document of these facts, and whether it is the same on every machine."""
        if (pdf := _archival(self._compiler, facts)) is not None:
            return pdf, True
        if (pdf := _archival(self._compiler_with_fonts_of_machine, facts)) is not None:
            return pdf, False
        return self._compiler.compile(sys_inputs=_inputs(facts | {"notices": [*facts["notices"], _NOTICE]})), False


def _archival(compiler: typst.Compiler, facts: Facts) -> bytes | None:
    """None if the compiler's fonts lack a character: an archival document must show every one."""
    try:
        return compiler.compile(sys_inputs=_inputs(facts), pdf_standards=_STANDARDS)
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            return None
        raise


def _inputs(facts: Facts) -> dict[str, str]:
    return {"facts": json.dumps(facts, ensure_ascii=False)}


if __name__ == "__main__":
    for written in _write(map(json.loads, sys.stdin), Path(sys.argv[1])):
        print(json.dumps(written))
