# Lakekeel. `make demo` and `make test` do all set-up on a fresh machine that has
# Go, Node, Python 3 and Java 17; everything they make goes under .lakekeel/ and bin/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export LAKEKEEL_HOME ?= $(CURDIR)/.lakekeel
# The CDK for Go parses its library's description at every start unless this cache is kept warm.
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(LAKEKEEL_HOME)/jsii
# Node 20 works; the CDK's warning about it would stand in every output.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

PYTHON := $(LAKEKEEL_HOME)/venv/bin/python
STAGE ?= Local
WORKFLOW ?= Covid_19
DATA ?= etlScripts/covid19/sample
QUERY := SELECT country, location, date, cases, deaths, "ecdc-countries", acute_care, acute_care_per_100k, \
  critical_care, critical_care_per_100k FROM neherlab_denormalized ORDER BY country, location, date LIMIT 10

.PHONY: help
help: ## What there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: bin/lakekeel ## Build the program at bin/lakekeel

# Go itself knows best whether anything changed; an unchanged build takes a moment.
.PHONY: bin/lakekeel
bin/lakekeel:
	@command -v go >/dev/null || { echo "lakekeel: Go is missing; install Go 1.26 or newer (Debian: apt-get install golang, or https://go.dev/dl)"; exit 1; }
	@go build -trimpath -ldflags "-s -w" -o $@ ./apps/lakekeel

.PHONY: setup
setup: bin/lakekeel ## Install the pinned tools under .lakekeel/
	@bin/lakekeel doctor --quiet
	@bin/lakekeel setup

# One process that lives until the CDK's library has its index; later starts are four times cheaper.
$(JSII_RUNTIME_PACKAGE_CACHE_ROOT)/.warm: go.mod
	@echo "warming the CDK's package cache (once)"
	@# jsii waits for its Node process twice and sometimes complains about the second time
	@go run ./internal/jsiicache 2>&1 | sed 's/Runtime process exited abnormally: waitid: no child processes//'
	@mkdir -p $(@D) && touch $@

.PHONY: warm
warm: $(JSII_RUNTIME_PACKAGE_CACHE_ROOT)/.warm

$(LAKEKEEL_HOME)/venv/.test-tools: test/requirements.txt | setup
	@echo "installing the test tools"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r test/requirements.txt
	@touch $@

.PHONY: test-tools
test-tools: setup warm $(LAKEKEEL_HOME)/venv/.test-tools

# The jars of Hudi, Iceberg and Delta come once, 220 MB. Where they cannot be had, the tests say what they leave out.
.PHONY: test-setup
test-setup: test-tools
	@$(PYTHON) test/scd2/jars.py

.PHONY: demo
demo: setup warm ## Deploy to the local endpoint, run the workflow, show rows (DATA=folder for other input)
	@bin/lakekeel up
	@CDK_VALIDATION=false bin/lakekeel deploy $(STAGE)  # the goldens have passed the validator already
	@bin/lakekeel run $(WORKFLOW) --data $(DATA)
	@bin/lakekeel query '$(QUERY)'
	@echo
	@echo 'Next: bin/lakekeel query --json "SELECT count(*) AS n FROM neherlab_denormalized"'
	@echo '      bin/lakekeel graph $(WORKFLOW) --format svg -o covid19.svg      bin/lakekeel status'
	@echo '      make down (stops the local endpoint)      README.md (your own app, AWS)'

.PHONY: down
down: bin/lakekeel ## Stop the local endpoint
	@bin/lakekeel down

.PHONY: test
test: test-setup ## Run every check, fast to slow, with a report at the end
	@go run ./test/suite $(ONLY)

# What the delivery pipeline's build runs, and `lakekeel rehearse` here: unit tests of
# Go and Python, and the one synth that pays for the CDK's template validator.
CDK := CDK_HOME=$(LAKEKEEL_HOME)/cdk CDK_DISABLE_CLI_TELEMETRY=true node $(LAKEKEEL_HOME)/node/node_modules/aws-cdk/bin/cdk

.PHONY: pipeline-build
pipeline-build: test-tools
	go test ./internal/... ./constructs/... ./stacks/... ./apps/...
	$(PYTHON) -m pytest -q test/etl
	$(CDK) synth --quiet --no-notices
	@cp bin/lakekeel cdk.out/  # for the pipeline's check of who may see more than before

.PHONY: synth
synth: setup warm ## Synthesize the app into cdk.out, without the CDK's validator
	@CDK_VALIDATION=false $(CDK) synth --quiet --no-notices

.PHONY: lock
lock: ## Pin the Python packages again, after a change of a requirements.in
	@$(PYTHON) -m piptools --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet pip-tools==7.6.2
	@for lock in internal/toolchain/requirements.txt=internal/endpoint/python/requirements.in test/requirements.txt=test/requirements.in \
	    test/bench/synth/python/requirements.txt=test/bench/synth/python/requirements.in test/scd2/reader.txt=test/scd2/reader.in; do \
	  $(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	    --output-file $${lock%%=*} $${lock##*=}; done

.PHONY: golden
golden: warm ## Rewrite the golden templates; read the difference before you commit it
	@CDK_VALIDATION=false go test -count=1 ./test -update

.PHONY: bench
bench: test-tools ## Measure what docs/benchmarks.md claims
	@$(PYTHON) test/bench/run.py

.PHONY: prove-kdc
prove-kdc: setup ## Prove the Kerberos KDC's failover: hours, as root (LOGINS=400 REPEATS=1 for a quick look)
	@bin/lakekeel prove kdc --logins $(or $(LOGINS),16000) --repeats $(or $(REPEATS),5)

.PHONY: clean
clean: down ## Remove what was built and installed
	@rm -rf .lakekeel bin cdk.out
