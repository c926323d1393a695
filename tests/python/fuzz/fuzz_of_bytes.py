"""What can be wrong with the bytes of a file, whatever its format; nobody knows what is left."""

from __future__ import annotations

import gzip
import io
import zipfile

from fuzz_drawn import Drawn

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp037")


def flip_bytes(drawn: Drawn) -> None:
    data = bytearray(drawn.content)
    for _ in range(drawn.dice.choice([1, 1, 3, 30]) if data else 0):
        data[drawn.dice.randrange(len(data))] = drawn.dice.randrange(256)
    drawn.content = bytes(data)


def cut_off(drawn: Drawn) -> None:
    drawn.content = drawn.content[: drawn.dice.randrange(len(drawn.content) + 1)]


def cut_out(drawn: Drawn) -> None:
    a, b = sorted(drawn.dice.randrange(len(drawn.content) + 1) for _ in range(2))
    drawn.content = drawn.content[:a] + drawn.content[b:]


def repeat_a_part(drawn: Drawn) -> None:
    a, b = sorted(drawn.dice.randrange(len(drawn.content) + 1) for _ in range(2))
    drawn.content = drawn.content[:b] + drawn.content[a:]


def insert_noise(drawn: Drawn) -> None:
    at = drawn.dice.randrange(len(drawn.content) + 1)
    noise = drawn.dice.choice(
        [
            b"\x00",
            b"\x00" * 4096,
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b'"',
            b"\r",
            b"\n",
            b"\n\n\n",
            b"\x1a",
            drawn.dice.randbytes(40),
        ]
    )
    drawn.content = drawn.content[:at] + noise + drawn.content[at:]


def zeros_at_the_end(drawn: Drawn) -> None:
    at = drawn.dice.randrange(len(drawn.content) + 1)
    drawn.content = drawn.content[:at] + bytes(len(drawn.content) - at)


def other_encoding(drawn: Drawn) -> None:
    text = _text(drawn)
    drawn.content = text.encode(drawn.dice.choice(ENCODINGS), "replace")


def other_line_ends(drawn: Drawn) -> None:
    end = drawn.dice.choice(["\r\n", "\r", "\n\r", "\n\n", " \n", "\x85", "\u2028"])
    drawn.content = _text(drawn).replace("\n", end).encode(_encoding(drawn), "replace")


def other_delimiter(drawn: Drawn) -> None:
    if drawn.table.format == "csv":
        delimiter = drawn.dice.choice(",;\t|:~ ")
        text = _text(drawn).replace(drawn.table.dialect.delimiter, delimiter)
        drawn.content = text.encode(_encoding(drawn), "replace")


def quotes_gone_wrong(drawn: Drawn) -> None:
    parts = list(_text(drawn))
    for _ in range(drawn.dice.randrange(1, 4)):
        parts.insert(
            drawn.dice.randrange(len(parts) + 1), drawn.dice.choice(["'", '"', '""', '"x"'])
        )
    drawn.content = "".join(parts).encode(_encoding(drawn), "replace")


def packed(drawn: Drawn) -> None:
    data = gzip.compress(drawn.content, 1, mtime=0)
    drawn.content = drawn.dice.choice(
        [
            data,
            data,
            data + data,
            data[: len(data) // 2],
            data + b"rest",
            gzip.compress(data, mtime=0),
        ]
    )


def zipped(drawn: Drawn) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../" + drawn.file_name, drawn.content)
    drawn.content = buffer.getvalue()


def nothing(drawn: Drawn) -> None:
    drawn.content = drawn.dice.choice(
        [b"", b"\n", b" \n\n", b"\x00", b"\xef\xbb\xbf", bytes(50_000)]
    )


def another_thing(drawn: Drawn) -> None:
    drawn.content = drawn.dice.choice(
        [
            b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>\n",
            b'{"error": {"code": 429, "message": "Too many requests"}}\n',
            b"Your export could not be created.\n",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
            b"PAR1" + bytes(20) + b"PAR1",
            b"PK\x05\x06" + bytes(18),
            b"\xd0\xcf\x11\xe0" + bytes(600),
            b"SQLite format 3\x00" + bytes(200),
            b"\x1f\x8b\x08\x00",
        ]
    )


def twice(drawn: Drawn) -> None:
    drawn.content += drawn.content


def _encoding(drawn: Drawn) -> str:
    return drawn.table.dialect.encoding if drawn.table.format == "csv" else "utf-8"


def _text(drawn: Drawn) -> str:
    return drawn.content.decode(_encoding(drawn), "replace")


OF_BYTES = (
    flip_bytes,
    flip_bytes,
    cut_off,
    cut_out,
    repeat_a_part,
    insert_noise,
    zeros_at_the_end,
    other_encoding,
    other_line_ends,
    other_delimiter,
    quotes_gone_wrong,
    packed,
    zipped,
    nothing,
    another_thing,
    twice,
)
