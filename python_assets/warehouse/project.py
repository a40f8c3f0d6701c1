"""Where the dbt project lies, and what tells one version of it from another."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from python_assets import ingest, ledger

PROJECT = Path(__file__).parents[2]
_PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt")
_CODE = PROJECT / "python_assets"
_LIBRARIES = ("duckdb", "xlsxwriter", "jinja2", "typst")


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


@cache
def warehouse_fingerprint() -> str:
    """Of the rules, of how input is read and of the ledger's columns: with others, nothing that a warehouse holds is
    what it would be."""
    parts = (project_fingerprint(), ingest.version(), ledger.TABLES, ledger.SEALS)
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


@cache
def code_fingerprint() -> str:
    """SHA-256 over this package and the libraries that its files are made with."""
    digest = hashlib.sha256()
    for file in sorted(_CODE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(_CODE)).encode() + b"\0" + file.read_bytes() + b"\0")
    for name in _LIBRARIES:
        digest.update(f"{name} {_version(name)}\n".encode())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
