"""Opens delivered files as bytes or text: gzip, encodings, byte order marks, and their errors.

Knows nothing of records.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from orchestration.ingest.records import Unreadable

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1024 * 1024
# Text exports compress 3 to 50 times; beyond this a small file would fill the disk.
MAXIMUM_EXPANSION = 200
SMALL_ENOUGH = 64 * 1024 * 1024
MAXIMUM_LINE_CHARACTERS = 64 * 1024 * 1024
OTHER_ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1")


class Bounded(io.RawIOBase):
    """Bytes of an unpacked gzip stream, refused when they are out of proportion to the file."""

    def __init__(self, inner: BinaryIO, packed_size: int) -> None:
        self.inner = inner
        self.packed_size = packed_size
        self.unpacked_size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.inner.read(len(buffer))
        buffer[: len(data)] = data
        self.unpacked_size += len(data)
        limit = max(SMALL_ENOUGH, self.packed_size * MAXIMUM_EXPANSION)
        if self.unpacked_size > limit:
            raise Unreadable(
                f"Expected a gzip file that unpacks to at most {MAXIMUM_EXPANSION} times its "
                f"{self.packed_size:,} bytes, found more: deliver it unpacked if it is genuine."
            )
        return len(data)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked when it is gzip.

    Raises:
        Unreadable: the file is empty or its gzip stream is broken.
    """
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("Expected data, found an empty file (0 bytes): have it delivered again.")
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        if not is_packed:
            yield file
            return
        try:
            with gzip.open(file, "rb") as unpacked:
                yield io.BufferedReader(Bounded(cast(BinaryIO, unpacked), size), CHUNK)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(
                f"Expected a whole gzip file, found a damaged one ({error}): "
                "have it delivered again."
            ) from None


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """The text of a file without its byte order mark; line ends stay as they are.

    Raises:
        Unreadable: as `open_bytes`, or bytes that are not text in the declared encoding.
    """
    try:
        with open_bytes(path) as data:
            start = data.peek(3)[:3] if isinstance(data, io.BufferedReader) else b""
            is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
            if start == codecs.BOM_UTF8 and not is_utf8:
                raise Unreadable(
                    f"Expected text in {encoding} as declared, found the byte order mark of "
                    "utf-8: declare `encoding: utf-8`."
                )
            text = io.TextIOWrapper(data, "utf-8-sig" if is_utf8 else encoding, newline="")
            try:
                yield text
            finally:
                text.detach()
    except UnicodeEncodeError:
        raise
    except UnicodeError:
        raise Unreadable(_decoding_sentence(path, encoding)) from None


def lines_of(text: io.TextIOBase) -> Iterator[str]:
    """Lines with their ends.

    Raises:
        Unreadable: a line so long that the file is no text of lines.
    """
    while line := text.readline(MAXIMUM_LINE_CHARACTERS + 1):
        if len(line) > MAXIMUM_LINE_CHARACTERS:
            raise Unreadable(
                f"Expected lines of at most {MAXIMUM_LINE_CHARACTERS:,} characters, found a "
                "longer one: check that the file is the text format that is declared."
            )
        yield line


def first_undecodable_byte(path: Path, encoding: str) -> int | None:
    """Offset (0-based, in the unpacked bytes) of the first byte that is not text, or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    fed = 0
    with open_bytes(path) as data:
        while True:
            chunk = data.read(CHUNK)
            held = len(cast(bytes, decoder.getstate()[0]))
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return fed - held + error.start
            except UnicodeError:
                return fed
            fed += len(chunk)
            if not chunk:
                return None


def escaped_path(path: Path) -> str:
    """The path as a pattern that matches nothing but itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def _decoding_sentence(path: Path, encoding: str) -> str:
    offset = first_undecodable_byte(path, encoding)
    others = [
        name
        for name in OTHER_ENCODINGS
        if codecs.lookup(name) != codecs.lookup(encoding) and _plausible(path, name)
    ]
    found = f"byte {offset:,}" if offset is not None else "a byte"
    return (
        f"Expected text in {encoding} as declared, found {found} (0-based) that is none: "
        f"the file can be read as {' or '.join(others) or 'no usual encoding'}; "
        "correct `encoding` or have the file delivered again."
    )


def _plausible(path: Path, encoding: str) -> bool:
    if encoding == "utf-16":
        with open_bytes(path) as data:
            if data.read(2) not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return False
    return first_undecodable_byte(path, encoding) is None
