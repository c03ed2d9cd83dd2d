# The commands of the README. Everything is installed into .venv from the project's own files.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
RUN := $(VENV)/bin/python
# A core type forced on OpenBLAS from outside would understate the peak that benchmarks compare with.
ONE_THREAD := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: demo test lint slow docs benchmark clean

demo: $(VENV)/.installed
	$(RUN) examples/ising_critical_point.py --out demo --seeds 4 --steps 400

# One process a core; threads of their own would only get in each other's way.
test: lint
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist worksteal -m "not slow"

lint: $(VENV)/.installed
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy --config-file setup.cfg

slow: $(VENV)/.installed
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist worksteal -m slow

# Cells of the pages are executed, and what they print is kept between builds; CELLS=off builds the
# pages without (tests/test_pages.py runs the same cells).
CELLS := cache
docs: $(VENV)/.docs
	OMP_NUM_THREADS=1 $(RUN) -m sphinx -W --keep-going -b html -D nb_execution_mode=$(CELLS) \
		docs docs/_build/html

benchmark: $(VENV)/.installed
	$(ONE_THREAD) $(RUN) benchmarks/kernels.py
	$(RUN) benchmarks/scaling.py
	$(ONE_THREAD) $(RUN) benchmarks/symmetry.py
	$(ONE_THREAD) $(RUN) benchmarks/character_tables.py

$(VENV)/.installed: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('mlrg needs Python 3.11 or newer: make PYTHON=/path/to/python3.11')"
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) demo docs/_build docs/generated
