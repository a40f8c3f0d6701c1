"""What the scenarios run; of closes nothing but a note of what lay in the landing."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType, ModuleType]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import homes
    import scenarios
    import totals

    return homes, scenarios, totals


def test_one_cent_of_difference_is_told_with_its_tenant(modules):
    *_, totals = modules
    amounts = {"t-1": (100, 10, 110), "t-2": (200, 20, 220)}
    totals.check_equal({"floor": amounts, "close": dict(amounts)})
    with pytest.raises(totals.Disagreement, match=r"floor and close differ for 1 tenants .* t-2"):
        totals.check_equal({"floor": amounts, "close": amounts | {"t-2": (200, 21, 221)}})
    with pytest.raises(totals.Disagreement, match="t-3"):
        totals.check_equal({"floor": amounts, "close": amounts | {"t-3": (0, 0, 0)}})


def test_months_of_a_history_are_closed_as_they_arrive(modules, tmp_path):
    """Month 2 must not pay for files of month 25, which could not be there yet, nor month 25 for a backfill."""
    homes, scenarios, _ = modules
    closed = []

    class Noted(scenarios.Bench):
        def close(self, home: Path, first: str, last: str | None = None):
            landed = sorted(folder.name[-7:] for folder in home.glob("landing/metering/*"))
            closed.append((first, last or first, landed))

    size = homes.Size(tenants=2, deployments=2, rows=20, months=9, first="2024-11")
    bench = Noted(tmp_path, lambda _: None, is_warm=True)
    measured = [row.what for row in scenarios.history(bench, size)]
    assert measured == ["month 2", "month 5", "month 9"]
    months = size.periods
    assert closed == [
        ("2024-11", "2024-11", months[:1]),
        ("2024-12", "2024-12", months[:2]),
        ("2025-01", "2025-01", months[:3]),
        ("2025-02", "2025-02", months[:4]),
        ("2025-03", "2025-03", months[:5]),
        ("2025-04", "2025-05", months[:7]),
        ("2025-06", "2025-06", months[:8]),
        ("2025-07", "2025-07", months[:9]),
    ]


def test_a_home_is_generated_once_and_a_fresh_copy_leaves_it_alone(modules, tmp_path):
    homes, *_ = modules
    size = homes.Size(tenants=2, deployments=2, rows=20, plain=True)
    home = homes.generated(tmp_path, size)
    before = sorted(home.rglob("*"))
    assert {path.name for path in home.glob("landing/*")} == {"control_plane", "metering"}
    with homes.fresh(tmp_path, home) as copy:
        assert homes.read_all(copy) == homes.read_all(home) > 0
        (copy / "ledger").mkdir()
    assert not copy.exists()
    assert homes.generated(tmp_path, size) == home
    assert sorted(home.rglob("*")) == before


def test_publishing_again_takes_over_documents_and_nothing_else(modules, example, tmp_path):
    from contenders import publishing

    home = Path(shutil.copytree(example.root, tmp_path / "home", symlinks=True))

    def files() -> dict[str, int]:
        exports = (home / "published" / "exports").resolve()
        return {path.relative_to(exports).as_posix(): path.stat().st_ino for path in exports.rglob("*.*")}

    publishing.main(str(home), "anew")
    first = files()
    publishing.main(str(home), "again")
    second = files()
    assert first.keys() == second.keys()
    same = {name for name in first if first[name] == second[name]}
    assert same == {name for name in first if name.endswith((".pdf", ".html"))} != set()
