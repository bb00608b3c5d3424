# Everything goes through .venv; a stamp file says which extras it holds, so the second call is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
EXAMPLE := seeds/2024-11-13-north-korean-troops.txt

.PHONY: help tag test test-slow train ui bench lint setup clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

tag: $(VENV)/.predict ## tag the example article with models/default
	@mkdir -p tags
	@$(BIN)/stancewire predict $(EXAMPLE) -o tags/example.jsonl --table

test: setup ## run the whole test suite (without the slow tests)
	@$(BIN)/python -m pytest -m "not slow"

test-slow: setup ## run the tests that train an encoder or start a server
	@$(BIN)/python -m pytest -m slow

train: setup ## train the linear baseline on labels/ (ADD=FOLDER: on another labelled set too)
	@$(BIN)/stancewire train training/tfidf-linear.yaml $(if $(ADD),--add $(ADD)) $(if $(MEASURE),--measure $(MEASURE))

ui: setup ## look at the runs in the MLflow UI
	@$(BIN)/stancewire ui

bench: setup ## measure speed, side by side
	@$(BIN)/python benchmarks/throughput.py

lint: setup ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(VENV)/.dev ## install everything that development needs

clean: ## remove .venv and caches
	rm -rf $(VENV) tags .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(BIN)/python:
	@echo "making $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.predict: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing what predicting needs ..." >&2
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing what development needs (a few minutes the first time) ..." >&2
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.predict
