"""The body of an answer, read and decompressed within bounds."""

import zlib
from collections.abc import Iterable

from python_assets.bounded_http.outcomes import BrokenOff, TooLarge

_ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def read_body(blocks: Iterable[bytes], encoding: str, most_bytes: int) -> tuple[bytes, str | None]:
    """A body after decompression, and what is wrong with it; TooLarge beyond `most_bytes`, BrokenOff if it is cut.

    Decompressed bit by bit: a block of a few kilobytes may hold gigabytes. Other encodings than these were not asked
    for.
    """
    encoding = encoding.strip().lower()
    content, length = bytearray(), 0
    if encoding not in ("", "identity", *_ENCODINGS):
        return b"", "is compressed in a way that was not asked for"
    decoder = zlib.decompressobj(_ENCODINGS[encoding]) if encoding in _ENCODINGS else None
    try:
        for block in blocks:
            length += len(block)
            content += decoder.decompress(block, most_bytes - len(content) + 1) if decoder else block
            if max(length, len(content)) > most_bytes:
                raise TooLarge
    except zlib.error:
        raise BrokenOff from None
    if decoder and length and not decoder.eof:
        raise BrokenOff
    return bytes(content), None
