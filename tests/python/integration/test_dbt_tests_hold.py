"""Everything that dbt tests: unit tests, golden values, macros and reconciliations."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from orchestration.settings import PROJECT_DIR


def test_unit_tests_golden_values_and_reconciliations_hold_on_the_demo(
    demo, tmp_path: Path
) -> None:
    """`dbt test` in the checkout, as an analyst calls it."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "test",
            f"--target-path={tmp_path / 'target'}",
            f"--log-path={tmp_path / 'logs'}",
        ],
        cwd=PROJECT_DIR,
        env={**os.environ, "CX_HOME": str(demo.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    found = re.search(r"Finished running .*?(\d+) data tests, (\d+) unit tests", done.stdout)
    assert found is not None
    assert int(found[1]) > 90 and int(found[2]) > 12
