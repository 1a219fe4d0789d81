#!/usr/bin/env bash
# Fuzzes every target with libFuzzer under the address and undefined sanitizers and prints, for each, how many inputs ran and how long, and
# then how many lines of each reader they reached. Needs clang and llvm. tests/fuzz/run.sh [-b FOLDER] [-t SECONDS] [-n EXECUTIONS] [TARGET...]
#   -b  build folder (default build-fuzz)      -t  seconds for each target (default 60)      -n  at most so many inputs for each
# A target is fuzz_components, fuzz_payload, ..., or the name of a format. The inputs found are kept in FOLDER/corpus/TARGET and used again.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build-fuzz seconds=60 most=-1
while getopts b:t:n: option; do
  case $option in
    b) build=$(mkdir -p "$OPTARG" && cd "$OPTARG" && pwd) ;;
    t) seconds=$OPTARG ;;
    n) most=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi       # the part "shards" writes a file for each input

cmake -S "$root" -B "$build" -G Ninja -DDML_TRAIN=OFF -DDML_FUZZ=ON -DDML_SANITIZE=address,undefined -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  -DCMAKE_CXX_FLAGS='-fprofile-instr-generate -fcoverage-mapping -Wno-unused-command-line-argument' > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
programs=()
for source in "$root"/tests/fuzz/fuzz_*.cpp; do programs+=("$(basename "$source" .cpp)"); done
ninja -C "$build" "${programs[@]}" make_records > "$build.log" 2>&1 || { tail -40 "$build.log"; exit 1; }
rm -f "$build.log"

# fuzz PROGRAM TARGET [--part=...]: on the corpus of the source tree, what was found before, and new inputs.
fuzz() {
  local program=$1 target=$2 part=${3:-}
  local found=$build/corpus/$target log=$build/$target.log start=$SECONDS
  mkdir -p "$found" "$build/profiles"
  "$build/bin/$program" ${part:+"$part"} --seeds="$build/seeds/$target" 2> "$log"
  (cd "$build" && LLVM_PROFILE_FILE=$build/profiles/$target.profraw "bin/$program" "$found" "$build/seeds/$target" "$root/tests/fuzz/corpus" "$root/tests/golden" ${part:+"$part"} \
    -max_total_time="$seconds" -runs="$most" -max_len=8192 -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -artifact_prefix="$build/$target-" > "$log" 2>&1) ||
    { echo "$target: a finding, see $log"; grep -m 3 -E 'finding:|ERROR:|runtime error' "$log" || true; failed=1; }
  printf '%-16s %12s executions in %5d s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" $((SECONDS - start))
}
failed=0
for program in "${programs[@]}"; do
  if [ "$program" = fuzz_formats ]; then
    for name in sniff shards $(sed -n 's/.*registry.add<[^(]*({"\([a-z0-9]*\)".*/\1/p' "$root"/formats/*.cpp); do
      if [ $# = 0 ] || [[ " $* " == *" $name "* ]]; then fuzz "$program" "$name" --part="$name"; fi
    done
  elif [ $# = 0 ] || [[ " $* " == *" $program "* ]]; then
    fuzz "$program" "$program"
  fi
done

llvm-profdata merge -sparse "$build"/profiles/*.profraw -o "$build/all.profdata"
objects=("$build/bin/${programs[0]}")
for program in "${programs[@]:1}"; do objects+=(-object "$build/bin/$program"); done
echo 'lines reached of each reader:'
llvm-cov export -summary-only -instr-profile "$build/all.profdata" "${objects[@]}" 2> /dev/null | python3 -c '
import json, os, re, sys
readers = re.compile(r"/(formats/\w+|lib/wire/(codec|codec_record|gunzip|graph_text|graph_lines|graph_matrix|zip|socket_frame|socket_flow)|lib/entry/(component|config_file))\.cpp$")
for file in json.load(sys.stdin)["data"][0]["files"]:
    name, lines = os.path.normpath(file["filename"]), file["summary"]["lines"]
    if readers.search(name): print("%-28s %5d of %5d  %5.1f %%" % (os.path.basename(name), lines["covered"], lines["count"], lines["percent"]))'
exit $failed
