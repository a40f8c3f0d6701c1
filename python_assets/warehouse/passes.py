"""dbt's passes over the warehouse, in this process.

A pass is a tag (dbt_project.yml): `foundation` once per version of the project, `expected` before a month is sealed,
`books` after. Which models belong to it is dbt's to say.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.progress import tell
from python_assets.warehouse.database import release
from python_assets.warehouse.large_inputs import hint
from python_assets.warehouse.made import forget, holdings, note
from python_assets.warehouse.project import PROJECT
from python_assets.warehouse.recording import NodeResult, Recorded, Recordings, recorded, replay

FOUNDATION, EXPECTED, BOOKS = "foundation", "expected", "books"
_IN_WORDS = {
    FOUNDATION: "making reference data",
    EXPECTED: "deriving what should be invoiced",
    BOOKS: "making the books",
}
_RESTS_ON_IT = {FOUNDATION: (EXPECTED, BOOKS), EXPECTED: (BOOKS,), BOOKS: ()}


class PassFailed(UserError):
    """dbt could not build a pass, or one of its tests failed: nothing after it may run."""


class Dbt:
    """The project parsed once, run as often as wanted on one home."""

    # The project is the same for every home, so one process parses it once, and runs each pass by dbt once at most.
    _parsed: ClassVar[Any] = None
    _manifest: ClassVar[dict[str, Any] | None] = None
    _recorded: ClassVar[dict[str, list[Recorded]]] = {}

    def __init__(self, home: Home):
        self._home = home

    @property
    def target(self) -> Path:
        return self._home.dagster / "dbt"

    @property
    def manifest(self) -> dict[str, Any]:
        """The project as dbt writes it to `manifest.json`."""
        if Dbt._manifest is None:
            recordings = Recordings(self._shared)
            Dbt._manifest = recordings.manifest()
            if Dbt._manifest is None:
                from dbt.utils import JSONEncoder

                # Not read back from a file: another process on this home may be writing it.
                document = self._parse().writable_manifest().to_dict(omit_none=False)
                Dbt._manifest = json.loads(json.dumps(document, cls=JSONEncoder))
                recordings.keep_manifest(Dbt._manifest)
        return Dbt._manifest

    @property
    def tables_by_month(self) -> list[str]:
        """`schema.table` of the models that keep months from run to run (macros/engine/materializations.sql)."""
        return [
            f"{node['schema']}.{node['alias']}"
            for node in self.manifest["nodes"].values()
            if node["config"].get("materialized") == "kept" and node["config"].get("made_by") == "period"
        ]

    def _parse(self) -> Any:
        if Dbt._parsed is None:
            result = self._parse_project()
            if not result.success:
                raise PassFailed(f"dbt cannot read the project: {result.exception}")
            Dbt._parsed = result.result
        return Dbt._parsed

    def _parse_project(self) -> Any:
        """Parsed always for the same warehouse: then dbt reads again only what has changed since any home last parsed
        it."""
        return _invoke(["parse", "--no-write-json"], None, self._shared, Path("warehouse.duckdb"))

    @property
    def _shared(self) -> Path:
        """What all homes can share: beside the project where that can be written."""
        return PROJECT / "target" if os.access(PROJECT, os.W_OK) else self.target

    def run_pass(self, name: str, on_result: Callable[[NodeResult], None] = lambda _: None) -> list[NodeResult]:
        """Builds and tests the models of a pass; PassFailed names what failed. Results in order of completion.

        dbt runs it the first time; later ones execute what dbt ran (recording.py).
        """
        tell(_IN_WORDS[name])
        recordings = Recordings(self._shared)
        recording = Dbt._recorded.get(name) or recordings.of(name)
        if recording:
            Dbt._recorded[name] = recording
            if (results := replay(self._home, recording, on_result)) is not None:
                return results
        selection = ["--select", f"tag:{name}", "--exclude", "tag:deep", "--exclude-resource-type", "unit_test"]
        entries = self._run(name, ["build", *selection, "--no-write-json"])
        results = [_node_result(entry) for entry in entries]
        for result in results:
            on_result(result)
        Dbt._recorded[name] = recorded([entry.node for entry in entries])
        recordings.keep(name, Dbt._recorded[name])
        return results

    def test(self, selection: str) -> list[NodeResult]:
        """Runs tests without building anything, unit tests and deep ones too; PassFailed names what failed."""
        return [_node_result(entry) for entry in self._run(selection, ["test", "--select", selection])]

    def _run(self, name: str, arguments: list[str]) -> list[Any]:
        release(self._home)
        # Without a copy of its own, a manifest does not survive a second invocation.
        result = _invoke(arguments, self._parse().deepcopy(), self.target, self._home.warehouse)
        if result.exception and not isinstance(result.exception, Exception):
            raise result.exception  # An interrupt, which dbt takes for a result.
        entries = list(getattr(result.result, "results", []))
        failed = [r for r in map(_node_result, entries) if not r.is_good and r.status != "skipped"]
        if failed or not result.success:
            failure = _failure(name, failed, result.exception)
            raise PassFailed("\n".join(filter(None, [failure, hint(self._home, failure)])))
        return entries


def _listen_to_warnings_only() -> None:
    """dbt makes a message of every event before it asks who reads it: a sixth of the time of a node, for nobody."""
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    class WarningsOnly(EventManager):
        def fire_event(self, e: Any, level: Any = None, node: Any = None, **options: Any) -> None:
            if self.loggers or any(options.values()) or (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
                super().fire_event(e, level=level, node=node, **options)

    if type(get_event_manager()).__name__ != WarningsOnly.__name__:
        ctx_set_event_manager(WarningsOnly())


def _invoke(arguments: list[str], manifest: Any, target: Path, warehouse: Path) -> Any:
    """Runs dbt in this process over a warehouse; what it writes besides goes to `target`."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    _listen_to_warnings_only()
    target.mkdir(parents=True, exist_ok=True)
    flags = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    flags += ["--log-path", str(target), "--log-level", "none", "--log-level-file", "none"]
    flags += ["--no-print", "--quiet"]
    with _environment(COUNTERFOIL_WAREHOUSE=str(warehouse)):
        try:
            return dbtRunner(manifest=manifest).invoke([*arguments, *flags])
        finally:
            # In process the adapter would keep the database's lock, and nobody else could open it.
            DuckDBConnectionManager.close_all_connections()


def ensure(
    home: Home, dbt: Dbt, name: str, made_of: str, on_result: Callable[[NodeResult], None] = lambda _: None
) -> bool:
    """Builds a pass unless it was last made of the same; whether it was built. Results are those of then."""
    made = holdings(home).passes.get(name)
    if made and made.of == made_of:
        for result in made.results:
            on_result(result)
        return False
    forget(home, name, *_RESTS_ON_IT[name])
    note(home, name, made_of, dbt.run_pass(name, on_result))
    return True


def _node_result(entry: Any) -> NodeResult:
    return NodeResult(
        unique_id=entry.node.unique_id,
        status=str(entry.status),
        seconds=round(entry.execution_time, 3),
        message=entry.message or "",
        failures=entry.failures,
    )


def _failure(name: str, bad: list[NodeResult], exception: BaseException | None) -> str:
    lines = [f"  {entry.unique_id}: {entry.status}: {entry.message.strip()}" for entry in bad]
    if exception and not bad:
        lines.append(f"  {exception}")
    return "\n".join([f"the models of the pass '{name}' could not be built, so nothing was published:", *lines])


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
