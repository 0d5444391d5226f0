#!/usr/bin/env bash
# Renders each overlay of k8s/overlays to one file to apply: host-ovs, the default, to k8s/fabric.yaml, the others to
# k8s/fabric-NAME.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for overlay in k8s/overlays/*/; do
  name=$(basename "$overlay")
  file=k8s/fabric-$name.yaml
  [ "$name" = host-ovs ] && file=k8s/fabric.yaml
  {
    printf '# Rendered from %s by make manifests: change it there.\n' "${overlay%/}"
    kubectl kustomize "$overlay"
  } >"$file.new"
  mv "$file.new" "$file"
  printf '%s\n' "$file"
done
