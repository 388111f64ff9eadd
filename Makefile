# Every command a developer needs; `make` alone lists them. Node 26 comes from npm: the host's Node only runs npm.
NODE := node_modules/.bin/node
BIN := node_modules/.bin
HOST_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help setup run build executables web fmt check test soak fuzz bench clean docs packages repositories test-platforms

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: node_modules/.made ## packages, the mongods and the browser that tests need
	@$(NODE) build/setup.ts

# The lock file decides every version here too. `npm ci` would refuse it: optional packages for other platforms than
# Linux are absent from it when the registry that wrote it did not have them.
node_modules/.made: package.json package-lock.json
	@PATH='$(HOST_PATH)' npm install --no-save --no-audit --no-fund --loglevel=error
	@$(NODE) --version >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq libatomic1; } || true
	@$(NODE) --version >/dev/null || { echo 'Node 26 does not start here: install libatomic1 (Debian, Ubuntu) or libatomic (Fedora, RHEL)'; exit 1; }
	@touch $@

run: setup build ## server, agent and a replica set to look at; prints a link that signs in; Ctrl-C ends it
	@dist/leafward demo --allow-root

build: node_modules/.made ## dist/leafward, the single executable for this machine
	@$(NODE) build/executable.ts

executables: node_modules/.made ## dist/executables: all six platforms, SBOM, checksums (signed with LEAFWARD_ARTIFACT_KEY_FILE, Ed25519)
	@$(NODE) build/executables.ts

packages: executables ## dist/packages: deb and rpm (signed when LEAFWARD_SIGNING_KEY names an OpenPGP key), archives without a key
	@$(NODE) build/packages/make-packages.ts
	@$(NODE) build/blank-archives.ts

repositories: packages ## dist/repositories: what apt and yum install from, signed with LEAFWARD_SIGNING_KEY
	@$(NODE) build/repositories/make-repositories.ts

web: node_modules/.made ## dist/web, the pages as development and tests read them
	@$(NODE) build/bundle-pages.ts

fmt: node_modules/.made ## format everything
	@$(BIN)/biome check --write

check: node_modules/.made ## format, types, lint, layers, unused code
	@$(NODE) build/check.ts

test: setup ## everything: check, unit, contract, integration, the executable, the pages
	@$(NODE) test/run.ts

test-platforms: setup build executables ## installs in chroots of Debian and with dnf; needs root and minutes; never part of test
	@$(NODE) test/platforms/run.ts

soak: setup ## 200 faults while a workload is backed up (LEAFWARD_SOAK_FAULTS, LEAFWARD_SOAK_VERSIONS, LEAFWARD_TEST_SEED); never part of test
	@$(NODE) --test test/soak/faults.soak.ts

fuzz: setup ## every route of the API with a hundred times the requests of `make test`, minutes (LEAFWARD_TEST_SEED); never part of test
	@LEAFWARD_TEST_FUZZ=long $(NODE) --test test/app/api-fuzz.test.ts

bench: setup build ## figures for docs/benchmarks.md; never part of test
	@$(NODE) test/bench/run.ts

docs: node_modules/.made ## pages and lint rules that are made from the sources
	@$(NODE) build/lint-layers.ts && $(BIN)/biome format --write .oxlintrc.layers.json >/dev/null
	@$(NODE) build/docs-errors.ts
	@$(NODE) build/docs-metrics.ts

clean: ## what was built; the mongods in .cache stay
	rm -rf dist
