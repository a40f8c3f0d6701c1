"""The guides under docs/ as their readers take them: block after block in a real shell, in one folder.

In a guide's Markdown

- a ```sh block is run by bash, which stops at the first error; `exit=3` behind `sh` says that it ends with that status;
- a ```python block is run by Python, or with `file=NAME` behind `python` saved under that name;
- a ```text block is what the block above it prints, standard error included. In it, `1f3c…` (any four hex digits)
  stands for a whole hash, `1f3c5a79…` (any eight) for one that is printed cut, `…` for any text, and a line of nothing
  but `…` for any lines;
- a ```console block is for the reader alone: it needs a browser, a service or the network.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.pages import ROOT

GUIDES = ROOT / "docs"
_BLOCK = re.compile(r"^```(?P<info>\S[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 300  # a bound, not what is expected
# What a reader's shell would keep from one block to the next: its folder and what is exported.
_SHELL = r"""
state=$0
[ ! -e "$state" ] || . "$state"
trap 'status=$?; { declare -px; printf "cd %q\n" "$PWD"; } >"$state"; exit $status' EXIT
"""


@dataclass
class Block:
    """A fenced block: its language, what stands behind that, its text, and what a reader is shown of its output."""

    page: Path
    line: int
    language: str
    options: dict[str, str]
    text: str
    shown: str | None = None

    def __str__(self) -> str:
        return f"docs/{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that run, in order, each with the output that is shown of it."""
    text, found = page.read_text("utf-8"), []
    for match in _BLOCK.finditer(text):
        language, *words = match["info"].split()
        line = text.count("\n", 0, match.start()) + 1
        if language == "text":
            if not found or found[-1].shown is not None:
                raise ValueError(f"docs/{page.name}:{line}: output of which block?")
            found[-1].shown = match["body"]
        elif language in ("sh", "python"):
            options = dict(word.split("=", 1) for word in words)
            found.append(Block(page, line, language, options, match["body"]))
    return found


def follow(page: Path, folder: Path) -> None:
    """Does what a page says in `folder`; AssertionError names the block that does not do what is shown."""
    state = folder.with_name(folder.name + ".state")
    state.unlink(missing_ok=True)
    for block in blocks(page):
        if name := block.options.get("file"):
            (folder / name).write_text(block.text, "utf-8")
            continue
        status, printed = _run(block, folder, state)
        told = f"{block}\n{block.text}\nended with status {status} and printed\n{printed}"
        assert status == int(block.options.get("exit", 0)), told
        assert block.shown is None or fits(block.shown, printed), f"{told}\nbut shown is\n{block.shown}"


def _run(block: Block, folder: Path, state: Path) -> tuple[int, str]:
    if block.language == "python":
        command = [sys.executable, "-c", block.text]
    else:
        command = ["bash", "-euo", "pipefail", "-c", _SHELL + block.text, str(state)]
    ended = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    return ended.returncode, ended.stdout


def _environment() -> dict[str, str]:
    """That of a new user: this project's commands on the path, no home named, no service known."""
    ours = ("COUNTERFOIL_", "DIGITALOCEAN_", "FINANCE_", "DAGSTER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }


def fits(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown; spaces at ends of lines do not count."""
    pattern = "".join(_line_pattern(line) for line in _lines(shown))
    return re.fullmatch(pattern, "".join(line + "\n" for line in _lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").split("\n")]


def _line_pattern(line: str) -> str:
    if line == "…":
        return r"(?:.*\n)*?"
    hashed = re.sub(r"\b[0-9a-f]{4}…", "\0", re.sub(r"\b[0-9a-f]{8}…", "\1", line))
    pattern = re.escape(hashed).replace("\0", "[0-9a-f]{64}").replace("…", ".+")
    return pattern.replace("\1", "[0-9a-f]{8}…") + r"\n"
