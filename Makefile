# Needs Python 3.11 or later with pip, and make. Everything else is installed into .venv from requirements.lock.
# The tests of pages (tests/browser) also need a Chromium or Chrome, and say how to get one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: demo test lint lock

demo: $(VENV)/.installed
	mkdir -p $(DEMO)
	cp -R examples/home/. $(DEMO)/
	$(BIN)/counterfoil run --home $(DEMO) --period 2026-03 --through 2026-05 --as-of 2026-06-02

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

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

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	@touch $@ $(VENV)/.installed
