from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import duckdb
import pytest
from quality_texts import DAY, NEXT_DAY

from orchestration.errors import DataError
from orchestration.ingest.delivery import Delivery, FileDelivery
from orchestration.quality.balance import (
    DeliveryCount,
    FileKey,
    PartCount,
    ReasonCount,
    VerdictCount,
    Verdicts,
    allowed_shares,
    check_balance,
    delivery_counts,
    delivery_rows,
    load_verdicts,
)

CHATS = FileKey("demo", "chats", DAY, "2024-01-01/chats.csv")
SHARES = {("demo", "chats"): 0.05}
SOURCES = [
    SimpleNamespace(
        name="demo",
        tables=(
            SimpleNamespace(
                source="demo",
                name="chats",
                feeds={"chats": None, "survey_responses": None},
                max_quarantined_share=0.05,
            ),
            SimpleNamespace(
                source="demo",
                name="scores",
                feeds={"survey_responses": None},
                max_quarantined_share=0.2,
            ),
        ),
    )
]


def balanced(read: int = 100, quarantined: int = 0, **verdict: int):
    counts = {"accepted": read - quarantined, "superseded": 0, "quarantined": quarantined}
    verdicts = Verdicts((VerdictCount(CHATS, **{**counts, **verdict}),))
    return check_balance([DeliveryCount(CHATS, read, 0)], verdicts, SHARES)


def failures(outcomes) -> list[str]:
    return [found.check_name for found in outcomes if not found.success]


def test_a_file_whose_rows_are_all_accounted_for_is_balanced():
    delivered = [DeliveryCount(CHATS, 100, 1)]
    verdicts = Verdicts((VerdictCount(CHATS, accepted=90, superseded=7, quarantined=2),))
    [record], outcomes = check_balance(delivered, verdicts, SHARES)
    assert failures(outcomes) == []
    assert (record.rows_read, record.rows_accepted, record.rows_superseded) == (100, 90, 7)
    assert (record.rows_quarantined, record.quarantined_share) == (3, 0.03)
    assert record.is_balanced


@pytest.mark.parametrize("accepted", [99, 101])
def test_a_lost_or_invented_row_stops_the_run(accepted):
    [record], outcomes = balanced(accepted=accepted)
    assert not record.is_balanced
    [found] = [o for o in outcomes if not o.success]
    assert (found.check_name, found.table, found.is_blocking) == (
        "rows_balance",
        "demo__chats",
        True,
    )
    assert found.message == (
        "Expected all 100 rows read from 2024-01-01/chats.csv of demo.chats (2024-01-01) to be "
        f"accounted for, found {accepted} accepted, 0 superseded and 0 quarantined: ingest the "
        "load date again and rebuild."
    )


def test_rows_of_a_file_that_no_delivery_names_stop_the_run():
    verdicts = Verdicts((VerdictCount(CHATS, 3, 0, 0),))
    [record], outcomes = check_balance([], verdicts, SHARES)
    assert (record.status, record.rows_read, record.is_balanced) == ("undelivered", 0, False)
    assert "rows_balance" in failures(outcomes)


def test_a_file_that_never_reached_the_warehouse_stops_the_run():
    [record], outcomes = check_balance([DeliveryCount(CHATS, 5, 0)], Verdicts(), SHARES)
    assert not record.is_balanced
    assert failures(outcomes) == ["rows_balance"]


def test_one_unbalanced_file_is_not_made_up_for_by_another():
    other = CHATS._replace(file="2024-01-01/more.csv")
    delivered = [DeliveryCount(CHATS, 10, 0), DeliveryCount(other, 10, 0)]
    verdicts = Verdicts((VerdictCount(CHATS, 11, 0, 0), VerdictCount(other, 9, 0, 0)))
    records, outcomes = check_balance(delivered, verdicts, SHARES)
    assert [record.is_balanced for record in records] == [False, False]
    assert "(and 1 more like it)" in outcomes[0].message


