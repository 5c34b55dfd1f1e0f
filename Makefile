# VirtOn HA. `make run` opens the console on the embedded cluster, `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
FUZZ := .venv-fuzz
SRC := src tests web packaging docs hatch_build.py
WEB := $(shell find web -name node_modules -prune -o -name __pycache__ -prune -o -type f -print)
MANUAL := $(wildcard docs/*.py docs/*/*.md docs/theme/*)
PAGE := src/virton/console/static/manifest.json

.PHONY: run test web bench format clean

run: $(VENV)/.run
	$(BIN)/virton serve

# Browser and packages are fetched side by side, and the types are checked beside the tests, which come to their end last;
# processes that tests start are compiled once, and not each anew.
test: export PYTHONDONTWRITEBYTECODE :=
test:
	@$(MAKE) --no-print-directory -j3 browser types contracts page-types tests

.PHONY: tidy types contracts page-types tests
tidy: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet $(SRC)
	@$(BIN)/ruff check --quiet $(SRC)

types: tidy
	@$(BIN)/mypy --no-error-summary

contracts: tidy
	@told=$$($(BIN)/lint-imports) || { echo "$$told"; false; }

page-types: tidy $(PAGE)
	@$(BIN)/python web/build_page.py check

tests: browser tidy $(PAGE)
	@$(BIN)/python -m pytest -n auto --dist worksteal

# The page, from web/ into the console; what was installed for the checks is enough to build it.
web: $(VENV)/.dev $(PAGE)

$(PAGE): $(WEB) | $(VENV)/.dev
	@$(BIN)/python web/build_page.py stale

# Clients that are not ours, unchanged, against a served embedded cluster; in an environment of their own.
.PHONY: test-clients
test-clients: $(VENV)/.run $(CLIENTS)/.installed
	@.ci/proxies
	VIRTON=$(CURDIR)/$(BIN)/virton $(CLIENTS)/bin/python -m pytest tests/clients

# Random courses of events with restarts, for an hour or SECONDS; the seeds are printed.
.PHONY: soak
SECONDS ?= 3600
SEEDS ?= 0..1000000
soak: $(VENV)/.dev
	$(BIN)/python -m tests.simulation.soak --seeds $(SEEDS) --seconds $(SECONDS)

# The browser tests, with a photograph of every sight of the page in tests/browser/screenshots.
.PHONY: photographs
photographs: $(VENV)/.dev $(PAGE) browser
	VIRTON_PHOTOGRAPHS=1 $(BIN)/python -m pytest tests/browser -n auto --dist worksteal

# 400 random faults in the embedded cluster, each forecast from its API a moment before; and the
# maintenance of 200 random clusters, as announced, with every order of their nodes tried; and one
# that is carried out by consoles which are killed 50 times.
.PHONY: proof
proof: $(VENV)/.dev
	$(BIN)/python -m tests.forecast.proof
	$(BIN)/python -m tests.forecast.maintained
	$(BIN)/python -m tests.console.maintained

# Both APIs, asked for what nobody would ask, for FUZZ_SECONDS (ten minutes); in an environment of its own.
.PHONY: test-fuzz
test-fuzz: $(VENV)/.dev $(FUZZ)/.installed
	$(BIN)/python -m tests.fuzz

# The manual, into the console; `make photographs` before it puts photographs of the page in.
.PHONY: manual
manual: $(VENV)/.dev
	$(BIN)/python docs/build_manual.py

# What an operator installs: wheel, Debian packages, one file for networks without internet, lists of parts. The
# manual in them shows the page: its photographs are taken first where they are not there.
.PHONY: packages test-packages
DIST := dist
packages: $(VENV)/.dev $(PAGE) browser
	$(BIN)/python docs/photographs.py
	$(BIN)/python packaging/build.py $(DIST)

# The Debian packages where systemd runs: installed, upgraded, restored, purged; the one file without a network, the
# wheel with pipx. As root, with mmdebstrap, systemd-container and pipx from Debian.
test-packages: packages
	@.ci/roots
	$(BIN)/python packaging/build.py $(DIST)/again --only wheel && cmp $(DIST)/again/*.whl $(DIST)/*.whl
	$(BIN)/python packaging/build.py $(DIST)/before --only deb --version 0.0.9
	$(BIN)/python packaging/try_packages.py $(DIST)
	$(BIN)/python packaging/try_bundle.py $(DIST)

# The container: built, run, stopped, started again; as root, with podman, runc, netavark and mmdebstrap from Debian.
.PHONY: test-container
test-container: packages
	@.ci/roots
	$(BIN)/python packaging/try_container.py $(DIST)

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

format: $(VENV)/.dev
	$(BIN)/ruff format $(SRC)
	$(BIN)/ruff check --fix $(SRC)

# Chromium and a Korean font, from Debian, for the browser tests; as root only, otherwise said.
.PHONY: browser
browser:
	@.ci/browser

# Installing the console builds its page, with Node from the PATH or, for that time, from PyPI.
$(VENV)/.run: requirements/run.txt pyproject.toml hatch_build.py $(WEB) $(MANUAL)
	@echo "Installing what the console needs into $(VENV), once; this takes some ten seconds."
	@PYTHON=$(PYTHON) requirements/install $(VENV) requirements/run.txt .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml hatch_build.py
	@echo "Installing what the checks need into $(VENV), once; this takes some ten seconds."
	@PYTHON=$(PYTHON) requirements/install $(VENV) requirements/dev.txt .
	@touch $@ $(VENV)/.run

$(FUZZ)/.installed: requirements/fuzz.txt
	PYTHON=$(PYTHON) requirements/install $(FUZZ) requirements/fuzz.txt
	@touch $@

$(CLIENTS)/.installed: requirements/clients.txt
	PYTHON=$(PYTHON) requirements/install $(CLIENTS) requirements/clients.txt
	@touch $@

clean:
	rm -rf $(DIST) $(VENV) $(CLIENTS) $(FUZZ) web/node_modules src/virton/console/static src/virton/console/manual .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
