# What a newcomer and a contributor need. `make` alone lists the targets.
#
#   NODES        hosts that `make up` starts (default: as many as there are, 1 at first)
#   DEBROS_HOME  where the local cluster lives (default: ~/.debros/dev)
#   DEBROS_RQLITED  the rqlited of new hosts (default: one that is installed, else it is fetched)
#   FLAGS        of `make bundle`; see `python3 -m debros.release bundle --help`
#   FUZZ         of `make fuzz`, such as --mutants 100000 --seed 1
#   SECONDS      of `make corpus`
#   SOAK         of `make soak`, such as --minutes 10 --hosts 3
#   ENDURANCE    of `make endurance`, such as hostile --minutes 10 --seed 7
#   WORKERS      processes of `make test` (default: two a core, 16 at most)
#   PYTHON       the interpreter to make .venv with (default: the first suitable one)

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

NODES ?=
# Tests wait for what they start half of their time.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 8 ? 2 * cores : 16)))
BIN := .venv/bin
LOCAL := $(BIN)/python -m debros.local

ifdef DEBROS_HOME
export DEBROS_HOME
endif
ifdef PYTHON
export PYTHON
endif

# No index address in the files: whoever installs uses the registry of their own pip configuration.
LOCK_OPTIONS := --quiet --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --unsafe-package fastecdsa

.DEFAULT_GOAL := help
.PHONY: help up down status logs run-node run-node2 run-node3 run-gateway build bundle fuzz corpus soak endurance test test-hosts test-hosts-all lint fmt bench lock openapi clean env env-any env-dev env-hosts

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: env ## Start the local cluster and wait until it is healthy (NODES=3 for three hosts)
	@$(LOCAL) up $(if $(NODES),--nodes $(NODES))

# A running cluster is looked after with the environment there is, however old, and stopped with none at all.
down: ## Stop the local cluster; its data stays
	@PYTHONPATH=src $$([ -x $(BIN)/python ] && echo $(BIN)/python || scripts/find-python.sh) -m debros.local.down

status: env-any ## Show the local cluster's processes
	@$(LOCAL) status

logs: env-any ## Follow the local cluster's logs (Ctrl-C ends)
	@$(LOCAL) logs

run-node: env ## Run rqlited and node of host 1 in the foreground
	@$(LOCAL) run-node 1

run-node2: env ## The same of host 2
	@$(LOCAL) run-node 2

run-node3: env ## The same of host 3
	@$(LOCAL) run-node 3

run-gateway: env ## Run the gateway of host 1 in the foreground
	@$(LOCAL) run-gateway 1

build: env ## Leave bin/network-cli, bin/node and bin/gateway
	@mkdir -p bin
	@ln -sfn ../$(BIN)/network-cli bin/network-cli
	@ln -sfn ../$(BIN)/debros-node bin/node
	@ln -sfn ../$(BIN)/debros-gateway bin/gateway

bundle: ## Leave dist/ with all a host without a network needs (FLAGS=--third-party for trials)
	@PYTHONPATH=src $$(scripts/find-python.sh) -m debros.release bundle $(FLAGS)

# A worker that crashed ends the run: with another in its place, pytest-xdist (issues 784, 1378) can wait for ever.
test: env-dev ## Run all tests
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --max-worker-restart 0 --dist loadscope --no-loadscope-reorder

fuzz: env-dev ## Run a million mutants of SQL against the isolation of tenants (FUZZ=--seed 1 …)
	@PYTHONPATH=tests/support $(BIN)/python -m testkit.fuzz $(FUZZ)

corpus: env-dev ## Let two namespaces run the corpus of SQL at the same time for ten minutes (SECONDS=…)
	@DEBROS_CORPUS_SECONDS=$${SECONDS:-600} $(BIN)/python -m pytest tests/integration/gateway/test_corpus.py

soak: env-dev ## Load a cluster with everything for an hour and watch memory and descriptors (SOAK="--minutes 60 --hosts 3")
	@PYTHONPATH=tests/support $(BIN)/python bench/soak.py $(SOAK)

endurance: env-dev ## Let nodes bear 10,000 visits, a million messages, an hour of hostile peers (ENDURANCE="cycles --count 100")
	@PYTHONPATH=tests/support $(BIN)/python bench/peers_endurance.py $(ENDURANCE)

test-hosts: env-hosts ## Test the playbooks on one and on three hosts made on this machine (root)
	@tests/hosts/bed template bookworm
	@tests/hosts/run.py default cluster

test-hosts-all: env-hosts ## The same, every distribution, the installer, every fault (an hour or two)
	@tests/hosts/bed template bookworm
	@$(BIN)/python -m pytest tests/hosts/test_bed.py
	@KILLS=$${KILLS:-10} ROUNDS=$${ROUNDS:-20} tests/hosts/run.py default cluster distros ipv6 installer join upgrade fleet restore faults

lint: env-dev ## Check the code without running it
	@scripts/system-deps.sh lint
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/yamllint --no-warnings --format parsable .
	@$(BIN)/python scripts/role-readmes.py --check
	@PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/ansible-lint -q
	@shellcheck --external-sources scripts/*.sh .ci/run tests/hosts/bed tests/hosts/bed.d/*.sh tests/hosts/bed.d/init

fmt: env-dev ## Format the code and apply the safe fixes
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: env-dev ## Measure; every bench starts clusters of its own
	@$(BIN)/python bench/sql_isolation.py
	@$(BIN)/python bench/gateway_overhead.py
	@$(BIN)/python bench/gateway_cpu.py
	@$(BIN)/python bench/pubsub_local.py
	@$(BIN)/python bench/pubsub_hosts.py
	@$(BIN)/python bench/pubsub_sustained.py
	@$(BIN)/python bench/pubsub_sockets.py
	@$(BIN)/python bench/client_keys.py
	@PYTHONPATH=tests/support $(BIN)/python bench/cli_start.py

lock: env-dev ## Pin again everything below pyproject.toml's dependencies, with hashes
	@$(BIN)/pip-compile $(LOCK_OPTIONS) --output-file requirements.txt pyproject.toml
	@$(BIN)/pip-compile $(LOCK_OPTIONS) --constraint requirements.txt --output-file requirements-deploy.txt requirements-deploy.in
	@$(BIN)/pip-compile $(LOCK_OPTIONS) --extra dev --constraint requirements.txt --constraint requirements-deploy.txt --output-file requirements-dev.txt pyproject.toml requirements-deploy.in

openapi: env-dev ## Write openapi/gateway.yaml, docs/errors.md and docs/limits.md again
	@$(BIN)/python scripts/openapi.py

clean: ## Remove what was built, .venv included; the cluster's data stays
	@rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache bin build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

env:
	@scripts/system-deps.sh
	@scripts/dev-env.sh

env-any:
	@$(BIN)/python -c 'import debros.local.__main__, debros.local.logs, debros.local.status' 2> /dev/null \
		|| { scripts/system-deps.sh && scripts/dev-env.sh; }

env-dev:
	@scripts/system-deps.sh
	@scripts/dev-env.sh dev

env-hosts: env-dev
	@scripts/system-deps.sh hosts
