"""A small project and a small published version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings

REGISTRY = (
    "metric_id,name,definition,formula,numerator_column,denominator_column,rate_column,"
    "interval_columns,mart,scale,direction,metric_version,owner,exclusions,default_parameters,"
    "needs,answers\n"
    'csat_pct,Satisfaction,"Good, of all",100 * good / n,good_count,n_count,csat_pct,'
    "csat_low_pct;csat_high_pct,mart_csat,percent 0-100,higher_is_better,1.0,analytics,Tests,,,"
    "2.4;0.1\n"
    "wait_avg,Mean wait,Mean wait of calls,sum / n,wait_sum,n_count,wait_avg,,mart_calls,seconds,"
    "lower_is_better,1.1,analytics,Tests,,,0.1\n"
    "wait_avg_yoy,Change,Change on the year before,now - then,,,wait_avg_yoy,,mart_calls,seconds,"
    "lower_is_better,1.0,analytics,Tests,,calls of the year before,0.1\n"
    "cart_pct,Abandoned carts,Carts left,100 * left / carts,left_count,carts_count,cart_pct,,"
    "mart_carts,percent 0-100,lower_is_better,1.0,analytics,Tests,,finished carts,0.2\n"
    "score,Health,Health of a customer,mean,,,score,,mart_health,points 0-100,higher_is_better,"
    "1.0,analytics,Tests,,,0.3\n"
)
BENCHMARKS = (
    "benchmark_id,metric_id,metric_year,country_code,industry,value,unit,population,definition,"
    "source,definition_matches_ours,answers\n"
    "csat_2017,csat_pct,2017,,,83.5,percent,Companies,Good of all,A report,false,0.4\n"
)
QUESTIONS = (
    "question_id,document,title,is_benchmark_only\n"
    "0.1,A,Satisfaction and waits,false\n"
    "0.2,A,Carts,false\n"
    "0.3,A,Health,false\n"
    "0.4,A,What others have,true\n"
    "2.4,B,Satisfaction,false\n"
    "2.5,B,Nothing yet,false\n"
)
MODELS = {
    "staging/shop/stg_shop__calls.sql": "{{ stage('shop', 'calls', 'calls') }}",
    "staging/shop/stg_shop__orders.sql": "{{ stage('shop', 'orders', 'orders') }}",
    "intermediate/int_calls_versioned.sql": "{{ union_entity('calls') }}",
    "intermediate/int_carts_versioned.sql": "{{ union_entity('carts') }}",
    "intermediate/int_orders_versioned.sql": "{{ union_entity('orders') }}",
    "marts/core/fct_carts.sql": "from {{ ref('int_carts_versioned') }}",
    "marts/core/fct_calls.sql": "from {{ ref('int_calls_versioned') }}",
    "marts/metrics/mart_csat.sql": "from {{ ref('fct_calls') }}",
    "marts/metrics/mart_calls.sql": "from {{ ref('fct_calls') }}",
    "marts/metrics/mart_carts.sql": "from {{ ref('fct_carts') }} join {{ ref('fct_calls') }}",
    "marts/metrics/mart_health.py": 'dbt.ref("fct_calls")\ndbt.ref("int_orders_versioned")',
}
ENTITIES = """
vars:
  entities:
    calls:
      - stg_shop__calls
    orders:
      - stg_shop__orders
    carts: []
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    project = tmp_path / "project"
    files = {
        **{f"models/{path}": text for path, text in MODELS.items()},
        "seeds/reference/metric_registry.csv": REGISTRY,
        "seeds/reference/benchmarks.csv": BENCHMARKS,
        "seeds/reference/document_questions.csv": QUESTIONS,
        "dbt_project.yml": ENTITIES,
    }
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    home = tmp_path / "home"
    (home / "lake" / "shop" / "calls" / "load_date=2026-01-01").mkdir(parents=True)
    return Settings(home=home, project_dir=project)


@pytest.fixture
def published(settings: Settings) -> Callable[..., None]:
    """Make a published file of these statements."""

    def run(*statements: str) -> None:
        settings.published.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(settings.published / "cx.duckdb")) as connection:
            for statement in ("create schema marts", "create schema ops", *statements):
                connection.execute(statement)

    return run
