# Fabric: `make help` lists the targets. Everything that is built lands in out/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE := 1

SECONDS ?= 60
STEP := scripts/step
BINARIES := out/fabric-cni out/fabric-node out/fabric

# A project's sources, and its folders: a folder's time changes when a file in it is added or deleted.
sources = $(shell find $(wildcard $(1)) -name bin -prune -o -name obj -prune -o \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.txt' \) -print)
COMMON := global.json Directory.Build.props Directory.Packages.props
SHARED := src/Fabric.Messages src/Fabric.Actors src/Fabric.Cluster src/Fabric.Ovs src/Fabric.Linux
# One file that runs on the .NET runtime of the machine, compiled ahead (PublishReadyToRun in the projects).
PUBLISH := -c Release -v q --nologo -r linux-x64 --self-contained false -p:PublishSingleFile=true \
  -p:DebugType=embedded -p:PublishDocumentationFiles=false

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install-deps
install-deps: ## Install the missing Debian packages (as root) and check the .NET SDK
	@scripts/install-dependencies.sh

.PHONY: build
build: ## Build out/fabric-cni (static), out/fabric-node and out/fabric
	@$(MAKE) --no-print-directory -s $(BINARIES)

# Published one after the other: the compilers use both cores of a small machine by themselves, and two publishes at
# once would write the same obj folders.
out/fabric-cni: $(call sources,src/Fabric.Cni src/Fabric.Messages) $(COMMON)
	@$(STEP) 'building $@ (native, static)' dotnet publish src/Fabric.Cni -c Release -v q --nologo -o out/.fabric-cni
	@install -m 755 out/.fabric-cni/fabric-cni $@

out/fabric-node: $(call sources,src/Fabric.Node $(SHARED)) $(COMMON)
	@$(STEP) 'building $@' dotnet publish src/Fabric.Node $(PUBLISH) -o out/.fabric-node
	@install -m 755 out/.fabric-node/fabric-node $@

out/fabric: $(call sources,src/Fabric.Cli $(SHARED)) $(COMMON) | out/fabric-node
	@$(STEP) 'building $@' dotnet publish src/Fabric.Cli $(PUBLISH) -o out/.fabric
	@install -m 755 out/.fabric/fabric $@

.PHONY: test
test: ## Run every test; the last line counts them (ONLY="Fabric.Ovs.Tests …" runs some projects)
	@scripts/test.sh $(ONLY)

.PHONY: lint
lint: ## Check the rules of the tree: lengths, references, links, scripts
	@scripts/lint.sh

.PHONY: soak
soak: ## Simulate with new seeds for SECONDS=60
	@scripts/soak.sh $(SECONDS)

.PHONY: bench
bench: build ## Run the benchmarks and print their tables (ONLY=attach runs one)
	@$(STEP) 'building the benchmarks' dotnet build bench/Fabric.Bench -c Release -v q --nologo
	@dotnet bench/Fabric.Bench/bin/Release/net10.0/Fabric.Bench.dll $(or $(ONLY),all)

DEMO := tests/Fabric.Demo/bin/Release/net10.0/Fabric.Demo.dll
.PHONY: demo
demo: install-deps build ## Three nodes, nine pods, and what happens to them (K8S=1: as a Kubernetes cluster; STORE=etcd; KEEP=1)
	@$(STEP) 'building the demo' dotnet build tests/Fabric.Demo -c Release -v q --nologo
	@dotnet $(DEMO) $(if $(K8S),--kubernetes,$(if $(KEEP),--keep) $(if $(STORE),--store=$(STORE)))

.PHONY: down
down: ## Remove what a kept demo left
	@if [ ! -e $(DEMO) ]; then $(STEP) 'building the demo' dotnet build tests/Fabric.Demo -c Release -v q --nologo; fi
	@dotnet $(DEMO) --down

.PHONY: clean
clean: ## Delete everything that was built
	@rm -rf out TestResults BenchmarkDotNet.Artifacts
	@find src tests bench \( -name bin -o -name obj \) -type d -prune -exec rm -rf {} +

.PHONY: manifests
manifests: ## Render k8s/fabric.yaml and one file for each other overlay (needs kubectl with kustomize 5)
	@scripts/manifests.sh

.PHONY: image
image: build ## Build out/fabric-image.tar, an OCI image of the agent (IMAGE=fabric:dev names it), and its SBOM
	@scripts/image.sh
