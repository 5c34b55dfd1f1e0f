# VirtOn HA. `make run` opens the console on the embedded cluster, `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
SRC := src tests

.PHONY: run test check lint types imports tests bench format clean

run: $(VENV)/.run
	$(BIN)/virton serve

test: $(VENV)/.dev browser
	$(BIN)/ruff format --check $(SRC)
	$(BIN)/ruff check $(SRC)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist worksteal

# Clients that are not ours, unchanged, against a served embedded cluster; in an environment of their own.
.PHONY: test-clients
test-clients: $(VENV)/.run $(CLIENTS)/.installed
	VIRTON=$(CURDIR)/$(BIN)/virton $(CLIENTS)/bin/python -m pytest tests/clients

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

format: $(VENV)/.dev
	$(BIN)/ruff format $(SRC)
	$(BIN)/ruff check --fix $(SRC)

# Chromium and a Korean font, from Debian, for the browser tests; as root only, otherwise said.
.PHONY: browser
browser:
	@.ci/browser

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the console needs into $(VENV), once; this takes about half a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the checks need into $(VENV), once; this takes about a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@ $(VENV)/.run

$(CLIENTS)/.installed: requirements/clients.txt
	test -x $(CLIENTS)/bin/python || $(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@

clean:
	rm -rf $(VENV) $(CLIENTS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
