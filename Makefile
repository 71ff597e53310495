# Two commands matter: make run, make test. Both work in a fresh clone that has only
# Go and Node beside it, and both may be repeated.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Everything, less three that want doc comments to begin with a name where a sentence reads better.
CHECKS      := all,-ST1020,-ST1021,-ST1022
GOSEC       := github.com/securego/gosec/v2/cmd/gosec@v2.28.0
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME    ?= 30s
RACECOUNT   ?= 3
ROAMERS     ?= 2000
ATTACKERS   ?= 10000
CHAOS       ?= 100
PACKAGES    ?= ./...
ARGS        ?=

# All of ours is watched for races, and all that we call but one: SQLite, which is C made Go, takes four times as long
# when it is watched, and races there are not ours to find.
race        := -race -gcflags='modernc.org/...=-race=false'

# One line a test; and a browser that hangs is not waited for for ever.
node_test   := NODE_OPTIONS=--test-reporter=spec timeout --kill-after=10s 15m npm run --silent

# Sources of the web build. Folders count too: a file that is gone changes its folder.
web_sources := $(shell find web \( -name node_modules -o -name dist -o -name e2e -o -name matrix -o -name tests \) -prune -o -not -name '*.go' -not -path web -print)
say         := printf '==> %s\n'

.PHONY: help
help: ## Say what there is
	@awk -F ': .*## ' '/^[a-z0-9]+:.* ## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build what is missing or stale and run the demo site (ARGS='--http.listen :8081')
	@bin/parley serve --demo $(ARGS)

.PHONY: build
build: web bin ## Build bin/parley with the browser side in it

# Go knows by itself what is stale. No cgo: the binary runs on any Linux.
.PHONY: bin
bin: needgo
	@$(say) 'bin/parley $(VERSION)'
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.release=$(VERSION)' -o bin/parley ./cmd/parley

.PHONY: web
web: web/dist/widget.js ## Build widget, dashboard and demo site

web/dist/widget.js: web/node_modules/.package-lock.json $(web_sources)
	@$(say) 'web: build'
	@cd web && npm run --silent build
	@touch $@

# npm writes this file at the end of an installation that went well.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@.ci/need node
	@$(say) 'web: npm ci'
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test
test: needtest build lint gosec unit rights fortnight webunit e2e matrix ## Run every test, after installing what they need
	@$(say) 'passed; the Go packages:'
	@grep '^ok' bin/test.log

.PHONY: check
check: lint short rights ## Run the fast part: format, vet, staticcheck, Go tests but the slow ones

.PHONY: lint
lint: needgo ## gofmt, go vet and staticcheck
	@$(say) 'gofmt'
	@unformatted=$$(gofmt -l $$(go list -f '{{.Dir}}' ./...)); \
	  if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w them):"; echo "$$unformatted"; exit 1; fi
	@$(say) 'go vet'
	@go vet ./...
	@$(say) 'staticcheck'
	@go run $(STATICCHECK) -checks '$(CHECKS)' ./...

# An exception names its rule and its reason, on its line.
.PHONY: gosec
gosec: needgo ## gosec, without blanket exceptions (half a minute)
	@$(say) 'gosec'
	@if git grep -n '#nosec' -- '*.go' | grep -vE '#nosec G[0-9]{3} -- .'; then echo 'these exceptions lack a rule or a reason'; exit 1; fi
	@go run $(GOSEC) -quiet ./...

# Not cached: some tests start programs and servers, of whose changes Go's cache knows nothing.
.PHONY: unit
unit: needunit ## Go tests with the race detector, on SQLite and PostgreSQL
	@$(say) 'go test -race'
	@mkdir -p bin
	@go test $(race) -count=1 -p 3 -timeout 15m $(PACKAGES) | tee bin/test.log

.PHONY: short
short: needunit ## The same without the tests that take long
	@$(say) 'go test -race -short'
	@go test $(race) -short -count=1 -p 3 -timeout 10m $(PACKAGES)

