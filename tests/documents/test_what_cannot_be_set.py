"""A document that cannot be set as it should be falls back and is reported: an issued invoice cannot be taken back."""

import re
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import pypdf
import pytest
from support.documents import HARBOUR, read, write
from support.issued import MAY, Issued, charge

from python_assets.documents import document_problems, setting
from python_assets.documents.facts import documents_of
from python_assets.documents.pdf import BOXES, LEFT_OUT, NO_PDF, Typesetter
from python_assets.documents.words import clean
from python_assets.home import Supplier

# A ligature that ends in U+FEFF: no archival PDF may name that character.
REFUSED = "fi\ufeff"
NOTICE = "Some characters cannot be shown here"


def is_archival(folder: Path, invoice_id: str) -> bool:
    metadata = pypdf.PdfReader(folder / f"{invoice_id}.pdf").xmp_metadata
    return bool(metadata and re.search(r"pdfaid:part\W+2", metadata.stream.get_data().decode()))


def problems(folder: Path) -> list[tuple[str, str, str]]:
    """(tenant, field, problem) of each."""
    return [(entry["tenant_id"], entry["field"], entry["problem"]) for entry in document_problems(folder.parent)]


@pytest.mark.parametrize(
    ("field", "invoice", "line", "supplier"),
    [
        ("tenant's name", {"tenant_name": REFUSED}, {}, {}),
        ("tenant's e-mail", {"tenant_email": REFUSED}, {}, {}),
        ("name of deployment d-one", {}, {"deployment_name": REFUSED}, {}),
        ("description of line 1 of d-one", {}, {"description": f"Campaign: {REFUSED}"}, {}),
        ("supplier's name", {}, {}, {"name": REFUSED}),
        ("supplier's address", {}, {}, {"address": f"Level 2\n{REFUSED}"}),
        ("supplier's e-mail", {}, {}, {"email": REFUSED}),
    ],
)
def test_a_character_that_no_archival_pdf_may_hold_is_left_out(tmp_path, field, invoice, line, supplier):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000, **line)], **invoice)
    folder = write(issued, tmp_path, supplier=Supplier(**{**vars(HARBOUR), **supplier}))
    assert is_archival(folder, invoice_id)
    document = read(folder, invoice_id)
    assert "fi" in document.pdf
    assert "\ufeff" not in document.pdf
    assert "\ufeff" in document.page
    assert NOTICE not in document.pdf
    assert problems(folder) == [("pilot", field, f"{LEFT_OUT}: U+FEFF")]


def test_a_reader_is_told_of_characters_that_might_be_missed(tmp_path):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)], tenant_name="Pri\ue000vate")
    folder = write(issued, tmp_path)
    assert is_archival(folder, invoice_id)
    assert "Private" in read(folder, invoice_id).pdf
    assert NOTICE in read(folder, invoice_id).pdf
    assert problems(folder) == [("pilot", "tenant's name", f"{LEFT_OUT}: U+E000")]


def test_what_no_font_has_is_not_archival_and_the_text_at_fault_is_named(tmp_path):
    issued = Issued()
    issued.add("fine", [charge(5000, deployment_name="Zoë \u200d")])
    invoice_id = issued.add("pilot", [charge(5000, deployment_name="Zoë")], tenant_name="\U0001f9ff\U00012345")
    folder = write(issued, tmp_path)
    assert not is_archival(folder, invoice_id)
    assert NOTICE in read(folder, invoice_id).pdf
    assert problems(folder) == [("pilot", "tenant's name", BOXES)]
    [entry] = document_problems(tmp_path)
    assert (entry["invoice_id"], entry["text"]) == (invoice_id, "\\U0001f9ff\\U00012345")


def test_documents_without_a_problem_have_no_list_of_them(tmp_path):
    issued = Issued()
    issued.add("pilot", [charge(5000)], tenant_name="Zoë")
    assert {path.suffix for path in write(issued, tmp_path).iterdir()} == {".pdf", ".html"}


