#!/usr/bin/env bash
# Builds out/fabric-image.tar, an OCI image (image-spec 1.1) of what is in out/: the agent, the CNI binary and the command, with the .NET
# runtime and the libraries that they load, and nothing else: no shell, no package manager. Needs no Docker and no daemon. The same
# sources on the same machine give the same digest. Beside it: out/fabric-image.spdx.json, what it is made of.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
name=${IMAGE:-fabric:dev}
work=out/.image
root=$work/root
layout=$work/layout
rm -rf "$work"
mkdir -p "$root"/{usr/bin,usr/lib/fabric,etc,tmp,run,var/lib} "$layout/blobs/sha256"

# --- the root file system
install -m 755 out/fabric-node out/fabric-cni "$root/usr/lib/fabric/"
install -m 755 out/fabric "$root/usr/bin/fabric"
ln -s fabric "$root/usr/bin/kubectl-fabric"
ln -s ../lib/fabric/fabric-node "$root/usr/bin/fabric-node"
printf 'root:x:0:0:root:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"

dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
framework=$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \(10\.[^ ]*\) .*/\1/p' | sort -V | tail -1)
[ -n "$framework" ] || { echo "image: there is no ASP.NET Core 10 runtime to take along (dotnet --list-runtimes)" >&2; exit 1; }
for part in "host/fxr/$framework" "shared/Microsoft.NETCore.App/$framework" "shared/Microsoft.AspNetCore.App/$framework"; do
  mkdir -p "$root/usr/share/dotnet/$(dirname "$part")"
  cp -r "$dotnet/$part" "$root/usr/share/dotnet/$part"
done

# What the programs are linked with, and what they load by name: TLS, SQLite, nftables.
libraries=/usr/lib/x86_64-linux-gnu
loaded=("$libraries"/libssl.so.3 "$libraries"/libcrypto.so.3 "$libraries"/libsqlite3.so.0 "$libraries"/libnftables.so.1)
for file in "${loaded[@]}"; do
  [ -e "$file" ] || { echo "image: $file is missing; make install-deps" >&2; exit 1; }
done
mapfile -t needed < <(
  { ldd "$root"/usr/lib/fabric/fabric-node "$root/usr/share/dotnet/shared/Microsoft.NETCore.App/$framework"/*.so "${loaded[@]}" 2>/dev/null || true; } |
    sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*ld-linux[^ ]*\) .*/\1/p' | grep -v "^$PWD" | sort -u
)
for file in "${loaded[@]}" "${needed[@]}"; do
  mkdir -p "$root$(dirname "$file")"
  cp -Ln "$file" "$root$file"
done
# Debian's files were installed under /lib before /lib became a link to /usr/lib, and dpkg knows them by that name.
packages=$(
  for file in "${loaded[@]}" "${needed[@]}"; do
    real=$(readlink -f "$file")
    dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}" 2>/dev/null || true
  done | sed 's/:.*//' | sort -u
)

# --- what it is made of (SPDX 2.3)
sbom=out/fabric-image.spdx.json
{
  printf '{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"fabric-%s",' "$version"
  printf '"documentNamespace":"https://fabric.cni.dev/spdx/fabric-%s","creationInfo":{"created":"1970-01-01T00:00:00Z",' "$version"
  printf '"creators":["Tool: scripts/image.sh"]},"packages":[\n'
  printf ' {"SPDXID":"SPDXRef-fabric","name":"fabric","versionInfo":"%s","downloadLocation":"NOASSERTION"},\n' "$version"
  printf ' {"SPDXID":"SPDXRef-dotnet","name":"aspnetcore-runtime","versionInfo":"%s","downloadLocation":"NOASSERTION"}' "$framework"
  for package in $packages; do
    printf ',\n {"SPDXID":"SPDXRef-deb-%s","name":"%s","versionInfo":"%s","downloadLocation":"NOASSERTION"}' \
      "${package//[^a-zA-Z0-9.-]/-}" "$package" "$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null | head -c 100)"
  done
  # The NuGet packages that are compiled into the programs, as the last build resolved them.
  sed -n 's/^ \{4\}"\([A-Za-z0-9.]*\)\/\([0-9][^"]*\)": {$/\1 \2/p' src/Fabric.Node/obj/project.assets.json src/Fabric.Cli/obj/project.assets.json |
    grep -v '^Fabric\.' | sort -u | while read -r package number; do
    printf ',\n {"SPDXID":"SPDXRef-nuget-%s","name":"%s","versionInfo":"%s","downloadLocation":"NOASSERTION"}' "$package" "$package" "$number"
  done
  printf '\n]}\n'
} >"$sbom"
install -m 644 "$sbom" "$root/usr/lib/fabric/fabric.spdx.json"

# --- the image: one layer, its configuration, its manifest
blob() { # FILE -> its digest, moved to where the layout wants it
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  mv "$1" "$layout/blobs/sha256/$digest"
  printf '%s' "$digest"
}
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
  -C "$root" -cf "$work/layer.tar" .
diff=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
gzip -n -6 "$work/layer.tar"
layer_size=$(stat -c %s "$work/layer.tar.gz")
layer=$(blob "$work/layer.tar.gz")
labels="\"org.opencontainers.image.title\":\"fabric\",\"org.opencontainers.image.version\":\"$version\",\"org.opencontainers.image.description\":\"The agent, the CNI plugin and the command of Fabric, a Kubernetes network fabric on Open vSwitch\""
printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin","DOTNET_ROOT=/usr/share/dotnet","DOTNET_BUNDLE_EXTRACT_BASE_DIR=/tmp"],"Entrypoint":["/usr/lib/fabric/fabric-node"],"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
  "$labels" "$diff" >"$work/config.json"
config_size=$(stat -c %s "$work/config.json")
config=$(blob "$work/config.json")
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}],"annotations":{%s}}' \
  "$config" "$config_size" "$layer" "$layer_size" "$labels" >"$work/manifest.json"
manifest_size=$(stat -c %s "$work/manifest.json")
manifest=$(blob "$work/manifest.json")
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"platform":{"architecture":"amd64","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"%s","io.containerd.image.name":"docker.io/library/%s"}}]}' \
  "$manifest" "$manifest_size" "${name##*:}" "$name" >"$layout/index.json"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$layout" -cf out/fabric-image.tar .
rm -rf "$work"
printf 'out/fabric-image.tar  %s  sha256:%s  %s MiB\n' "$name" "$manifest" $(($(stat -c %s out/fabric-image.tar) >> 20))
