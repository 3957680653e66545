# Two commands do everything, set-up included: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN = $(VENV)/bin
# PyTorch's own index of builds without CUDA, which are a twentieth of the size; PyPI where it cannot be reached.
TORCH = torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
MINUTES ?= 10
ENGINE ?= mujoco
RUN ?= runs/demo

.PHONY: demo test slow check format lint types docs clean

demo: $(VENV)/ready
	$(BIN)/dohyo train sumo --body ant --engine $(ENGINE) --minutes $(MINUTES) --out $(RUN)
	$(BIN)/dohyo rate $(RUN)
	$(BIN)/dohyo play sumo --body ant --engine $(ENGINE) --seat $(RUN) --seat zero --bouts 20 --picture $(RUN)/bout.gif
	$(BIN)/dohyo report $(RUN)
	@echo "A bout to look at: $(RUN)/bout.gif"

test: $(VENV)/ready
	$(BIN)/pytest

slow: $(VENV)/ready
	$(BIN)/pytest -m slow

check: lint types test

format: $(VENV)/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/python docs/prose.py

docs: $(VENV)/ready-docs
	$(BIN)/python docs/site.py

# Type checkers do not see through an editable install that maps a folder to a package: give them links.
types: $(VENV)/ready
	mkdir -p build/types/dohyo
	for part in __init__.py py.typed arenas agents curricula cli; do ln -sfn ../../../$$part build/types/dohyo/$$part; done
	$(BIN)/mypy -p dohyo
	MYPYPATH=benchmarks:benchmarks/probes $(BIN)/mypy benchmarks/*.py benchmarks/probes/*.py

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --retries 1 --index-url $(TORCH_INDEX) $(TORCH) || $(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

$(VENV)/ready-docs: $(VENV)/ready
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
