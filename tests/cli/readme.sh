# The pipelines of the README, as they stand there.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

# pipeline N: the N-th line of the README's second shell block that is a command.
pipeline() { sed -n '/^## Pipelines/,/^```$/p' "$ROOT/README.md" | grep -v -e '^#' -e '^```' -e '^$' | sed -n "$1p"; }
[ "$(pipeline 1 | cut -c1-11)" = 'dtrain dsgd' ] || fail 'the README has no pipelines'
run bash -ec "$(pipeline 1)";  status 0;  exists final.dml
run bash -ec "$(pipeline 2)";  status 0;  stdout_has "record 0 of 'final.dml'"

for id in 0 1 2; do echo "$id ipc://$T/s$id"; done > nodes.txt
bash -ec "$(pipeline 3)" & zero=$!
for id in 1 2; do bash -ec "$(pipeline 3 | sed "s/--id 0/--id $id/; s/node-0/node-$id/")" & done
wait $zero || fail 'node 0 of the README'
wait
exists node-0.dml

how='--nodes 4 --seed 1'
dtrain fedavg $how --rounds 0 -o base.dml
for id in 0 1 2 3; do dtrain local base.dml $how --id $id --round 0 -o update-$id.dml; done
run bash -ec "$(pipeline 4)";  status 0;  exists next.dml

for name in a b c; do dtrain predict final.dml -o $name.dml; done
run bash -ec "$(pipeline 5)";  status 0;  stdout_has 'accepted: 3 of 3'

port=$((20000 + $$ % 12000))
bash -ec "$(pipeline 6 | sed "s/5555/$port/")" & receiver=$!
for id in 0 1 2 3; do daggregate mean update-$id.dml -o tcp://127.0.0.1:$port || fail 'a sender'; done
wait $receiver || fail 'the receiver of the README'
daggregate mean update-*.dml -o want.dml
run dmerge diff --exact mean.dml want.dml;  status 0
