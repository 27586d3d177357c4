# Two commands do everything: `make demo` (and `demo-chain`) shows it, `make test` proves it. All install what they need.
SHELL := bash
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The Node that comes with the Python environment serves jsii, too, whatever else the machine has.
export JSII_NODE := $(BIN)/node
# What Python compiles is kept: uncached, importing the CDK takes seconds in each of many processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-chain test install format lint types unit docs bench lock clean

demo: install
	python -m cdk_cleanroomsml.local -- python examples/quickstart/demo.py

# The whole chain, in two accounts.
demo-chain: install
	python -m cdk_cleanroomsml.local -- python examples/retail_media/demo.py

# The three take turns on the cores; each prints when it is done.
test: install
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target lint types unit

install: .venv/.installed node_modules/.installed

.venv/.installed: pyproject.toml requirements.txt requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; this is " + sys.version)'
	$(PYTHON) -m venv .venv
	pip install --quiet --require-hashes -r requirements-uv.txt
	uv pip install --quiet --require-hashes -r requirements.txt
	uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.installed: package.json package-lock.json .venv/.installed
	npm ci --silent
	@touch $@

lint: install
	ruff format --check .
	ruff check .

types: install
	mypy
	basedpyright

unit: install
	pytest -n 2 --dist loadfile --cov --cov-report=term-missing:skip-covered --cov-fail-under=100

docs: install
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

bench: install
	pip install --quiet -r benchmarks/requirements.txt
	python -m benchmarks

format: install
	ruff format .
	ruff check --fix .

# The exact versions, with hashes and without addresses; package-lock.json likewise.
lock:
	uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-strip-extras --no-annotate --no-header \
		--no-emit-index-url --extra local --group dev pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url - -o requirements-uv.txt <<< "$$(grep -o '^uv==[^ ]*' requirements.txt)"
	npm install --package-lock-only

clean:
	rm -rf .venv node_modules cdk.out dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
