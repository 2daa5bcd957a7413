# Targets for a fresh clone. Everything runs in .venv, which is made from setup.cfg and the pins in constraints.txt.

PYTHON ?= python3.10
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.neurosim-installed
EXTRAS := lava,nir,analysis,datasets,cluster,test,dev,docs

.PHONY: env demo test lint docs clean

env: $(STAMP)

# The stamp is written last, so an installation that broke off is taken up again by the next `make`.
$(STAMP): setup.cfg setup.py pyproject.toml constraints.txt
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || { \
	  echo "neurosim: no usable Python 3.10: '$(PYTHON)' is missing, does not start, is another version, or lacks venv." >&2; \
	  echo "Lava needs 3.10 exactly. Ways to get it:" >&2; \
	  echo "  pyenv:     pyenv install 3.10   (.python-version in this folder then selects it)" >&2; \
	  echo "  uv:        uv python install 3.10" >&2; \
	  echo "  Ubuntu:    apt install python3.10 python3.10-venv   (from the deadsnakes PPA on newer releases)" >&2; \
	  echo "Then run make again, or name the interpreter: make PYTHON=path/to/python3.10" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

demo: env
	$(BIN)/neurosim demo --out demo-out

test: env
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: env
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: env
	$(BIN)/mkdocs build --strict

clean:
	rm -rf build dist site demo-out neurosim.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
