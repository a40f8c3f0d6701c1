"""What a survey says of text does not depend on where its blocks end."""

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_assets.errors import UserError
from python_assets.ingest.files import BLOCK, LandingFile, Survey, survey

PIECES = st.lists(
    st.sampled_from([b"a", b",", b"\n", b"\r\n", b"\r", b'"', "é".encode(), "漢".encode(), b"\xc3"]), max_size=9
)


def survey_of(path: Path, content: bytes) -> Survey:
    path.write_bytes(content)
    return survey(LandingFile("metering", "metering", date(2026, 1, 1), path.name, path, "csv"))


def expected(content: bytes) -> Survey:
    """The same by looking at all of the text at once."""
    body = content.rstrip(b"\r\n")
    breaks, pairs, returns = content.count(b"\n"), content.count(b"\r\n"), content.count(b"\r")
    at_end = content[len(body) :].count(b"\n")
    is_plain = (
        b'"' not in content
        and returns == pairs
        and returns in (0, breaks)
        and not re.search(rb"\n\r?\n", body)
        and body[:1] not in (b"\n", b"\r")
    )
    lines = breaks - at_end + 1
    return Survey(hashlib.sha256(content).hexdigest(), True, is_plain, lines, max(at_end - 1, 0))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=PIECES, after=PIECES, shift=st.integers(-6, 6), crlf=st.booleans())
def test_a_survey_is_the_same_wherever_blocks_end(tmp_path, before, after, shift, crlf):
    head = b"h\r\n" if crlf else b"h\n"
    piece = b"".join(before)
    content = head + b"x" * (BLOCK - len(head) - len(piece) + shift) + piece + b"".join(after) + b"x\n"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(UserError, match=f"line {content.count(10, 0, error.start) + 1}$"):
            survey_of(tmp_path / "a.csv", content)
        return
    assert survey_of(tmp_path / "a.csv", content) == expected(content)


def test_a_line_longer_than_a_block_is_not_bounded(tmp_path):
    assert not survey_of(tmp_path / "a.csv", b"h\n" + b"x" * 3 * BLOCK + b"\n").is_bounded
