#!/usr/bin/env bash
# Installs the Debian packages that are missing to build and test, and says which. Needs root or sudo only when something is missing.
set -euo pipefail
packages=(g++ cmake ninja-build libcli11-dev libzmq3-dev cppzmq-dev libmsgpack-cxx-dev doctest-dev libhwy-dev libxxhash-dev zlib1g-dev
  libeigen3-dev libsodium-dev libsimdjson-dev libpng-dev libjpeg-dev libtorch-dev python3-numpy libopenblas0-pthread groff-base gnuplot-nox)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
sudo=""
if [ "$(id -u)" != 0 ]; then
  command -v sudo > /dev/null || { echo "install these packages as root: ${missing[*]}" >&2; exit 1; }
  sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