def test_a_problem_is_reported_again_with_every_publication(tmp_path):
    issued = Issued()
    issued.add("pilot", [charge(5000)], tenant_name=REFUSED)
    first = problems(write(issued, tmp_path / "a"))
    assert problems(write(issued, tmp_path / "b", tmp_path / "a")) == first


class _Panic(BaseException):
    """As the typesetter's own panics, which are no Exception."""


def test_where_no_pdf_can_be_made_at_all_the_page_is_there_alone(tmp_path, monkeypatch):
    issued = Issued()
    first, last = issued.add("a", [charge(5000)], tenant_name="bad"), issued.add("b", [charge(5000)])
    compiled = Typesetter._compiled

    class Panicking:
        def compile(self, *_: object, **__: object) -> bytes:
            raise _Panic

    def compile_unless_bad(self: Typesetter, facts, *options, **more):
        if facts["buyer"]["name"] == "bad":
            self._compilers = {False: Panicking(), True: Panicking()}
        return compiled(self, facts, *options, **more)

    monkeypatch.setattr(Typesetter, "_compiled", compile_unless_bad)
    folder = write(issued, tmp_path)
    assert {path.name for path in folder.iterdir()} == {f"{first}.html", f"{last}.html", f"{last}.pdf", "problems.json"}
    assert problems(folder) == [("a", "document", NO_PDF)]


FRAGILE = """
import json, os, sys
from pathlib import Path
from python_assets.documents.setting import set_here

job = json.loads(sys.stdin.readline())
for line in sys.stdin:
    if "kills" in line:
        os._exit(1)
    answer = {"problems": set_here(json.loads(line), Path(job["folder"]), job["made_by"].encode())}
    print(json.dumps(answer), flush=True)
"""


def test_a_document_that_ends_its_process_takes_no_other_along(tmp_path, monkeypatch):
    (tmp_path / "fragile.py").write_text(FRAGILE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    begin = setting.begin
    monkeypatch.setattr(setting, "begin", lambda _: begin("fragile"))
    monkeypatch.setattr(setting, "_MANY", 1)
    issued = Issued()
    ids = [issued.add(f"t{n}", [charge(5000)], tenant_name="kills" if n == 1 else "fine") for n in range(4)]
    folder = write(issued, tmp_path / "month")
    assert {path.stem for path in folder.glob("*.pdf")} == {*ids} - {ids[1]}
    assert {path.stem for path in folder.glob("*.html")} == {*ids}
    assert problems(folder) == [("t1", "document", NO_PDF)]


def test_not_every_text_of_a_long_document_is_looked_for(tmp_path):
    issued = Issued()
    issued.add("pilot", [charge(1, description=f"\U0001f9ff {n}") for n in range(60)])
    assert [problem for _, _, problem in problems(write(issued, tmp_path))] == [BOXES] * 10


@pytest.mark.slow
def test_no_character_stops_a_document(monkeypatch):
    """Each behind a ligature, all of Unicode but for most of its ideographs, private and unassigned places."""
    monkeypatch.setattr(Typesetter, "_at_fault", lambda *_: [])
    typesetter, kinds = Typesetter(), defaultdict(list)
    for point in (*range(0x20, 0xD800), *range(0xE000, 0x110000)):
        kinds[unicodedata.category(chr(point))].append(point)
    for kind in ("Lo", "Co", "Cn"):
        kinds[kind] = kinds[kind][::97]
    issued = Issued()
    issued.add("pilot", [charge(5000)])
    [facts] = documents_of(issued.marts, MAY, HARBOUR)
    [section] = facts["sections"]
    for points in kinds.values():
        for start in range(0, len(points), 400):
            texts = [clean(f"ffi{chr(point)}x") for point in points[start : start + 400]]
            lines = [section["lines"][0] | {"description": text} for text in texts]
            assert typesetter.set(facts | {"sections": [section | {"lines": lines}]}).pdf, points[start]
