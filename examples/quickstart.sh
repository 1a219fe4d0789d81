#!/usr/bin/env bash
# All five tools together on real data: eight processes train on handwritten digits, one merge, one liar, two votes, one ranking.
#   examples/quickstart.sh [--seed N] [--margins]     every command that runs is printed: this script is the tutorial
# Installs what is missing (Debian 12, as root or with sudo), builds into build/, and ends with 0 only if every check holds.
# --margins prints how much room each check had. --sabotage WHAT breaks one step on purpose, for the tests:
#   no-merge, wrong-rule, honest-cheats, cheat-honest, no-clicks
set -euo pipefail
cd "$(dirname "$0")/.."
seed=1 margins=no sabotage=
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=$2; shift 2 ;;
    --margins) margins=yes; shift ;;
    --sabotage) sabotage=$2; shift 2 ;;
    *) echo "quickstart: unknown argument $1" >&2; exit 2 ;;
  esac
done

build=${DML_BUILD:-build}                                  # a build folder that is there already, for the tests
if [ -z "${DML_BUILD:-}" ]; then
  tests/install.sh
  if [ ! -e build/build.ninja ]; then
    echo 'configuring and building into build/ (some minutes the first time)'
    cmake -S . -B build -G Ninja > /dev/null
  fi
  cmake --build build --target dtrain dmerge daggregate dverify drank > build/build.log || { cat build/build.log; exit 1; }
fi
build=$(cd "$build" && pwd)
PATH=$build/bin:$PATH
work=$build/quickstart
rm -rf "$work" && mkdir -p "$work" && cd "$work"

# Least room that each check must have: half the least slack seen over the seeds 1 to 5, never under 0.05 (see tests/cli/quickstart.sh).
merge_margin=0.067 rule_margin=0.094

say() { printf '\n# %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; eval "$*"; }
stop() { echo "quickstart: FAILED: $1" >&2; exit 1; }
accuracy() { dtrain eval --json "$@" | tail -n 1 | sed 's/.*"accuracy": \([^,]*\).*/\1/'; }
# at_least NAME A B MARGIN: A >= B + MARGIN, or the quickstart fails.
at_least() {
  [ $margins = no ] || awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "margin %s: %.4f\n", n, a - b }'
  awk -v a="$2" -v b="$3" -v m="$4" 'BEGIN { exit !(a >= b + m) }' || stop "$1: $2 is not at least $3 + $4"
}

say 'Eight nodes, each with its own kind of digits, train as real processes and gossip sparsely along a ring.'
for id in 0 1 2 3 4 5 6 7; do echo "$id ipc://$PWD/node-$id.sock"; done > nodes.txt
train="--objective mlp:hidden=32 --data digits --local-steps 10 --batch 16 --lr 0.1 --rounds 60 --seed $seed"
sparse="--partition dirichlet:alpha=0.1 --topology random:base=ring --schedule fixed:start=0.5"
# together NAME COMMAND: runs COMMAND once per node, as eight processes at a time.
together() {
  local name=$1 id pids=
  shift
  printf '$ for id in 0 1 2 3 4 5 6 7; do %s --id $id --peers nodes.txt -o %s-$id.dml & done; wait\n' "$*" "$name"
  for id in 0 1 2 3 4 5 6 7; do
    "$@" --id $id --peers nodes.txt -o "$name-$id.dml" & pids="$pids $!"
  done
  for id in $pids; do wait "$id" || stop "a node of the run '$name' failed"; done
}
together local dtrain dsgd $train $sparse

say 'One final merge. Local models know the digits of their own node; the merged one knows them all.'
run "dmerge mean local-*.dml -o merged.dml"
[ "$sabotage" = no-merge ] && cp local-4.dml merged.dml
run "dtrain eval local-*.dml merged.dml | sed '\$d'"
local=$(accuracy local-*.dml) merged=$(accuracy merged.dml)
printf 'mean of the local models %.4f, merged %.4f\n' "$local" "$merged"
at_least 'merged against local' "$merged" "$local" $merge_margin

say 'The same with a liar, exchanging in every round: node 7 sends its model with the sign turned. The mean follows it, the trimmed mean does not.'
lie="--partition dirichlet:alpha=1 --topology ring --attack sign-flip --byzantine 1"
together mean dtrain dsgd $train $lie --aggregator mean
rule=trimmed-mean:byzantine=1
[ "$sabotage" = wrong-rule ] && rule=mean
together trimmed dtrain dsgd $train $lie --aggregator $rule
run "cat mean-*.dml | daggregate mean -o mean.dml"
if [ "$sabotage" = wrong-rule ]; then run "cat trimmed-*.dml | daggregate mean -o trimmed.dml"
else run "cat trimmed-*.dml | daggregate trimmed-mean --byzantine 1 -o trimmed.dml"; fi
run "dtrain eval mean.dml trimmed.dml | sed '\$d'"
at_least 'trimmed mean against mean under a liar' "$(accuracy trimmed.dml)" "$(accuracy mean.dml)" $rule_margin

say 'Four machines answer the same job with the merged model: three honest ones that compute differently, and a cheat with another model.'
run "dtrain predict merged.dml -o honest-0.dml"
run "dtrain predict merged.dml --math-threads 2 -o honest-1.dml"
run "dtrain predict merged.dml --dtype bf16 -o honest-2.dml"
cheat=local-0.dml
[ "$sabotage" = cheat-honest ] && cheat=merged.dml
run "dtrain predict $cheat -o cheat.dml"
[ "$sabotage" = honest-cheats ] && dtrain predict local-1.dml -o honest-0.dml
if dmerge diff --exact honest-0.dml honest-2.dml > /dev/null; then stop 'f32 and bf16 gave the same bytes: nothing is shown'; fi
for id in 0 1 2; do run "dverify hash --fingerprint hyperplane:bits=256 --job digits --node $id honest-$id.dml -o honest-$id.fp"; done
run "dverify hash --fingerprint hyperplane:bits=256 --job digits --node 3 cheat.dml -o cheat.fp"
echo '# Machine 0 is the producer; the others, the cheat among them, verify.'
run "cat honest-0.fp honest-1.fp honest-2.fp cheat.fp | dverify vote --of 3 --producer 0 --tolerance 8" || stop 'the honest producer was rejected'
echo '# Now the cheat is the producer.'
run "cat honest-0.fp honest-1.fp honest-2.fp cheat.fp | dverify vote --of 3 --producer 3 --tolerance 8" && stop 'the cheat was accepted'

say 'Which model should one use? Each node clicks on the one that serves it best; everybody ranks from the clicks that reached it.'
for id in 2 3 4; do
  best=merged
  awk -v a="$(accuracy local-$id.dml)" -v b="$merged" 'BEGIN { exit !(a > b) }' && best=local-$id
  run "drank click --log clicks.dml --node $id --term digits --item $best --tags digits"
done
search="drank search digits --log clicks.dml --node 2 --ranker g-rank:swap=0"
run "$search" | tee before.txt
echo '# Then node 2 finds the robust model and uses it.'
if [ "$sabotage" != no-clicks ]; then
  for click in 1 2 3; do run "drank click --log clicks.dml --node 2 --term digits --item trimmed --tags digits"; done
fi
run "$search" | tee after.txt
[ "$(sed -n '2s/ .*//p' after.txt)" = trimmed ] || stop 'other clicks did not change the order'
[ "$(sed -n '2s/ .*//p' before.txt)" != trimmed ] || stop 'the order was the same before the clicks'

printf '\nEvery check holds. The files are in %s\n' "$work"
