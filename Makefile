# Granary: every command a developer needs. `make` alone prints them.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= logical
ARGS ?=
UPGRADE ?=

PIP := $(BIN)/pip install -qq --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
WITH_SERVERS := $(BIN)/python -m config.embedded run
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check bench soak screenshots fmt lock messages stop clean reset machine-to-run machine-to-test

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: machine-to-test $(VENV)/dev.stamp messages ## virtual environment, pinned requirements, Debian packages (root installs them)

run: machine-to-run $(VENV)/run.stamp messages ## start everything, demo data included; PORT=8001 moves it, Ctrl-C stops it
	@PORT=$(PORT) $(BIN)/python -m config.run

test: setup ## all tests, on all cores; ARGS='-k waterfall -x' chooses
	@$(WITH_SERVERS) $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

check: setup ## style, types, layers, migrations, docs, translations, security
	@$(WITH_SERVERS) $(BIN)/python -m config.check

bench: setup ## benchmarks: ratios against plain SQL, with peak memory; BENCH=benchmarks.close_day chooses
	@$(WITH_SERVERS) $(BIN)/python -m $(or $(BENCH),benchmarks) $(ARGS)

soak: setup ## the tests that take long
	@$(WITH_SERVERS) $(BIN)/pytest -m soak -s $(ARGS)

screenshots: setup ## pictures of every page, both languages, phone and desk, light and dark, into var/screenshots
	@$(WITH_SERVERS) $(BIN)/python -m tests.screens $(ARGS)

fmt: $(VENV)/dev.stamp ## format the code, fix what can be fixed
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format --quiet .

lock: $(VENV)/dev.stamp ## pin requirements/*.in with hashes; UPGRADE=1 takes newer releases
	@echo "Pinning requirements"
	@$(LOCK) requirements/base.in -o requirements/base.txt
	@$(LOCK) --constraints requirements/base.txt requirements/dev.in -o requirements/dev.txt

messages: $(MESSAGES) ## compile translations that changed

stop: ## stop embedded PostgreSQL and Valkey left running
	@test ! -x $(BIN)/python || $(BIN)/python -m config.embedded stop

clean: ## remove caches and compiled translations; keeps .venv and data
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov $(MESSAGES)
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

reset: stop ## delete all local data under var/: the next `make run` starts afresh
	@rm -rf var

machine-to-run:
	@$(PYTHON) config/machine.py run

machine-to-test:
	@$(PYTHON) config/machine.py test

$(BIN)/pip:
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/base.txt | $(BIN)/pip
	@echo "Installing requirements/base.txt"
	@$(PIP) -r requirements/base.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(BIN)/pip
	@echo "Installing requirements/dev.txt"
	@$(PIP) -r requirements/dev.txt
	@touch $@ $(VENV)/run.stamp

%.mo: %.po
	@echo "Compiling $<"
	@msgfmt --check --output-file=$@ $<
