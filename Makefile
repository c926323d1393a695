# Set-up happens by itself: every target depends on the environment, which is rebuilt only when
# the lock file or the package's metadata changed.
.PHONY: setup demo test histories kills readers fuzz lint lint-sql audit ui docs lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

help:
	@echo "make demo   set up, generate demo data and run everything, end to end"
	@echo "make test   set up and run the tests"
	@echo "make histories N=500   random histories against rebuilds, more than make test does"
	@echo "make kills N=200   kills of a run at random moments, more than make test does"
	@echo "make readers N=100 READERS=20   readers during publishes, more than make test does"
	@echo "make fuzz N=10000   broken files of every kind, more than make test does"
	@echo "make lint   ruff, mypy"
	@echo "make lint-sql   sqlfluff on all models (some minutes)"
	@echo "make audit  known vulnerabilities of the pinned dependencies"
	@echo "make ui     Dagster on http://127.0.0.1:3000"
	@echo "make docs   one page of all tables, columns and metric families: target/static_index.html"
	@echo "make lock   pin the dependencies of pyproject.toml again"

setup: $(VENV)/installed

# That the checkout itself is what runs is meant: a warning about it would be the first that one reads.
$(VENV)/installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "error: expected $(PYTHON) on the path, found none: install Python 3.11 or say make PYTHON=..." >&2; exit 2; }
	@echo "Setting up $(VENV) (two to four minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PYTHONWARNINGS="ignore:Editable installation" $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/cx demo

test: setup
	@$(BIN)/python -m pytest

N ?= 500
SEED ?= 1
histories: setup
	@$(BIN)/python tests/python/properties/run_histories.py --count $(N) --seed $(SEED)

kills: setup
	@$(BIN)/python tests/python/kills/run_kills.py --count $(N) --seed $(SEED)

READERS ?= 20
readers: setup
	@$(BIN)/python tests/python/publish/publish_readers.py --publishes $(N) --readers $(READERS)

fuzz: setup
	@$(BIN)/python tests/python/fuzz/run_fuzz.py --count $(N) --seed $(SEED)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Compiles every model for itself: ten minutes of a core.
lint-sql: setup
	@$(BIN)/sqlfluff lint --processes 2 models tests/dbt

# Strict: a dependency that the advisory service does not know is not taken for a safe one.
audit: setup
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

ui: setup
	@$(BIN)/cx ui

WAREHOUSE := $(or $(CX_HOME),data)/warehouse/warehouse.duckdb
docs: setup
	@test -f "$(WAREHOUSE)" || { echo "error: expected a warehouse in $(WAREHOUSE), found none: run make demo first" >&2; exit 2; }
	@$(BIN)/dbt --quiet docs generate --static
	@echo target/static_index.html

lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-strip-extras --no-header \
		--python-version 3.11 --output-file requirements.lock

clean:
	rm -rf $(VENV) target logs
