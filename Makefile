# Needs Python 3.11 or later with pip, and make. Everything else is installed into .venv from requirements.lock.
# The tests of pages (tests/browser) also need a Chromium or Chrome: make test gets one where there is none.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
DOCS := target/docs
ROWS := 2000000
METRICS := --metrics revenue_cents,cost_cents,margin_cents --group-by metric_time__month --order metric_time__month

.PHONY: install demo docs metrics bench test test-slow lint lock

install: $(VENV)/.installed

demo: $(VENV)/.installed
	mkdir -p $(DEMO)
	cp -R examples/home/. $(DEMO)/
	$(BIN)/counterfoil run --home $(DEMO) --period 2026-03 --as-of 2026-04-02 >/dev/null
	$(BIN)/counterfoil run --home $(DEMO) --period 2026-04 --as-of 2026-05-02 >/dev/null
	$(BIN)/counterfoil run --home $(DEMO) --period 2026-05 --as-of 2026-06-02 >/dev/null
	@$(BIN)/counterfoil status --home $(DEMO)

# Every table, column and test of the project and what rests on what, as one page that needs neither server nor network;
# from the warehouse of a closed home.
docs: $(VENV)/.installed
	@test -e $(DEMO)/warehouse.duckdb || { echo "$(DEMO) is not closed yet: make demo, or name a home with make docs DEMO=..."; exit 1; }
	COUNTERFOIL_WAREHOUSE=$(DEMO)/warehouse.duckdb $(BIN)/dbt docs generate --static --quiet \
		--project-dir . --profiles-dir . --target-path $(DOCS) --log-path $(DOCS)
	@echo "open $(DOCS)/static_index.html"

# Metrics over what a home has published; docs/metrics.md says what can be asked.
metrics: $(VENV)/.installed-metrics
	@test -e $(DEMO)/published/marts.duckdb || { echo "$(DEMO) is not closed yet: make demo, or name a home with make metrics DEMO=..."; exit 1; }
	@cd semantics && export COUNTERFOIL_MARTS=$(abspath $(DEMO))/published/marts.duckdb \
		&& $(abspath $(BIN))/dbt parse --quiet && $(abspath $(BIN))/mf query $(METRICS)

# The close beside a floor, polars and pandas, on the same files; benchmarks/README.md has the other scenarios.
bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/compare.py --rows $(ROWS)

# The browser first, once for all workers.
test: $(VENV)/.installed-dev
	@cd tests && $(abspath $(BIN))/python -m support.get_browser
	$(BIN)/python -m pytest

# Tests that install other packages or take minutes.
test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow -n 2

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Needs uv; run it to take newer releases.
lock:
	uv pip compile --universal --python-version 3.11 --extra dev pyproject.toml -o requirements.lock \
		--no-emit-index-url --no-annotate --no-header

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Counterfoil needs Python 3.11 or later; name one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
# The pip that Python 3.11 brings takes twice as long for the rest.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.3'

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(VENV)/.installed-metrics: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[metrics]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[bench]'
	@touch $@ $(VENV)/.installed

# Not compiled: tests import a part of it, and Python compiles that. All of it would take a minute.
$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e '.[dev]'
	@touch $@ $(VENV)/.installed
