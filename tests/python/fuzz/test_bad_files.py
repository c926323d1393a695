"""Broken files of every declared table end in rows, in quarantine or in a sentence; none is lost.

`make fuzz N=10000` plays more; a file that fails here is played again by
`tests/python/fuzz/run_fuzz.py --only NUMBER`.
"""

from __future__ import annotations

from collections import Counter

import pytest
from fuzz_bench import Bench, make_bench, play_all
from fuzz_grids import shared_exports
from fuzz_of_bytes import OF_BYTES
from fuzz_of_format import OF_FORMAT
from fuzz_of_grid import OF_GRID

FILES = 340
SEED = 1


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(tmp_path_factory.mktemp("fuzz"), shared_exports(), SEED)


def test_no_broken_file_is_lost_or_ends_in_a_traceback(bench: Bench) -> None:
    reports = list(play_all(bench, range(FILES)))
    assert len(reports) == FILES
    failed = [str(report) for report in reports if report.problems]
    assert not failed, "\n".join(failed)
    ends = Counter(report.end for report in reports)
    assert set(ends) == {"read", "read, rows in quarantine", "left out", "stopped"}
    assert min(ends.values()) > FILES // 20
    assert {report.base for report in reports} == {base.name for base in bench.bases}
    kinds = {kind for report in reports for kind in report.kinds}
    known = {change.__name__ for change in (*OF_GRID, *OF_BYTES, *sum(OF_FORMAT.values(), ()))}
    # Which formats are drawn for which table is chance; nearly all ways of breaking are seen.
    assert len(kinds & known) > len(known) * 0.9
