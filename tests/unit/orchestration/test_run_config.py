"""What a run may be asked for in the UI: how its month is closed, and never which folder it works on."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._config import ConfigType

from orchestration.build import build_definitions
from python_assets.home import Home


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[dg.JobDefinition]:
    """Every job, also the one that the UI makes of a selection of assets."""
    return build_definitions(Home(tmp_path_factory.mktemp("home"))).get_repository_def().get_all_jobs()


def test_the_folder_of_a_run_cannot_be_chosen(jobs: list[dg.JobDefinition]) -> None:
    close = next(job for job in jobs if job.name == "monthly_close")
    assert dg.validate_run_config(close, {"resources": {"close": {"config": {"force": True}}}})
    for resource, setting in (
        ("home", "root"),
        ("home", "wait_seconds"),
        ("unlocked_home", "root"),
        ("io_manager", "base_dir"),
    ):
        with pytest.raises(dg.DagsterInvalidConfigError, match=setting):
            dg.validate_run_config(close, {"resources": {resource: {"config": {setting: "elsewhere"}}}})


def test_every_setting_of_a_run_is_known(jobs: list[dg.JobDefinition]) -> None:
    assert {job.name for job in jobs} == {"__ASSET_JOB", "monthly_close", "provider_balance", "provider_invoices"}
    settings = {
        path
        for job in jobs
        for path in _settings(job.run_config_schema.run_config_schema_type)
        # Assets have no settings of their own, and read nothing that is given there.
        if not path.startswith("ops.")
    }
    assert settings == {
        "execution.config.marker_to_close",  # a mark in the log, no file
        "execution.config.retries",
        "execution.config.step_dependency_config.require_upstream_step_success",
        "loggers.console.config.log_level",
        "loggers.console.config.name",
        *(f"resources.close.config.{name}" for name in ("accept_missing", "as_of", "draft", "force", "tenants")),
        "resources.close.config.since",
        "resources.close.config.through",
    }


def _settings(config_type: ConfigType, path: str = "") -> Iterator[str]:
    """The dotted paths of all single values in a configuration."""
    if hasattr(config_type, "fields") and config_type.kind.name != "SELECTOR":
        for name, field in config_type.fields.items():
            yield from _settings(field.config_type, f"{path}.{name}".removeprefix("."))
    else:
        yield path