def test_a_delivery_with_too_many_rows_in_quarantine_stops_the_run_and_says_why():
    verdicts = Verdicts(
        (VerdictCount(CHATS, 90, 0, 8),),
        (
            ReasonCount(CHATS, "created_at is no date", 7),
            ReasonCount(CHATS, "status is unknown", 1),
            ReasonCount(CHATS, "status is unknown", 2),
        ),
    )
    [record], outcomes = check_balance([DeliveryCount(CHATS, 100, 2)], verdicts, SHARES)
    assert failures(outcomes) == ["quarantined_share"]
    found = outcomes[1]
    assert found.is_blocking and found.observed == 0.1
    assert found.message == (
        "Expected at most 5.0% of the rows of demo.chats in quarantine, found 10 of 100 (10.0%) "
        "of 2024-01-01, most often (7 rows) because created_at is no date: correct the "
        "declaration or the delivery and run the load date again."
    )
    assert record.reason == "created_at is no date"


def test_the_allowed_share_itself_is_allowed():
    assert failures(balanced(1000, quarantined=50)[1]) == []
    assert failures(balanced(1000, quarantined=51)[1]) == ["quarantined_share"]


def test_a_few_bad_rows_of_a_small_file_do_not_stop_a_run_unless_nothing_is_left():
    assert failures(balanced(20, quarantined=9)[1]) == []
    assert failures(balanced(20, quarantined=10)[1]) == ["quarantined_share"]
    assert failures(balanced(2, quarantined=2)[1]) == ["quarantined_share"]


def test_a_part_of_the_rows_that_goes_to_quarantine_stops_the_run_too():
    def verdicts(quarantined: int) -> Verdicts:
        part = PartCount(CHATS, "survey_responses", 80, quarantined, "the score is off its scale")
        return Verdicts((VerdictCount(CHATS, 100, 0, 0),), (), (part,))

    delivered = [DeliveryCount(CHATS, 100, 0)]
    [record], outcomes = check_balance(delivered, verdicts(4), SHARES)
    assert failures(outcomes) == []
    assert (record.parts_quarantined, record.rows_quarantined, record.is_balanced) == (4, 0, True)
    [record], outcomes = check_balance(delivered, verdicts(80), SHARES)
    assert failures(outcomes) == ["quarantined_share_survey_responses"]
    assert outcomes[-1].is_blocking
    assert outcomes[-1].message == (
        "Expected at most 5.0% of the survey_responses in demo.chats in quarantine, found 80 of "
        "80 in 2024-01-01/chats.csv, most often because the score is off its scale: correct the "
        "declaration or the delivery and run the load date again."
    )


def test_the_share_is_that_of_a_load_date_not_of_a_file_or_of_the_run():
    small = CHATS._replace(file="2024-01-01/small.csv")
    next_day = CHATS._replace(load_date=NEXT_DAY)

    def failed(*rows: tuple[FileKey, int, int]) -> list[str]:
        delivered = [DeliveryCount(key, read, bad) for key, read, bad in rows]
        verdicts = Verdicts(tuple(VerdictCount(k, r - b, 0, 0) for k, r, b in rows))
        return failures(check_balance(delivered, verdicts, SHARES)[1])

    assert failed((CHATS, 98, 0), (small, 2, 1)) == []
    assert failed((CHATS, 1000, 0), (next_day, 100, 10)) == ["quarantined_share"]


def test_an_unreadable_file_is_recorded_with_its_reason():
    delivered = [DeliveryCount(CHATS, 0, 0, "unreadable", "it is no CSV")]
    [record], outcomes = check_balance(delivered, Verdicts(), SHARES)
    assert (record.status, record.reason, record.quarantined_share) == (
        "unreadable",
        "it is no CSV",
        None,
    )
    assert failures(outcomes) == []


def test_a_table_without_a_delivery_has_outcomes_that_hold():
    records, outcomes = check_balance([], Verdicts(), SHARES)
    assert records == []
    assert [(o.check_name, o.success) for o in outcomes] == [
        ("rows_balance", True),
        ("quarantined_share", True),
    ]


def test_counts_are_taken_from_the_record_of_a_delivery():
    file = FileDelivery("2024-01-01/chats.csv", 9, "0", 4, 1, (), (), (), "read", None)
    delivery = Delivery("demo", "chats", DAY, "run-1", "2024-01-01T00:00:00", (file,))
    assert delivery_counts([delivery]) == [DeliveryCount(CHATS, 4, 1)]


