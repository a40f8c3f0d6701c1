"""Where the dbt project lies, and what tells one version of it from another."""

import hashlib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt")


@cache
def project_fingerprint() -> str:
    """SHA-256 over the files of the dbt project: with other rules, every month is made again."""
    digest = hashlib.sha256()
    for part in _PARTS:
        path = PROJECT / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(PROJECT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
