"""Data Docs: the library's own rendering of results, on pages that load nothing from elsewhere.

The library's site needs a dozen files from public networks: without them its index is empty and
its pages show no status, and with them every view of a page is seen by others. So its renderer
and its templates of sections and tables are used, inside a page of ours with its own style.
Writes below the folder that it is given, nowhere else.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader

from orchestration.quality.suites import Suite

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; }
th, td { border-bottom: 1px solid #8886; }
td p, td pre { margin: 0; white-space: pre-wrap; }
h1, h2, h5 { line-height: 1.2; margin: 1.5rem 0 .5rem; }
h5 { font-size: 1.2rem; }
i.fas { font-style: normal; font-weight: bold; }
i.fa-check-circle::before { content: "✔ passed"; color: #1a7f37; }
i.fa-times::before { content: "✘ failed"; color: #cf222e; }
i.fa-exclamation-triangle::before { content: "✘ not computed"; color: #cf222e; }
.passed { color: #1a7f37; } .failed { color: #cf222e; }
"""
TEMPLATES = {
    "page.j2": """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ relation }}</title><style>{{ style }}</style></head>
<body>
<p><a href="../index.html">All tables</a></p>
<h1>{{ relation }}</h1>
<p>{{ about }}</p>
<p>Run {{ run_name }}, {{ run_time }}: {{ passed }} of {{ total }} checks passed.
Only counts and aggregates are kept, no values.</p>
{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}
</body>
</html>
""",
    "collapse.j2": "",
    "index.j2": """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Data quality</title><style>{{ style }}</style></head>
<body>
<h1>Data quality</h1>
<p>Run {{ run_name }}, {{ run_time }}. Tables without data in the run are not listed.</p>
<table>
<thead><tr><th>Layer</th><th>Table</th><th>Status</th><th>Checks</th><th>Failed critical</th>
<th>Failed warnings</th></tr></thead>
<tbody>
{% for page in pages %}<tr><td>{{ page.layer }}</td>
<td><a href="{{ page.layer }}/{{ page.table }}.html">{{ page.table }}</a></td>
<td class="{{ page.status }}">{{ page.status }}</td>
<td>{{ page.total }}</td><td>{{ page.critical }}</td><td>{{ page.warnings }}</td></tr>
{% endfor %}</tbody>
</table>
</body>
</html>
""",
}


@dataclass(frozen=True)
class KeptResult:
    """The results of one suite in the library's form, free of cells."""

    suite: Suite
    result: ExpectationSuiteValidationResult

    @property
    def summary(self) -> dict[str, Any]:
        """The row of the index."""
        failed = [
            expectation.severity
            for expectation, result in zip(
                self.suite.expectations, self.result.results, strict=True
            )
            if not result.success
        ]
        return {
            "layer": self.suite.layer,
            "table": self.suite.table,
            "status": "failed" if failed else "passed",
            "total": len(self.suite.expectations),
            "critical": failed.count("critical"),
            "warnings": failed.count("warning"),
        }


class PageView(DefaultJinjaPageView):
    """The library's view with pages of ours in place of those that need other hosts."""

    def __init__(self) -> None:
        super().__init__()
        library = self.env.loader
        self.env.loader = ChoiceLoader([DictLoader(TEMPLATES), *([library] if library else [])])


def write_site(folder: Path, kept: Sequence[KeptResult], run_name: str, run_time: str) -> Path:
    """Write an index and a page a suite; pages of tables that are not in `kept` are removed.

    Returns:
        The index page.
    """
    view = PageView()
    run = {"style": STYLE, "run_name": html.escape(run_name), "run_time": run_time}
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for page in kept:
        # The library's overview links to pages that this site does not have.
        document = ValidationResultsPageRenderer().render(page.result)
        document.sections = document.sections[1:]
        summary = page.summary
        path = folder / page.suite.layer / f"{page.suite.table}.html"
        path.parent.mkdir(exist_ok=True)
        text = view.render(
            document,
            relation=html.escape(page.suite.relation),
            about=html.escape(page.suite.description),
            total=summary["total"],
            passed=summary["total"] - summary["critical"] - summary["warnings"],
            **run,
        )
        path.write_text(text, encoding="utf-8")
        written.add(path)
    for stale in set(folder.glob("*/*.html")) - written:
        stale.unlink()
    index = folder / "index.html"
    template = view.env.get_template("index.j2")
    index.write_text(
        template.render(pages=[page.summary for page in kept], **run), encoding="utf-8"
    )
    return index
