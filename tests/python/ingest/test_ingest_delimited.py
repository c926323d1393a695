"""Delimited text: every record is either in the lake or, to the character, in quarantine."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_shop import Shop, assert_nothing_lost

from orchestration.errors import DataError

HEADER = "id,agent,note\n"
DIRTY = {
    "plain": (HEADER + "1,a,x\n2,b,y\n", 2, 0),
    "no line end at the end": (HEADER + "1,a,x\n2,b,y", 2, 0),
    "old Mac line ends": ("id,agent,note\r1,a,x\r2,b,y\r", 2, 0),
    "byte order mark and CRLF": ("\ufeffid,agent,note\r\n1,a,x\r\n2,b,y\r\n", 2, 0),
    "newline inside quotes": (HEADER + '1,a,"x\ny"\n2,b,z\n', 2, 0),
    "blank lines": (HEADER + "\n1,a,x\n\n\n2,b,y\n\n", 2, 0),
    "trailing empty column": ("id,agent,note,\n1,a,x,\n2,b,y,\n", 2, 0),
    "empty extra cells": (HEADER + "1,a,x,,,\n2,b,y\n", 2, 0),
    "trailing empty rows": (HEADER + "1,a,x\n,,\n,,\n", 1, 0),
    "empty row between": (HEADER + "1,a,x\n,,\n2,b,y\n", 3, 0),
    "too few cells": (HEADER + "1,a\n2,b,y\n", 1, 1),
    "too many cells": (HEADER + "1,a,x,oops\n2,b,y\n", 1, 1),
    "NUL byte": (HEADER + "1,a\x00,x\n2,b,y\n", 1, 1),
    "quote inside a quoted value": (HEADER + '1,"a "b" c",x\n2,b,y\n', 1, 1),
    "a quote that is never closed": (HEADER + '1,a,x\n2,b,"the cus\ntomer\n', 1, 1),
    "too many cells without line end": (HEADER + "1,a,x\n2,b,y,oops", 1, 1),
    "huge field": (HEADER + f"1,a,{'x' * 1_100_000}\n2,b,y\n", 1, 1),
    "end-of-file mark of DOS": (HEADER + "1,a,x\n\x1a", 1, 1),
    "only a header": (HEADER, 0, 0),
    "header without line end": (HEADER.strip(), 0, 0),
}


@pytest.mark.parametrize("name", DIRTY)
def test_nothing_is_lost_of_a_dirty_file(shop: Shop, name: str) -> None:
    content, good, bad = DIRTY[name]
    shop.deliver("a.csv", content)
    delivery = shop.ingest(shop.declare())
    assert (delivery.rows_in_lake, delivery.rows_quarantined) == (good, bad)
    assert_nothing_lost(shop, delivery)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.text(alphabet='ab1,";\n\r\x00 é', max_size=80))
def test_nothing_is_lost_whatever_the_text(shop: Shop, body: str) -> None:
    shop.deliver("a.csv", "id,agent\n" + body)
    assert_nothing_lost(shop, shop.ingest(shop.declare(on_unreadable_file="continue")))


def test_a_quarantined_record_keeps_its_text_its_line_and_a_reason(shop: Shop) -> None:
    raw = '2,"b\r\nstill b",y,"ex ""tra"""\r\n'
    shop.deliver("a.csv", "id,agent,note\r\n1,a,x\r\n" + raw + "3,c,z\r\n")
    shop.ingest(shop.declare())
    (item,) = shop.quarantined()
    assert (item.text, item.row_number, item.line_number) == (raw, 2, 3)
    assert item.header == "id,agent,note\r\n"
    assert "Expected 3 cells, found 4" in item.reason
    assert [row[0] for row in shop.lake("_row_number")] == [1, 3]