def test_published_deliveries_say_what_was_read_and_what_became_of_it():
    file = FileDelivery("2024-01-01/chats.csv", 9, "0", 4, 1, (), (), ("new",), "read", None)
    delivery = Delivery("demo", "chats", DAY, "run-1", "2024-01-01T00:00:00", (file,))
    verdicts = Verdicts((VerdictCount(CHATS, 1, 1, 1),), (ReasonCount(CHATS, "no date", 1),), ())
    records, _ = check_balance(delivery_counts([delivery]), verdicts, {})
    [row] = delivery_rows([delivery], records)
    assert (row["table_name"], row["run_id"], row["added_columns"]) == ("chats", "run-1", ("new",))
    assert (row["rows_read"], row["rows_quarantined"], row["is_balanced"]) == (4, 2, True)
    assert row["reason"] == "no date"


LAKE_COUNTS = """
    create table intermediate.lake_counts (
        entity varchar, _source varchar, _source_table varchar, _source_file varchar,
        _load_date date, reject_rule varchar, _disposition varchar, rows_count bigint
    )
"""


def counted(entity: str, rows: str) -> str:
    return f"""
        insert into intermediate.lake_counts
        select '{entity}', *, count(*) from (values {rows}) as t group by all
    """


def row(table: str, day: date, disposition: str, reason: str | None = None) -> str:
    told = f"'{reason}'" if reason else "null::varchar"
    return f"('demo', '{table}', '2024-01-01/{table}.csv', date '{day}', {told}, '{disposition}')"


def write_verdicts(warehouse) -> None:
    chats = [
        row("chats", DAY, "accepted"),
        row("chats", DAY, "accepted"),
        row("chats", DAY, "superseded"),
        row("chats", DAY, "quarantined", "no date"),
        row("chats", NEXT_DAY, "accepted"),
    ]
    scores = [
        row("scores", DAY, "accepted"),
        row("chats", DAY, "accepted"),
        row("chats", DAY, "quarantined", "score: expected 1 to 5"),
    ]
    warehouse(
        LAKE_COUNTS,
        counted("chats", ", ".join(chats)),
        counted("survey_responses", ", ".join(scores)),
    )


def test_verdicts_are_those_of_the_own_entity_in_the_load_dates_of_the_run(settings, warehouse):
    write_verdicts(warehouse)
    found = load_verdicts(settings, SOURCES, [DAY])
    scores = FileKey("demo", "scores", DAY, "2024-01-01/scores.csv")
    assert set(found.counts) == {VerdictCount(CHATS, 2, 1, 1), VerdictCount(scores, 1, 0, 0)}
    assert found.reasons == (ReasonCount(CHATS, "no date", 1),)
    assert found.parts == (PartCount(CHATS, "survey_responses", 2, 1, "score: expected 1 to 5"),)
    of_all = load_verdicts(settings, SOURCES, None).counts
    assert {count.key.load_date for count in of_all} == {DAY, NEXT_DAY}


def test_reasons_of_ingest_are_counted_with_those_of_staging(settings, warehouse):
    write_verdicts(warehouse)
    folder = settings.quarantine / "demo" / "chats" / f"load_date={DAY}"
    folder.mkdir(parents=True)
    duckdb.sql(
        "select 'demo' as source, 'chats' as \"table\", date '2024-01-01' as load_date, "
        "'2024-01-01/chats.csv' as file, 'no record' as reason from range(3)"
    ).write_parquet(str(folder / "rows.parquet"))
    assert ReasonCount(CHATS, "no record", 3) in load_verdicts(settings, SOURCES, [DAY]).reasons
    none = load_verdicts(settings, SOURCES, [NEXT_DAY]).reasons
    assert none == ()


def test_missing_verdicts_are_told_in_one_sentence(settings, warehouse):
    with pytest.raises(DataError, match="build it first"):
        load_verdicts(settings, SOURCES, [DAY])
    warehouse()
    with pytest.raises(DataError, match=r"Expected the verdicts of chats in intermediate\."):
        load_verdicts(settings, SOURCES, [DAY])


def test_the_warehouse_can_be_written_after_the_verdicts_were_read(settings, warehouse):
    write_verdicts(warehouse)
    load_verdicts(settings, SOURCES, None)
    warehouse("drop table intermediate.lake_counts")


def test_shares_are_those_of_the_declaration():
    assert allowed_shares(SOURCES) == {("demo", "chats"): 0.05, ("demo", "scores"): 0.2}
