# Two commands do everything: `make demo` (and `demo-chain`) shows it, `make test` proves it. All install what they need, and no more.
# PYTHON=python3.12 makes the environment anew for that Python; without it, the one that is there is kept.
PYTHON ?=
WITH := $(or $(PYTHON),python3) -E -m tools.set_up $(if $(PYTHON),--this-python)
# A part of the gate is a process that reads no other's files. Folders that take long are one each, longest first.
FOLDERS := $(sort $(foreach file,$(wildcard tests/*/test_*.py tests/*/*/test_*.py),tests/$(word 2,$(subst /, ,$(file)))))
TESTS := tests/deploy tests/local tests/handler others tests/constructs/composition tests/constructs tests/docs tests/tools
OTHERS := $(filter-out $(TESTS),$(FOLDERS))
GATE := $(TESTS) mypy basedpyright lint
SCREENS := tests/docs/test_screens.py
QUICK_ONLY = -m 'not sweep' --ignore-glob '*_checked.py' --ignore tests/tools/live
QUICK := tests/constructs tests/constructs/composition tests/handler tests/tools tests/docs/test_contributing.py
QUICKLY =
COVERAGE =
OPTIONS =
PATHS = $@
DONE =

# How many parts run at a time: JOBS, or one more than two cores, because deployments wait.
AT_ONCE = $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=$(or $(filter-out 0,$(JOBS)),3))
# Each prints when it is done, which the make of macOS can't.
GROUPED = $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
TOGETHER = --no-print-directory --keep-going $(AT_ONCE) $(GROUPED)
# What has failed is told at the end: each part that is done says so in a file. A dry run does none.
DRY = $(findstring n,$(firstword -$(MAKEFLAGS)))
LEDGER = done=$$(mktemp) || exit$(if $(DRY),,; echo 'each prints when it is done: $(1)')
TELL = code=$$?; failed=$$(printf '%s\n' $(1) | grep -vxFf "$$done" | tr '\n' ' '); rm "$$done"; \
	$(if $(DRY),,if [ -z "$$failed" ] && [ $$code = 0 ]; then echo all passed; else echo failed: $$failed; exit 1; fi)
BEGIN = @echo '$@'
END = @$(if $(DONE),echo '$@' >>"$$DONE")

.PHONY: demo demo-chain recording test check install format lint types mypy basedpyright unit worlds site-test docs diagrams bench
.PHONY: $(FOLDERS) $(QUICK) others
.PHONY: live live-apply lock newest outdated audit pythons api dist clean

demo:
	@$(WITH) demo python -m cdk_cleanroomsml.local -- python examples/quickstart/demo.py

# The whole chain, in two accounts.
demo-chain:
	@$(WITH) demo python -m cdk_cleanroomsml.local -- python examples/retail_media/demo.py

# The picture of a real run that the README shows.
recording:
	@RECORDING=docs/demo.svg $(WITH) demo python -m cdk_cleanroomsml.local -- python examples/quickstart/demo.py

test: install
	@$(call LEDGER,$(GATE)); $(MAKE) $(TOGETHER) DONE="$$done" $(GATE); $(call TELL,$(GATE))

# The loop while working: without the engine, sweeps (random histories are some), and other checkers of templates; of types
# what mypy says of what has changed.
check: install
	@$(call LEDGER,$(QUICK) mypy lint); $(MAKE) $(TOGETHER) DONE="$$done" COVERAGE= QUICKLY="$(QUICK_ONLY)" \
		$(QUICK) mypy lint; $(call TELL,$(QUICK) mypy lint)

install:
	@$(WITH) dev

lint:
	$(BEGIN)
	@$(WITH) dev ruff format --check .
	@$(WITH) dev ruff format --check --line-length 80 README.md
	@$(WITH) dev ruff check .
	@out=$$($(WITH) dev lint-imports --no-cache --no-logo) || { echo "$$out"; exit 1; }
	@if [ -d .github ]; then $(WITH) dev zizmor --offline --quiet .github; else echo 'no .github here, as in a source distribution'; fi
	$(END)

types: mypy basedpyright

mypy basedpyright:
	$(BEGIN)
	@$(WITH) dev $@
	$(END)