def test_an_empty_value_stays_an_empty_text_and_a_padded_one_is_null(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent\n1,\n2\n")
    shop.ingest(shop.declare(ragged_rows="pad"))
    assert shop.lake("id, agent") == [("1", ""), ("2", None)]


def test_a_value_under_an_unnamed_column_is_kept(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent,,\n1,a,,\n2,b,,surprise\n")
    shop.ingest(shop.declare(feeds={"calls": {"agent_id": "agent", "reason": "column_4"}}))
    assert shop.lake("id, column_3, column_4")[1] == ("2", "", "surprise")


def test_headers_that_differ_only_by_case_or_look_like_lineage_stay_apart(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent,ID,,_source\n1,a,2,3,4\n")
    shop.ingest(shop.declare())
    assert shop.columns()[:5] == ["id", "agent", "ID__2", "column_4", "_source__2"]


def test_two_header_rows_join_and_the_first_one_is_filled_forward(shop: Shop) -> None:
    shop.deliver("a.csv", "id,agent,Which?,,Other\n,,Red,Blue,\n1,a,x,y,z\n")
    shop.ingest(shop.declare(header_rows=2, header_from=[1, 2]))
    assert shop.columns()[:5] == ["id", "agent", "Which? / Red", "Which? / Blue", "Other"]


def test_lines_before_the_header_are_skipped(shop: Shop) -> None:
    shop.deliver("a.csv", 'Report of "today\n\nid,agent\n1,a\n')
    assert shop.ingest(shop.declare(skip_rows=2)).rows_in_lake == 1


def test_gzip_is_read_like_the_text_in_it(shop: Shop) -> None:
    shop.deliver("a.csv.gz", gzip.compress(b"id,agent\n1,a\n"))
    assert shop.ingest(shop.declare()).rows_in_lake == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file (0 bytes)"),
        (b"id;agent\n1;a\n", 'delimiter: ";"'),
        (b"id\tagent\n1\ta\n", r'delimiter: "\t"'),
        (
            b"id,agent\n1,caf\xe9\n",
            "byte 14 (0-based) that is none: the file can be read as cp1252",
        ),
        ("id,agent\n1,a\n".encode("utf-16"), "can be read as utf-16"),
        (b"ID number,agent\n1,a\n", "'id' is perhaps 'ID number' now"),
        (
            b"id,Agent name,extra\n1,a,x\n",
            "Expected the declared columns 'agent', found the columns 'id', 'Agent name', 'extra': "
            "'agent' is perhaps 'Agent name' now; correct the names or list them under "
            "`optional_columns` in _shop__sources.yml:1",
        ),
        (b"id,agent\n1,a\n2", "it is cut off after record 1, line 2: have it delivered again"),
        (b'id,agent\n1,a\n2,"b\nb', "it is cut off after record 1, line 2"),
        (gzip.compress(b"id,agent\n1,a\n" * 900, mtime=0)[:-20], "gzip file, found a damaged one"),
    ],
)
def test_an_unreadable_file_says_why_and_what_to_do(shop: Shop, content: bytes, words: str) -> None:
    path = shop.deliver("a.csv", content)
    with pytest.raises(DataError) as error:
        shop.ingest(shop.declare())
    assert words in str(error.value)
    assert str(path) in str(error.value)


def test_a_decoding_error_far_into_the_file_gives_its_byte_and_leaves_no_rows(shop: Shop) -> None:
    body = b"id,agent\n" + b"1,a\n" * 600_000
    shop.deliver("a.csv", body + b"2,\xff\n")
    shop.deliver("b.csv", b"id,agent\n9,z\n")
    delivery = shop.ingest(shop.declare(on_unreadable_file="continue"))
    assert f"byte {len(body) + 2:,}" in (delivery.files[0].reason or "")
    assert shop.lake("id") == [("9",)]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "mac-roman"])
def test_declared_encodings_are_read(shop: Shop, encoding: str) -> None:
    shop.deliver("a.csv", "id,agent\n1,Zoë\n".encode(encoding))
    shop.ingest(shop.declare(encoding=encoding))
    assert shop.lake("agent") == [("Zoë",)]
