# SIGINT and SIGTERM: a checkpoint and 130 or 143; the run goes on to the bits of one that was not stopped. A second one ends at once.
# And --quorum: a run goes on without a node that was killed.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

how="--objective mlp:hidden=16 --topology ring --local-steps 20 --seed 3"
long="--rounds 100000"
# line FILE TEXT: waits until the progress line of a process says so.
line() { for _ in $(seq 600); do tr '\r' '\n' < "$1" 2> /dev/null | grep -q "$2" && return; sleep 0.05; done; fail "no '$2' in $1: $(cat "$1")"; }

# A simulation; its rounds are cut where it was stopped, so that the rest is short.
dtrain dsgd --nodes 3 $how $long --checkpoint cp --progress always -o x.dml 2> sim.err & pid=$!
line sim.err 'round [1-9]'
kill -TERM $pid; wait $pid; code=$?;  cp sim.err "$err"
status 143;  stderr_has 'saved after round';  stderr_has '3 of 3 peers alive';  absent x.dml
round=$(grep -o 'saved after round [0-9]*' sim.err | grep -o '[0-9]*$')
exists "cp/node-2/round-$round.manifest.dml"
run timeout 1 dtrain dsgd --nodes 3 $how $long --resume cp --progress always -o x.dml
tr '\r' '\n' < "$err" | grep -q "round 0 of" && fail 'it began from the start'

# Without --checkpoint nothing is kept, and it says so. Without a terminal there is no line unless it is asked for.
dtrain dsgd --nodes 3 $how $long --progress always -o x.dml 2> plain.err & pid=$!
line plain.err 'round [1-9]'
kill -TERM $pid; wait $pid; code=$?;  cp plain.err "$err"
status 143;  stderr_has 'without --checkpoint nothing is saved'
run dtrain dsgd --nodes 3 $how --rounds 3 -o x.dml;                     status 0;  stderr_empty
run dtrain dsgd --nodes 3 $how --rounds 3 --progress never -o x.dml;    status 0;  stderr_empty

# Processes: all are stopped, go on, and end like the undisturbed run.
for id in 0 1 2; do echo "$id ipc://$T/s$id"; done > nodes.txt
start() {
  dtrain dsgd $how --id "$1" --peers nodes.txt -o "node-$1.dml" --timeout 20 "${@:2}" 2> "err-$1" &
  eval "pid_$1=$!"
}
for id in 0 1 2; do start $id --rounds 400 --checkpoint "states-$id" --progress always; done
line err-0 'round [1-9]';  line err-2 'round [1-9]'
kill -TERM $pid_0 $pid_1 $pid_2
stopped=0
for id in 0 1 2; do eval "wait \$pid_$id"; [ $? = 143 ] && stopped=$((stopped + 1)); done
[ $stopped = 3 ] || fail "$stopped of 3 were stopped: $(cat err-0 err-1 err-2)"
for id in 0 1 2; do start $id --rounds 400 --checkpoint "states-$id" --resume "states-$id"; done
for id in 0 1 2; do eval "wait \$pid_$id" || fail "node $id: $(cat err-$id)"; done
cat node-0.dml node-1.dml node-2.dml > got.dml
run dtrain dsgd $how --rounds 400 --nodes 3 -o want.dml;  status 0
run dmerge diff --exact want.dml got.dml;                 status 0

# A quorum: one is killed in the middle, the other two end.
for id in 0 1 2; do start $id --rounds 400 --quorum 1 --deadline auto --progress always; done
line err-1 'round [1-9]'
kill -9 $pid_1;  wait $pid_1 2> /dev/null
for id in 0 2; do eval "wait \$pid_$id" || fail "node $id: $(cat err-$id)"; done
cp err-0 "$err";  stderr_has 'node 1 is l'
