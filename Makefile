# The targets with a description are listed by "make help", which is also the default.

VERSION  := $(shell git describe --always --dirty 2>/dev/null)

export CGO_ENABLED = 0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/imgwatchd, one static binary
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/imgwatchd ./cmd/imgwatchd

.PHONY: run
run: build ## run it: drop images into inbox, renditions appear in outbox
	bin/imgwatchd run

.PHONY: test
test: ## run the tests
	go test ./...

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	.ci/run lint

.PHONY: race
race: ## run the tests under the race detector (needs a C compiler)
	.ci/run race

.PHONY: fuzz
fuzz: ## fuzz the main targets for 60s each, the others for 10s
	.ci/run fuzz

.PHONY: fuzz-short
fuzz-short: ## fuzz every target for 10s
	FUZZTIME=10s .ci/run fuzz

.PHONY: fuzz-long
fuzz-long: ## fuzz the main targets for 20m each: two hours
	FUZZTIME=20m .ci/run fuzz

.PHONY: package
package: ## build bin/imgwatchd_VERSION_amd64.deb and the .rpm
	go run ./packaging/pack

.PHONY: faults
faults: ## kill, starve and flood the built program in every way there is (40 minutes; best as root)
	go run ./test/faults

.PHONY: test-systemd
test-systemd: ## install the package in a booted Debian and live with it (3 minutes; needs root, systemd-nspawn, debootstrap)
	go run ./test/systemd

.PHONY: test-browser
test-browser: ## look at the status page with Chromium (screenshots in test/browser/out)
	go run ./test/browser

.PHONY: check
check: lint race fuzz-short ## lint, race, fuzz-short: what a change must pass

.PHONY: bench
bench: ## measure against the programs people use instead (an hour), see docs/performance.md
	bench/run.sh

.PHONY: fidelity
fidelity: ## compare the renditions with Pillow's, picture by picture
	bench/fidelity.sh

.PHONY: clean
clean: ## remove what was built and measured
	rm -rf bin bench/out
