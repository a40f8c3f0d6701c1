"""What a shell offers for values: through the program, as a shell asks it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.worlds import World


def offered(line: str, home: Path) -> list[str]:
    """What bash would offer at the end of a line."""
    words = f"counterfoil {line}"
    program = Path(sys.executable).with_name("counterfoil")
    environment = os.environ | {
        "_COUNTERFOIL_COMPLETE": "complete_bash",
        "COUNTERFOIL_HOME": str(home),
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    return subprocess.run([program], env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("quote --plan st", ["starter", "studio", "studio_usd"]),
        ("run --period 2026-0", ["2026-03", "2026-04", "2026-05"]),
        ("audit prove INV-2026-04-p", ["INV-2026-04-pilot-1"]),
        ("run --force --tenant p", ["pilot"]),
        ("aud", ["audit"]),
    ],
)
def test_values_of_the_home_are_offered(example: World, line: str, values: list[str]) -> None:
    assert offered(line, example.root) == values


def test_a_home_that_is_none_offers_nothing(tmp_path: Path) -> None:
    assert offered("quote --plan ", tmp_path / "none") == []
