"""The survey programme of the demo against the truth that its generator planted."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.demo.truth_figures import Figures

CSAT = "sum(responses_count), sum(satisfied_count), sum(dissatisfied_count), sum(score_sum)"
OVERALL = "question_key = 'overall'"
INVITATIONS = (
    ("invitations", "invitations_count"),
    ("held_back", "suppressed_count"),
    ("bounced", "bounced_count"),
    ("delivered", "delivered_count"),
    ("responses", "responses_count"),
    ("completed", "completed_count"),
    ("over_surveyed", "over_surveyed_count"),
    ("questions", "questions_sum"),
    ("response_seconds", "response_seconds_sum"),
)


def grouped(marts: Any, query: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in marts.execute(query).fetchall()}


@pytest.mark.parametrize(
    ("planted", "column"),
    [
        ("csat_by_touchpoint", "touchpoint"),
        ("csat_by_mode", "collection_channel"),
        (
            "csat_by_vulnerability",
            "case when is_vulnerable then 'yes' when not is_vulnerable then 'no' "
            "else 'unknown' end",
        ),
        ("csat_by_reason_and_channel", "reason || '|' || channel"),
    ],
)
def test_satisfaction_by_the_attributes_of_the_programme_is_the_planted_one(
    marts: Any, truth: Figures, planted: str, column: str
) -> None:
    found = grouped(
        marts, f"select {column}, {CSAT} from marts.mart_csat where {OVERALL} group by 1"
    )
    keys = ("responses", "satisfied", "dissatisfied", "score_sum")
    expected = truth["programme"][planted]
    assert found == {name: tuple(v[key] for key in keys) for name, v in expected.items()}


def test_satisfaction_of_the_year_by_country_is_the_planted_one(marts: Any, truth: Figures) -> None:
    found = grouped(
        marts,
        "select dimension_value, responses_count, satisfied_count from marts.mart_csat_yearly "
        "where dimension = 'country' and response_year = 2017 and scale_id = 'csat_5'",
    )
    expected = truth["csat"]["by_country"]
    assert found == {name: (v["responses"], v["satisfied"]) for name, v in expected.items()}
    ranks = grouped(
        marts,
        "select csat_rank, dimension_value from marts.mart_csat_yearly where csat_rank <= 2 "
        "and dimension = 'country' and response_year = 2017 and scale_id = 'csat_5'",
    )
    assert ranks == {1: ("AU",), 2: ("PH",)}


@pytest.mark.parametrize(
    ("planted", "column"),
    [("by_mode", "collection_channel"), ("by_earlier", "prior_invites_band")],
)
def test_response_and_fatigue_are_the_planted_ones(
    marts: Any, truth: Figures, planted: str, column: str
) -> None:
    sums = ", ".join(f"coalesce(sum({name}), 0)" for _, name in INVITATIONS)
    found = grouped(marts, f"select {column}, {sums} from marts.mart_survey_response group by 1")
    expected = truth["programme"]["invitations"][planted]
    assert found == {
        name: tuple(figures[key] for key, _ in INVITATIONS) for name, figures in expected.items()
    }


def test_fewer_answer_the_more_they_were_asked(marts: Any) -> None:
    found = grouped(
        marts,
        "select prior_invites_band, sum(responses_count) / sum(delivered_count) "
        "from marts.mart_survey_response group by 1",
    )
    rates = [found[band][0] for band in ("0", "1", "2-3", "4-6", "7 or more")]
    assert rates == sorted(rates, reverse=True)


def test_whom_not_to_survey_is_the_planted_one(marts: Any, truth: Figures) -> None:
    found = marts.execute(
        "select count(*), count(*) filter (is_do_not_survey) from marts.mart_survey_contactability"
    ).fetchone()
    expected = truth["programme"]["contactability"]
    assert found == (expected["customers"], expected["do_not_survey"])


def test_an_answer_and_its_invitation_find_each_other(marts: Any) -> None:
    [orphans] = marts.execute(
        "select count(*) from core.fct_survey_responses as answers "
        "anti join core.fct_survey_invitations as invitations using (invitation_id) "
        "where answers.invitation_id is not null"
    ).fetchone()
    [unanswered] = marts.execute(
        "select count(*) from core.fct_survey_responses as answers "
        "join core.fct_survey_invitations as invitations using (invitation_id) "
        "where not coalesce(invitations.is_responded, false)"
    ).fetchone()
    assert (orphans, unanswered) == (0, 0)


def test_statements_are_the_planted_ones(marts: Any, truth: Figures) -> None:
    names = {
        "buy_again": "repurchase",
        "told_others_bad": "negative_wom",
        "tried_competitor": "competitor_intent",
        "waited_long": "perceived_long_wait",
        "greeted_well": "greeted_well",
    }
    planted = truth["programme"]["statements"]
    assert set(planted) == set(names)
    for question, name in names.items():
        found = marts.execute(
            f"select sum({name}_base_count), sum({name}_count) from marts.mart_survey_statements"
        ).fetchone()
        assert found == (planted[question]["base"], planted[question]["yes"]), question


def test_loyalty_by_effort_is_the_planted_one(marts: Any, truth: Figures) -> None:
    found = grouped(
        marts,
        "select effort_scale_id || '|' || effort_band, sum(repurchase_base_count), "
        "sum(repurchase_count), sum(negative_wom_base_count), sum(negative_wom_count) "
        "from marts.mart_effort_loyalty group by 1",
    )
    expected = {
        name: (
            v["buy_again"]["base"],
            v["buy_again"]["yes"],
            v["told_others_bad"]["base"],
            v["told_others_bad"]["yes"],
        )
        for name, v in truth["programme"]["loyalty"].items()
    }
    assert found == expected


def test_reasons_of_the_recommendation_are_the_planted_ones(marts: Any, truth: Figures) -> None:
    found = grouped(
        marts,
        "select survey_scope || '|' || nps_group || '|' || reason_code, sum(answers_count) "
        "from marts.mart_nps_reasons group by 1",
    )
    assert found == {name: (count,) for name, count in truth["programme"]["nps_reasons"].items()}


def test_recovered_customers_are_the_planted_ones(marts: Any, truth: Figures) -> None:
    found = marts.execute(
        "select sum(dissatisfied_count), sum(answered_again_count), sum(recovered_count) "
        "from marts.mart_csat_recovery where scale_id = 'csat_5'"
    ).fetchone()
    expected = truth["programme"]["recovery"]
    keys = ("dissatisfied", "answered_again", "recovered")
    assert found == tuple(expected[key] for key in keys)


def test_the_feedback_loop_is_the_planted_one(marts: Any, truth: Figures) -> None:
    found = grouped(
        marts,
        "select case_kind, sum(cases_count), sum(categorised_count), sum(acted_count), "
        "sum(acted_seconds_sum), sum(followed_up_count), sum(due_count), sum(fell_through_count), "
        "sum(high_effort_open_count) from marts.mart_feedback_loop group by 1",
    )
    keys = (
        "cases",
        "categorised",
        "acted",
        "acted_seconds",
        "followed_up",
        "due",
        "fell_through",
        "high_effort_open",
    )
    expected = truth["programme"]["feedback"]
    assert found == {name: tuple(v[key] for key in keys) for name, v in expected.items()}
    [estimate] = marts.execute(
        "select sum(silent_dissatisfied_est) from marts.mart_feedback_loop"
    ).fetchone()
    assert estimate == pytest.approx(expected["complaint"]["cases"] / 0.04)
