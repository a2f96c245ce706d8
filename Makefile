# Needs only python3 >= 3.11 and make. Everything is set up in .venv from hashed lock files.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "aiaudit needs python3 >= 3.11; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: $(BIN)/python requirements/run.txt pyproject.toml
	@echo "setting up $(VENV), once: fetching $$(grep -c == requirements/run.txt) packages, a minute or two"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt requirements/docs.txt
	@echo "fetching what the tests need, once: $$(cat requirements/dev.txt requirements/docs.txt | grep -c ==) packages more"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --require-hashes -r requirements/docs.txt
	@touch $@

demo: $(VENV)/.run ## audit a sample project and write its HTML report
	@echo "auditing sample_projects/churn-model, which is made to fail"; echo
	@$(BIN)/aiaudit run sample_projects/churn-model -o demo-report.html -o demo-report.md
	@echo; echo "Report: $(CURDIR)/demo-report.html (open it in a browser)"
	@echo "Your own project: $(BIN)/aiaudit run path/to/project -o report.html"

test: $(VENV)/.dev ## lint, type-check and run the whole test suite
	@$(BIN)/ruff check .
	@echo "checking types and, unless nothing has changed, compiling the packs meanwhile: a minute"
	@$(BIN)/mypy & types=$$!; \
	$(BIN)/python -c 'from aiaudit.packs.precompiled import prepare_checkout; prepare_checkout()' && wait $$types
	@echo "running the whole suite: ten to fifteen minutes on two processors"
	@$(BIN)/pytest -n auto

lint: $(VENV)/.dev ## ruff and mypy only
	@$(BIN)/ruff check . && $(BIN)/mypy

bench: $(VENV)/.dev ## the benchmarks (see docs/performance.md)
	@for b in startup installed audit rules; do echo "== $$b"; $(BIN)/python benchmarks/$$b.py || exit 1; done

docs: $(VENV)/.dev ## build the documentation into site/, with every warning an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict && echo "Documentation: $(CURDIR)/site/index.html"

$(VENV)/.fuzz: $(VENV)/.dev requirements/fuzz.txt
	@$(PIP) install --require-hashes -r requirements/fuzz.txt
	@touch $@

fuzz: $(VENV)/.fuzz ## fuzz every reader of foreign bytes, more than a million executions (docs/trust.md)
	@nice -n 19 $(BIN)/python -m fuzz

lock: ## renew the lock files
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip -q install pip-tools
	@cd requirements && for f in run build dev docs fuzz; do ../.venv-lock/bin/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-options --no-header -o $$f.txt $$f.in; done
	@rm -rf .venv-lock

clean: ## remove what make has made
	@rm -rf $(VENV) demo-report.html demo-report.md dist site .precompiled .mypy_cache .ruff_cache .pytest_cache

.PHONY: help demo test lint bench fuzz docs lock clean
