# What a network of processes does when something breaks: peers that never come, that differ, that are killed; and how it goes on.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

how="--objective mlp:hidden=16 --topology ring --local-steps 20 --seed 3"
for id in 0 1 2; do echo "$id ipc://$T/s$id"; done > nodes.txt
# start ID OPTION...: one node in the background; its number in pid_ID.
start() {
  local id=$1
  shift
  dtrain dsgd $how --id "$id" --peers nodes.txt -o "node-$id.dml" "$@" 2> "err-$id" &
  eval "pid_$id=$!"
}
# ends ID CODE: waits for that node.
ends() {
  eval "wait \$pid_$1"
  code=$?
  cp "err-$1" "$err"
  [ "$code" = "$2" ] || fail "node $1 ended with $code instead of $2"
}

# A peer that never comes is named after --timeout.
start 0 --rounds 3 --timeout 2
ends 0 4;  stderr_has 'node 1';  absent node-0.dml

# Peers of another run are refused, and both sides say what differs.
start 0 --rounds 3 --timeout 5;  start 2 --rounds 3 --timeout 5;  start 1 --rounds 3 --timeout 5 --lr 0.2
ends 1 4;  ends 0 4;  ends 2 4
cat err-0 err-1 err-2 > "$err";  stderr_has 'has run id'
absent node-0.dml

dtrain dsgd $how --rounds 3 --id 0 --peers nodes.txt --timeout 5 -o x.dml 2> err-0 & zero=$!
dtrain dsgd ${how/seed 3/seed 4} --rounds 3 --id 1 --peers nodes.txt --timeout 5 -o x.dml 2> err-1 & one=$!
wait $zero; [ $? = 4 ] || fail 'another seed was accepted'
wait $one;  [ $? = 4 ] || fail 'another seed was accepted'
cat err-0 err-1 > "$err";  stderr_has 'seed'

# An id twice.
start 0 --rounds 3 --timeout 3
sleep 1.5
run dtrain dsgd $how --rounds 3 --id 0 --peers nodes.txt --timeout 2 -o x.dml;  status 4;  stderr_has 'another process uses it'
ends 0 4

# Peers files and graphs that cannot be.
printf '0 ipc://%s/a\n2 ipc://%s/b\n' "$T" "$T" > gap.txt
refused 3 "'gap.txt'" dtrain dsgd $how --rounds 1 --id 0 --peers gap.txt -o x.dml
printf '0 ipc://%s/a\n0 ipc://%s/b\n' "$T" "$T" > twice.txt
refused 3 "'twice.txt'" dtrain dsgd $how --rounds 1 --id 0 --peers twice.txt -o x.dml
printf '0 1\n2 3\n' > split.edges
refused 3 'components' dtrain dsgd --objective softmax --topology split.edges --nodes 4 --rounds 1 -o x.dml
printf '0 tcp://0.0.0.0:1\n1 tcp://192.0.2.1:1\n' > open.txt
refused 2 '--insecure' dtrain dsgd $how --rounds 1 --id 0 --peers open.txt -o x.dml

# The undisturbed run, simulated.
rounds="--rounds 120"
run dtrain dsgd $how $rounds --nodes 3 -o want.dml;  status 0

# kill -9 of one: the others end with 4 after --timeout and name it.
for id in 0 1 2; do start $id $rounds --timeout 3 --checkpoint states-$id --every 10; done
until [ -e states-1/node-1 ] && [ "$(ls states-1/node-1 | wc -l)" -gt 1 ]; do sleep 0.05; done
kill -9 $pid_1;  wait $pid_1 2> /dev/null
ends 0 4;  stderr_has 'node 1';  absent node-0.dml
ends 2 4;  stderr_has 'node 1'

# All come back from their own last checkpoints, of different rounds, and end with the same bits.
for id in 0 1 2; do start $id $rounds --timeout 20 --checkpoint states-$id --every 10 --resume states-$id; done
for id in 0 1 2; do ends $id 0; done
cat node-0.dml node-1.dml node-2.dml > got.dml
run dmerge diff --exact want.dml got.dml;  status 0

# kill -9 of one that comes back while the others wait for it.
rm -rf states-* node-*.dml
for id in 0 1 2; do start $id $rounds --timeout 20 --checkpoint states-$id --every 10; done
until [ -e states-2/node-2 ] && [ "$(ls states-2/node-2 | wc -l)" -gt 1 ]; do sleep 0.05; done
kill -9 $pid_2;  wait $pid_2 2> /dev/null
start 2 $rounds --timeout 20 --checkpoint states-2 --every 10 --resume states-2
for id in 0 1 2; do ends $id 0; done
cat node-0.dml node-1.dml node-2.dml > got.dml
run dmerge diff --exact want.dml got.dml;  status 0
