#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds into build/ and runs every test. Arguments go to ctest: tests/run.sh -L unit
set -euo pipefail
cd "$(dirname "$0")/.."
tests/install.sh
cmake -S . -B build -G Ninja > build.log 2>&1 || { cat build.log; exit 1; }
rm -f build.log
cmake --build build
cd build
ctest --output-on-failure "$@"
