# The same nodes as processes: over ipc and tcp, with a checkpoint in between; bits equal the simulator's.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

how="--objective mlp:hidden=16 --topology ring --rounds 6 --seed 9"
# processes PEERS N OPTION...: one process per node, models in node-ID.dml
processes() {
  local peers=$1 n=$2 id pids=
  shift 2
  for id in $(seq 0 $((n - 1))); do
    dtrain "$@" --id "$id" --peers "$peers" -o "node-$id.dml" 2> "err-$id" & pids="$pids $!"
  done
  for id in $pids; do wait "$id" || { cat err-*; fail "a node failed"; }; done
}
run dtrain dsgd --nodes 3 $how -o simulated.dml;  status 0
for id in 0 1 2; do echo "$id ipc://$T/s$id"; done > ipc.txt
processes ipc.txt 3 dsgd $how
cat node-0.dml node-1.dml node-2.dml > network.dml
run dmerge diff --exact simulated.dml network.dml;  status 0

port=$((20000 + $$ % 12000))
for id in 0 1 2 3; do echo "$id tcp://127.0.0.1:$((port + id))"; done > tcp.txt
processes tcp.txt 4 fedavg --rounds 3 --seed 9 --checkpoint states --every 1
run dtrain fedavg --nodes 3 --rounds 3 --seed 9 -o fed.dml;  status 0
run dmerge diff --exact fed.dml node-3.dml;                  status 0

# A simulated run that is resumed ends with the same bits; a checkpoint of another run is refused.
run dtrain dsgd --nodes 3 $how --checkpoint cp --every 2 -o whole.dml;      status 0
run dmerge diff --exact whole.dml simulated.dml;                           status 0
rm -r cp/node-*/round-6*
run dtrain dsgd --nodes 3 $how --resume cp -o resumed.dml;                  status 0
run dmerge diff --exact resumed.dml simulated.dml;                         status 0
refused 3 "" dtrain dsgd --nodes 3 $how --lr 0.2 --resume cp -o x.dml
