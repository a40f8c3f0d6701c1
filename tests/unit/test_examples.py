"""The example home is what its generator makes: whoever changes one must change the other."""

import gzip
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


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
