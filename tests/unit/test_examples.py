"""The example home is what its generator makes: whoever changes one must change the other."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

from support.worlds import EXAMPLE_CLOSES

EXAMPLES = Path(__file__).parents[2] / "examples"
MAKEFILE = EXAMPLES.parent / "Makefile"


def contents(folder: Path) -> dict[str, bytes]:
    """Files by name; compressed ones by their content, which does not depend on the version of zlib."""
    return {
        str(path.relative_to(folder)): gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "README.md"
    }


def test_the_generator_makes_the_committed_home(tmp_path):
    subprocess.run([sys.executable, str(EXAMPLES / "generate.py"), str(tmp_path)], check=True, capture_output=True)
    made, committed = contents(tmp_path), contents(EXAMPLES / "home")
    assert made.keys() == committed.keys()
    assert [name for name in made if made[name] != committed[name]] == []


def test_the_example_home_is_small():
    assert sum(path.stat().st_size for path in (EXAMPLES / "home").rglob("*") if path.is_file()) < 3_000_000


def test_the_demo_closes_each_month_on_the_2nd_of_the_next_as_the_tests_do():
    closes = re.findall(r"--period (\S+) --as-of (\S+)", MAKEFILE.read_text("utf-8"))
    assert tuple(closes) == EXAMPLE_CLOSES == tuple((f"2026-0{m}", f"2026-0{m + 1}-02") for m in (3, 4, 5))
