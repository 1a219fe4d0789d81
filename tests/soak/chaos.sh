# chaos.sh BIN_DIR [COUNT [FIRST]]: COUNT seeds (100) of --scenario chaos, from FIRST (0) on, each over a gossip run and a federated run in
# the simulator. Every trace must have a kill, a pause, a delay, a drop, a repetition and a corruption; every node must end with the bits
# of the undisturbed run; every tenth log is replayed. Prints one line; exits 1 at the first failure. ctest runs five.
. "$(dirname "$0")/../cli/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77
count=${2:-100} first=${3:-0}
gossip="dsgd --topology ring --partition shards"
federated="fedavg --participation 0.8"

for program in gossip federated; do
  run dtrain ${!program} --nodes 6 --rounds 16 --seed 1 -o $program.dml;  status 0
done
for ((seed = first; seed < first + count; ++seed)); do
  for program in gossip federated; do
    run dtrain ${!program} --nodes 6 --rounds 16 --seed 1 --scenario chaos:seed=$seed --event-log $program.ndjson -o out.dml
    [ "$code" = 0 ] || fail "seed $seed, $program: exit $code"
    run dmerge diff --exact $program.dml out.dml
    [ "$code" = 0 ] || fail "seed $seed, $program: not the bits of the undisturbed run"
  done
  for fault in '"kill", [^}]*"seconds": [0-9.]*}' '"pause", [^}]*"seconds": [0-9.]*}' '"delay": [0-9.e-]*[,}]' '"lost": true' '"copies": ' '"corrupt": true'; do
    grep -q "$fault" gossip.ndjson || fail "seed $seed: the trace has no $fault"
  done
  if ((seed % 10 == 0)); then
    run dtrain $gossip --nodes 6 --rounds 16 --seed 1 --scenario replay:file=gossip.ndjson --event-log again.ndjson -o out.dml;  status 0
    same gossip.ndjson again.ndjson
  fi
done
echo "chaos: $count seeds from $first on, gossip and federated, nothing lost"
