# `make` alone says what there is. Every target sets up what it needs, on a fresh Debian or Ubuntu machine too.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# Without examples: what they import is installed in their images only.
PATHS := bluegreen tests demo tools bench entrypoint.py
SHELL_FILES = $(shell git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
DOCKERFILES = $(shell git ls-files --cached --others --exclude-standard '*Dockerfile')
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help demo demo-clean test unit lint format lock python machine

help: ## say what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: machine ## a real deployment, a broken one and a dying one, under load, on an EC2 host in a container
	@$(PYTHON) -m demo

demo-clean: python ## remove everything that `make demo` and `make test` made
	@$(PYTHON) -m demo --clean

test: machine ## all tests: unit, flow, and end to end on the box
	@$(PYTHON) tools/run_tests.py unit flow e2e

unit: python ## the unit and flow tests only, a few seconds
	@$(PYTHON) tools/run_tests.py unit flow

lint: python ## every linter; changes nothing
	ruff check
	ruff format --check
	mypy $(wildcard $(PATHS))
	lint-imports --no-logo
	shellcheck $(SHELL_FILES)
	hadolint $(DOCKERFILES)
	jactionlint
	zizmor --offline --quiet .
	check-jsonschema --builtin-schema vendor.github-actions action.yml
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@echo "lint: all clean"

format: python ## let ruff mend what it can
	ruff check --fix
	ruff format

lock: python ## remake requirements/ from pyproject.toml; `make lock UPGRADE=1` takes the newest releases
	uv pip compile $(LOCK) pyproject.toml -o requirements/runtime.txt
	uv pip compile $(LOCK) --group dev -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
LOCK = --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(if $(UPGRADE),--upgrade)

python:
	@bash tools/setup.sh python

machine:
	@bash tools/setup.sh machine
