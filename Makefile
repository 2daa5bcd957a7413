# Targets for a fresh clone. Everything runs in .venv, which is made from setup.cfg and the pins in constraints/.

comma := ,
LANES := 3.12 3.13 3.11 3.10
usable = $(shell python$(1) -c 'import ensurepip, venv' >/dev/null 2>&1 && echo python$(1))
PYTHON ?= $(firstword $(foreach version,$(LANES),$(call usable,$(version))))
LANE := $(shell $(or $(PYTHON),false) -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
CONSTRAINTS := constraints/$(LANE).txt
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.neurosim-$(LANE)
# Newer Pythons have Lava in a private folder, which 'neurosim lava setup' fills.
EXTRAS := $(if $(filter 3.10,$(LANE)),lava$(comma))nir,analysis,nwb,datasets,cluster,test,dev,docs

.PHONY: env demo test test-all lint docs pictures lessons clean

env: $(STAMP)

# The stamp is written last, so an installation that broke off is taken up again by the next `make`.
$(STAMP): setup.cfg setup.py pyproject.toml $(wildcard constraints/*.txt)
	@test -n '$(filter $(LANE),$(LANES))' || { \
	  echo "neurosim: no usable Python: expected one of $(LANES) with venv, found '$(or $(PYTHON),none)' ($(or $(LANE),does not start))." >&2; \
	  echo "Ways to get one:" >&2; \
	  echo "  pyenv:     pyenv install 3.12   (.python-version in this folder then selects it)" >&2; \
	  echo "  uv:        uv python install 3.12" >&2; \
	  echo "  Ubuntu:    apt install python3.12 python3.12-venv   (from the deadsnakes PPA on older releases)" >&2; \
	  echo "Then run make again, or name the interpreter: make PYTHON=path/to/python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	$(BIN)/neurosim lava setup
	touch $@

demo: env
	$(BIN)/neurosim demo --out demo-out

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 1

test: env
	$(PYTEST)

# Reproduces every committed study, not only those whose code has changed since their last reproduction.
test-all: env
	$(PYTEST) --reproduce-all

lint: env
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: env
	$(BIN)/mkdocs build --strict

# Makes the pictures of the docs whose code has changed, and REPRODUCING.md; look at them before you commit them.
pictures: env
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/reproducing.py

# Runs the tour, the tutorials and the how-to pages, and writes their outputs and pictures; look at both before you commit them.
lessons: env
	$(BIN)/python docs/lessons.py --write

clean:
	rm -rf build dist site demo-out neurosim.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
