"""The expectations that a suite may use: what each one is called, takes and says.

A closed list, because Great Expectations offers more than it can compute on DuckDB (regular
expressions, LIKE patterns and column types are refused there) and because its import takes
seconds, which loading a suite must not cost. A test holds this list against the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")
ROWS = ("mostly", "row_condition")
COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")
UNEXPECTED_ROWS = "unexpected_rows"
NULL_OPERATORS = ("is null", "is not null")
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in", *NULL_OPERATORS)


@dataclass(frozen=True)
class Kind:
    """One expectation of Great Expectations.

    Attributes:
        short: first part of the generated check name.
        sentence: what is expected, for messages; `{column}` and the like are the arguments and
            `{bounds}` is the range in words.
        required: arguments that must be given.
        optional: arguments that may be given.
    """

    short: str
    sentence: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        return self.required + self.optional

    @property
    def is_bounded(self) -> bool:
        """Whether one of min_value and max_value has to be given."""
        return "min_value" in self.optional


def _column(short: str, sentence: str, *required: str, rows: bool = True) -> Kind:
    optional = ROWS if rows else ("row_condition",)
    return Kind(short, sentence, ("column", *required), optional)


def _aggregate(short: str, sentence: str) -> Kind:
    return Kind(short, sentence + " {bounds}", ("column",), (*BOUNDS, "row_condition"))


KINDS: Mapping[str, Kind] = {
    "expect_column_values_to_not_be_null": _column("not_null", "every {column} to be present"),
    "expect_column_values_to_be_null": _column("null", "every {column} to be absent"),
    "expect_column_values_to_be_unique": _column("unique", "every {column} to occur once"),
    "expect_column_values_to_be_in_set": _column(
        "in_set", "every {column} to be one of {value_set}", "value_set"
    ),
    "expect_column_values_to_not_be_in_set": _column(
        "not_in_set", "no {column} to be one of {value_set}", "value_set"
    ),
    "expect_column_values_to_be_between": Kind(
        "between", "every {column} to be {bounds}", ("column",), (*BOUNDS, *ROWS)
    ),
    "expect_column_value_lengths_to_be_between": Kind(
        "length", "the length of every {column} to be {bounds}", ("column",), (*BOUNDS, *ROWS)
    ),
    "expect_column_value_lengths_to_equal": _column(
        "length", "the length of every {column} to be {value}", "value"
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": Kind(
        "greater",
        "every {column_A} to be greater than {column_B}",
        ("column_A", "column_B"),
        ("or_equal", "ignore_row_if", *ROWS),
    ),
    "expect_column_pair_values_to_be_equal": Kind(
        "equal",
        "every {column_A} to equal {column_B}",
        ("column_A", "column_B"),
        ("ignore_row_if", *ROWS),
    ),
    "expect_compound_columns_to_be_unique": Kind(
        "unique",
        "every combination of {column_list} to occur once",
        ("column_list",),
        ("ignore_row_if", *ROWS),
    ),
    "expect_column_distinct_values_to_be_in_set": _column(
        "distinct_in_set", "the values of {column} to be among {value_set}", "value_set", rows=False
    ),
    "expect_column_distinct_values_to_contain_set": _column(
        "contains_set", "the values of {column} to include {value_set}", "value_set", rows=False
    ),
    "expect_column_distinct_values_to_equal_set": _column(
        "equals_set", "the values of {column} to be exactly {value_set}", "value_set", rows=False
    ),
    "expect_column_min_to_be_between": _aggregate("min", "the least {column} to be"),
    "expect_column_max_to_be_between": _aggregate("max", "the greatest {column} to be"),
    "expect_column_mean_to_be_between": _aggregate("mean", "the mean of {column} to be"),
    "expect_column_median_to_be_between": _aggregate("median", "the median of {column} to be"),
    "expect_column_sum_to_be_between": _aggregate("sum", "the sum of {column} to be"),
    "expect_column_stdev_to_be_between": _aggregate(
        "deviation", "the standard deviation of {column} to be"
    ),
    "expect_column_unique_value_count_to_be_between": _aggregate(
        "distinct_count", "the number of distinct {column} to be"
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _aggregate(
        "distinct_share", "the share of distinct {column} to be"
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _aggregate(
        "present_share", "the share of rows with a {column} to be"
    ),
    "expect_column_to_exist": Kind("exists", "a column {column}", ("column",)),
    "expect_table_row_count_to_be_between": Kind(
        "row_count", "the number of rows to be {bounds}", (), (*BOUNDS, "row_condition")
    ),
    "expect_table_row_count_to_equal": Kind(
        "row_count", "the number of rows to be {value}", ("value",), ("row_condition",)
    ),
    "expect_table_columns_to_match_set": Kind(
        "columns", "the columns {column_set}", ("column_set",), ("exact_match",)
    ),
    UNEXPECTED_ROWS: Kind(
        UNEXPECTED_ROWS, "no rows from the query of {name}", ("unexpected_rows_query",)
    ),
}

# Known to the library, but not to be had on DuckDB, with the way that does work.
UNSUPPORTED: Mapping[str, str] = {
    "expect_column_values_to_match_regex": "regular expressions",
    "expect_column_values_to_not_match_regex": "regular expressions",
    "expect_column_values_to_match_regex_list": "regular expressions",
    "expect_column_values_to_not_match_regex_list": "regular expressions",
    "expect_column_values_to_match_like_pattern": "LIKE patterns",
    "expect_column_values_to_not_match_like_pattern": "LIKE patterns",
    "expect_column_values_to_match_like_pattern_list": "LIKE patterns",
    "expect_column_values_to_not_match_like_pattern_list": "LIKE patterns",
    "expect_column_values_to_be_of_type": "column types",
    "expect_column_values_to_be_in_type_list": "column types",
}


def condition_in_words(condition: Mapping[str, Any]) -> str:
    """A row condition: `score is not null`, `channel in phone, chat`."""
    value = condition.get("value")
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    words = f"{condition['column']} {condition['operator']}"
    return words if condition["operator"] in NULL_OPERATORS else f"{words} {shown}"


def bounds_in_words(arguments: Mapping[str, Any]) -> str:
    """The range of an expectation: `between 0 and 5`, `at least 1`, `above 0`."""
    least, most = arguments.get("min_value"), arguments.get("max_value")
    from_word = "above" if arguments.get("strict_min") else "at least"
    to_word = "below" if arguments.get("strict_max") else "at most"
    if least is not None and most is not None:
        if from_word == "at least" and to_word == "at most":
            return f"between {least} and {most}"
        return f"{from_word} {least} and {to_word} {most}"
    if least is not None:
        return f"{from_word} {least}"
    return f"{to_word} {most}"
