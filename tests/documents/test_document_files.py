"""Documents as files: what they need, that they stay as they were issued, and that many are none other than one."""

import re
from pathlib import Path

import pypdf
import pytest
from support.documents import HARBOUR, read, write
from support.issued import Issued, charge

from python_assets.documents import files, setting
from python_assets.home import Supplier


def test_a_page_needs_nothing_but_itself(tmp_path):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)])
    page = (write(issued, tmp_path) / f"{invoice_id}.html").read_text("utf-8")
    assert not re.search(r"<script|<link|<img|<iframe|url\(|@import|https?:|\bon\w+=", page)


def test_the_same_books_give_the_same_bytes(tmp_path):
    issued = Issued()
    for n in range(3):
        issued.add(f"t{n}", [charge(5000 + n)])
    first, second = write(issued, tmp_path / "a"), write(issued, tmp_path / "b")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
        assert path.stat().st_ino != (second / path.name).stat().st_ino


def test_a_pdf_is_archival_and_accessible(tmp_path):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)])
    reader = pypdf.PdfReader(write(issued, tmp_path) / f"{invoice_id}.pdf")
    metadata = reader.xmp_metadata.stream.get_data().decode()
    assert re.search(r"pdfaid:part\W+2", metadata)
    assert re.search(r"pdfuaid:part\W+1", metadata)
    assert (reader.metadata.title, reader.metadata.author) == (f"Tax invoice {invoice_id}", HARBOUR.name)
    assert f"{reader.metadata.creation_date:%Y-%m-%d}" == "2026-06-02"


@pytest.fixture
def issued() -> Issued:
    issued = Issued()
    issued.add("same", [charge(5000)])
    issued.add("changes", [charge(5000)])
    return issued


def taken_over(first: Path, second: Path) -> set[str]:
    return {path.name for path in second.iterdir() if path.samefile(first / path.name)}


def test_what_has_not_changed_is_linked_and_what_has_is_set_again(tmp_path, issued):
    first = write(issued, tmp_path / "a")
    issued.marts.execute("update billing.invoices set tenant_name = 'New Name' where tenant_id = 'changes'")
    second = write(issued, tmp_path / "b", tmp_path / "a")
    assert taken_over(first, second) == {"INV-2026-05-same-1.pdf", "INV-2026-05-same-1.html"}
    assert "New Name" in read(second, "INV-2026-05-changes-1").pdf
    assert "New Name" not in read(first, "INV-2026-05-changes-1").pdf


def test_another_supplier_changes_all(tmp_path, issued):
    first = write(issued, tmp_path / "a")
    moved = Supplier(HARBOUR.name, HARBOUR.abn, "Elsewhere", HARBOUR.email)
    assert taken_over(first, write(issued, tmp_path / "b", tmp_path / "a", moved)) == set()


@pytest.mark.parametrize("ending", ["pdf", "html"])
def test_what_somebody_changed_or_deleted_is_set_again(tmp_path, issued, ending):
    first = write(issued, tmp_path / "a")
    content = (first / f"INV-2026-05-same-1.{ending}").read_bytes()
    (first / f"INV-2026-05-same-1.{ending}").write_bytes(content.replace(b"5", b"6"))
    (first / f"INV-2026-05-changes-1.{ending}").unlink()
    second = write(issued, tmp_path / "b", tmp_path / "a")
    assert not any(path.samefile(first / path.name) for path in second.iterdir() if (first / path.name).exists())
    assert (second / f"INV-2026-05-same-1.{ending}").read_bytes() == content


def test_the_first_publication_has_none_before(tmp_path, issued):
    assert len(list(write(issued, tmp_path / "b", tmp_path / "nowhere").iterdir())) == 4


def test_many_are_shared_out_and_come_out_as_one_alone(tmp_path):
    many, one = Issued(), Issued()
    for n in range(5):
        last = many.add(f"t{n}", [charge(5000 + n)])
    one.add("t4", [charge(5004)])
    together, alone = write(many, tmp_path / "many"), write(one, tmp_path / "one")
    assert len(list(together.iterdir())) == 10
    assert (together / f"{last}.pdf").read_bytes() == (alone / f"{last}.pdf").read_bytes()


def test_however_few_are_set_at_a_time_none_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(setting, "_AT_ONCE", 1)
    monkeypatch.setattr(setting, "_AHEAD", 2)
    issued = Issued()
    ids = {issued.add(f"t{n}", [charge(5000 + n)] if n else []) for n in range(5)}
    folder = write(issued, tmp_path)
    assert {path.stem for path in folder.iterdir()} == ids


def test_other_processes_set_the_same_bytes_and_their_faults_are_told(tmp_path, issued, monkeypatch):
    alone = write(issued, tmp_path / "alone")
    monkeypatch.setattr(setting, "_MANY", 1)
    together = write(issued, tmp_path / "together")
    assert {path.name: path.read_bytes() for path in together.iterdir()} == {
        path.name: path.read_bytes() for path in alone.iterdir()
    }
    (tmp_path / "full" / "documents" / "INV-2026-05-same-1.pdf").mkdir(parents=True)
    with pytest.raises(RuntimeError, match="documents could not be set: IsADirectoryError"):
        write(issued, tmp_path / "full")


def test_another_template_sets_all_again(tmp_path, issued, monkeypatch):
    first = write(issued, tmp_path / "a")
    template = tmp_path / "invoice.typ"
    template.write_bytes(files._TEMPLATE.read_bytes() + b"// changed\n")
    monkeypatch.setattr(files, "_TEMPLATE", template)
    assert taken_over(first, write(issued, tmp_path / "b", tmp_path / "a")) == set()