unit: install
	@$(call LEDGER,$(TESTS)); $(MAKE) $(TOGETHER) DONE="$$done" $(TESTS); $(call TELL,$(TESTS))

# What is measured is how the function's own tests cover it.
tests/handler: COVERAGE = --cov --cov-report=term-missing:skip-covered --cov-fail-under=100
tests/constructs: OPTIONS = --ignore $@/composition
others: PATHS = $(OTHERS)
# The examples in the pages are its business, how they look isn't.
tests/docs: OPTIONS = --ignore $(SCREENS) docs README.md

$(sort $(FOLDERS) $(TESTS) $(QUICK)):
	$(BEGIN)
	@$(WITH) dev pytest -q $(COVERAGE) $(QUICKLY) $(OPTIONS) $(PATHS)
	$(END)

# Any other folder or file; a shell ends the name of a folder with a slash.
tests/%: FORCE
	@$(WITH) dev pytest -q $(@:/=)

FORCE:

# The scenarios, and the command for operators, in other worlds of what nobody knows about the service (tests/worlds.py): WORLDS="surprised 1 2 3" names some of them.
worlds: install
	@failed=0; for world in $(or $(WORLDS),surprised $(shell seq 21)); do \
		case $$world in [0-9]*) world=pairwise-$$world;; esac; \
		$(WITH) dev pytest -q -n $(or $(JOBS),3) --switches $$world tests/handler/scenarios tests/operators || failed=1; \
	done; exit $$failed

# Each page in headless Chromium, some 20 seconds of a core: what the gate has no time for.
site-test:
	@$(WITH) dev pytest $(SCREENS)

docs:
	@$(WITH) dev zensical build --strict
	@echo "the site: $(CURDIR)/site/index.html"

# The pictures of docs/diagrams, from their sources.
diagrams:
	@$(WITH) dev python -m tools.diagrams.updates
	@$(WITH) dev npm ci --prefix tools/diagrams --loglevel=error >/dev/null
	@$(WITH) dev node tools/diagrams/draw.mjs

bench:
	@$(WITH) dev uv pip install --quiet -r benchmarks/requirements.txt
	@$(WITH) dev python -m benchmarks

format:
	@$(WITH) dev ruff format .
	@$(WITH) dev ruff format --line-length 80 README.md
	@$(WITH) dev ruff check --fix .

# Asks a live account, which takes credentials: docs/live.md. AUDIENCE_MODEL_ARN=… TRAINING_DATASET_ARN=… MEMBERSHIP_ID=…
# PARTNER_PROFILE=… SEED_S3_URI=… YES=1; PERMISSIONS=1 prints the policy that it takes, CLEAN_UP=1 deletes what a run has left.
export AUDIENCE_MODEL_ARN TRAINING_DATASET_ARN MEMBERSHIP_ID PARTNER_PROFILE SEED_S3_URI YES PERMISSIONS CLEAN_UP

live:
	@$(WITH) demo python -m tools.live

# What a report of it says, in the switches' defaults and the docs.
live-apply:
	@$(WITH) demo python -m tools.live.apply $(FILE)

lock:
	@$(WITH) uv python -m tools.lock write
	@for folder in . tools/diagrams; do $(WITH) demo npm install --prefix $$folder --package-lock-only --loglevel=error >/dev/null; done

# The newest release of everything, and what that would change.
newest:
	@$(WITH) demo python -m tools.lock newest
	@$(WITH) demo npm install --package-lock-only --loglevel=error >/dev/null

outdated:
	@$(WITH) demo python -m tools.lock outdated

# Whether a vulnerability is known in anything that is pinned.
audit:
	@$(WITH) demo python -m tools.audit

# On each supported Python of this machine; WHEEL=dist/….whl proves that file.
pythons:
	@$(or $(PYTHON),python3) -E -m tools.pythons $(WHEEL)

# Whether programs break that ran with the last release.
api:
	@$(WITH) dev python -m tools.api

dist:
	@rm -rf dist
	@$(WITH) demo uv build --no-config --quiet --no-build-isolation --out-dir dist

clean:
	@$(WITH) clean
