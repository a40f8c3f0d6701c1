"""The SQL of a pass, as dbt once ran it, and running it again without dbt.

Nothing that differs from month to month, or from home to home, is in a model's SQL: it reads the run as data. So dbt
compiles a pass once for a version of the project and writes what it ran (`target/run/`); every later pass executes that
same text, each node after those that it needs, with the same tests. That takes a quarter of dbt's time, which is mostly
spent on making the same text again. Recordings are no state: without one, dbt runs.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_assets.home import Home
from python_assets.memory import lent
from python_assets.warehouse.database import connect
from python_assets.warehouse.project import PROJECT, project_fingerprint

_LIBRARIES = ("dbt-core", "dbt-duckdb", "duckdb")
_FORMAT = "2"  # of a recording
_AT_ONCE = min(4, os.cpu_count() or 1)  # nodes: each may take much memory


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node: status is dbt's (`success`, `pass`, `warn`, `fail`, `error`, `skipped`)."""

    unique_id: str
    status: str
    seconds: float
    message: str
    failures: int | None

    @property
    def is_good(self) -> bool:
        return self.status in ("success", "pass", "warn")


@dataclass(frozen=True)
class Recorded:
    """One node of a pass: its id, the schema of what it makes (None for a test), what dbt ran for it, and the ids of
    the pass's nodes that must be there before."""

    unique_id: str
    schema: str | None
    sql: str
    needs: list[str]

    @cached_property
    def statements(self) -> list[duckdb.Statement]:
        """`sql`, parsed once for all months of a process: of a small month's models that is a tenth."""
        with lent() as connection:
            return connection.extract_statements(self.sql)


def replay(home: Home, recording: list[Recorded], on_result: Callable[[NodeResult], None]) -> list[NodeResult] | None:
    """Runs a recorded pass on a home; None if anything went wrong, for dbt to run it again and say what.

    As dbt would, as many nodes at a time as there are processors: most are too small to be worth two of them.
    """
    # Written through to the disk once, at the end, and not in the middle of some node.
    settings = {**_settings(), "checkpoint_threshold": "1TB"}
    with connect(home) as connection:
        for name, value in settings.items():
            connection.execute(f"set global {name} = '{value}'")
        for schema in sorted({node.schema for node in recording if node.schema}):
            connection.execute(f"create schema if not exists {schema}")
        try:
            found = _run_all(connection, {node.unique_id: node for node in recording})
        except duckdb.Error:
            return None
        finally:
            with suppress(duckdb.Error):  # It has given up the whole database: dbt will say why.
                for name in settings:
                    connection.execute(f"reset global {name}")
    results = [found[node.unique_id] for node in recording if node.unique_id in found]
    if len(results) < len(recording) or not all(result.is_good for result in results):
        return None
    for result in results:
        on_result(result)
    return results


def _run_all(connection: duckdb.DuckDBPyConnection, nodes: dict[str, Recorded]) -> dict[str, NodeResult]:
    """Results by node, up to one that is not good."""
    order = TopologicalSorter({name: node.needs for name, node in nodes.items()})
    order.prepare()
    results: dict[str, NodeResult] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running: dict[Future[NodeResult], duckdb.DuckDBPyConnection] = {}
        try:
            while order.is_active():
                for name in order.get_ready():
                    cursor = connection.cursor()
                    running[pool.submit(_run, cursor, nodes[name])] = cursor
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[future]
                    result = future.result()
                    results[result.unique_id] = result
                    if not result.is_good:
                        return results
                    order.done(result.unique_id)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            _stop(running)
    return results


def _stop(running: dict[Future[NodeResult], duckdb.DuckDBPyConnection]) -> None:
    """Ends what is left: whoever stops a run does not wait for what it is doing, nor for what it was about to do."""
    for future, cursor in running.items():
        if future.cancelled():
            cursor.close()
    left = {future for future in running if not future.cancelled()}
    while left:  # A cursor that is between two statements does not hear of it.
        for future in left:
            with suppress(duckdb.ConnectionException):  # It has ended since.
                running[future].interrupt()
        left = wait(left, timeout=0.05).not_done


def _run(cursor: duckdb.DuckDBPyConnection, node: Recorded) -> NodeResult:
    """Runs a node and closes the cursor: one that is left open would keep the database open."""
    begun = time.perf_counter()
    with cursor:
        cursor.execute("begin")
        for statement in node.statements:
            cursor.execute(statement)
        rows = cursor.fetchall()
        cursor.execute("commit")
    seconds = round(time.perf_counter() - begun, 3)
    if node.schema:
        return NodeResult(node.unique_id, "success", seconds, "", None)
    failures, should_warn, should_error = rows[0]
    status = "fail" if should_error else "warn" if should_warn else "pass"
    return NodeResult(node.unique_id, status, seconds, "", failures)


def recorded(nodes: list[Any]) -> list[Recorded]:
    """What dbt ran for nodes (of its results, all of them good), in their order."""
    in_pass = {node.unique_id for node in nodes}
    return [
        Recorded(
            node.unique_id,
            None if node.resource_type == "test" else node.schema,
            (PROJECT / node.build_path).read_text("utf-8"),
            sorted(in_pass.intersection(node.depends_on_nodes)),
        )
        for node in nodes
    ]


class Recordings:
    """What one version of the project, under one version of the libraries, is and runs: a JSON file each."""

    def __init__(self, folder: Path):
        self._folder = folder / "recordings"

    def of(self, name: str) -> list[Recorded] | None:
        """The recording of a pass, if there is one."""
        entries = _read(self._path(name))
        return None if entries is None else [Recorded(**entry) for entry in entries]

    def keep(self, name: str, recording: list[Recorded]) -> None:
        self._write(name, [asdict(entry) for entry in recording])

    def manifest(self) -> dict[str, Any] | None:
        """The project as dbt parsed it, if it ever did."""
        return _read(self._path("manifest"))

    def keep_manifest(self, manifest: dict[str, Any]) -> None:
        self._write("manifest", manifest)

    def _write(self, name: str, document: Any) -> None:
        """In one step, and then nothing of earlier versions is kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(name)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(document), "utf-8")
        draft.replace(path)
        for other in self._folder.glob(f"{name}-*.json"):
            if other != path:
                other.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{_version()}.json"


def _read(path: Path) -> Any | None:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


@cache
def _version() -> str:
    parts = [_FORMAT, str(PROJECT), project_fingerprint(), *(f"{name} {version(name)}" for name in _LIBRARIES)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _settings() -> dict[str, Any]:
    """How dbt opens the warehouse, but for what is the same for all who do (database.py)."""
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text("utf-8"))["counterfoil"]
    settings = profile["outputs"][profile["target"]]["settings"]
    return {name: value for name, value in settings.items() if name != "memory_limit"}