# With the race detector the unit tests make a part of these calls.
.PHONY: rights
rights: needunit ## Who may do what: every call by every kind of caller
	@$(say) 'rights'
	@go test -count=1 -timeout 5m -run '^(TestRights|TestGiosgRights|TestGiosgChannelRights|TestLimits)$$' ./cmd/parley

.PHONY: race
race: needunit ## Go tests with the race detector, RACECOUNT times over
	@go test $(race) -count=$(RACECOUNT) -timeout 60m $(PACKAGES)

.PHONY: fortnight
fortnight: needgo ## A support team's fortnight in fake time: 40 managers, 20,000 visitors (four minutes)
	@$(say) 'a fortnight of 40 managers and 20,000 visitors'
	@go test -count=1 -timeout 30m -run '^TestFortnight$$' -v ./chat -fortnight

.PHONY: stress
stress: needgo ## The roaming test of the Bayeux transports with ROAMERS sessions (2000), and ATTACKERS slow connections (10000; a few minutes)
	@go test -race -count=1 -timeout 10m -run '^TestRoaming$$' -v ./bayeux/transport -roamers $(ROAMERS)
	@go test -count=1 -timeout 10m -run '^TestUnderSlowAttack$$' -v ./cmd/parley -attackers $(ATTACKERS)

.PHONY: chaos
chaos: needgo ## Kill the server CHAOS times on each database, in the middle of its work (100; a quarter of an hour)
	@.ci/need postgres
	@go test -count=1 -timeout 120m -run '^TestKillLoop$$' -v ./cmd/parley -kills $(CHAOS)

# By the clock, so on a quiet machine; nothing passes or fails by it.
.PHONY: bench
bench: needgo ## Storage: posting beside pgbench's rate; reading from a million messages
	@.ci/need postgres
	@go test -run '^$$' -bench '^Benchmark(Posting|Reading)$$' -benchtime 1x -timeout 15m ./chat | grep -v '^Benchmark'

.PHONY: fuzz
fuzz: needgo ## Run every fuzz target for FUZZTIME
	@for package in $$(go list $(PACKAGES)); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    $(say) "fuzz $$package $$target"; \
	    go test $$package -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x; \
	  done; \
	done

.PHONY: webunit
webunit: web ## Types and unit tests of the browser side
	@$(say) 'web: types'
	@cd web && npm run --silent typecheck
	@$(say) 'web: tests'
	@cd web && $(node_test) test

.PHONY: e2e
e2e: needchromium needlanguages build ## Real faye and cometd clients, what the README shows, and the browser tests
	@$(say) 'web: clients and browsers'
	@cd web && CHROMIUM="$$(../.ci/need chromium)" $(node_test) e2e

.PHONY: matrix
matrix: needchromium build web/matrix/node_modules/.package-lock.json ## faye and cometd, old and new, over every transport (MATRIX='faye 1.*Node' picks)
	@$(say) 'web: matrix of clients'
	@cd web/matrix && CHROMIUM="$$(../../.ci/need chromium)" $(node_test) test

web/matrix/node_modules/.package-lock.json: web/matrix/package.json web/matrix/package-lock.json
	@.ci/need node
	@$(say) 'web/matrix: npm ci'
	@cd web/matrix && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# What a target needs and is missing is installed, or named in one line.
.PHONY: needgo needunit needchromium needlanguages needtest
needgo:
	@.ci/need go
needunit: needgo
	@.ci/need cc node postgres
needchromium:
	@.ci/need chromium >/dev/null
needlanguages:
	@.ci/need curl ruby php
needtest: needunit needchromium needlanguages
	@.ci/need node

.PHONY: clean
clean: ## Remove what was built; data/ stays
	@rm -rf bin web/node_modules web/matrix/node_modules web/e2e/out
	@find web/dist -mindepth 1 -not -name .gitkeep -delete
