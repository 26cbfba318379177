# Two commands matter: `make serve` and `make test`. Each makes what it needs.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INPUTS := pyproject.toml constraints.txt hatch_build.py web/package.json web/package-lock.json

.PHONY: serve test install lint format bench w3c soak fuzz audit clean

serve: install
	@$(BIN)/pmkg serve

test: .venv/.test
	$(BIN)/python -m pytest

install: .venv/.serve

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.test
	$(BIN)/python -m bench.endpoint

w3c: .venv/.test
	$(BIN)/python -m tests.w3c.over_http

soak: .venv/.test
	$(BIN)/python -m bench.soak

fuzz: .venv/.test
	$(BIN)/python -m bench.fuzz

audit: .venv/.test
	$(BIN)/python -m bench.audit

.venv/.serve: $(INPUTS)
	@echo "Installing pmkg into .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/.test: .venv/.serve
	@echo "Installing what the tests need (once) ..."
	@$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@

clean:
	rm -rf .venv var
