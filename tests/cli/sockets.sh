# Streams over endpoints: any tool writes to tcp:// or ipc:// and reads from @tcp:// or @ipc://.
. "$(dirname "$0")/lib.sh"

make_records > a.dml <<< 'update sender=0 weight=1 ; w f32 2 1 2'
make_records > b.dml <<< 'update sender=1 weight=3 ; w f32 2 5 6'
cat a.dml b.dml | daggregate mean > want.dml

# Two senders, one receiver, over ipc; the order of arrival does not matter.
daggregate mean "@ipc://$T/s" --expect 2 -o got.dml 2> receiver.err & receiver=$!
daggregate mean b.dml -o "ipc://$T/s" || fail 'the sender of b'
daggregate mean a.dml -o "ipc://$T/s" || fail 'the sender of a'
wait $receiver || fail "the receiver: $(cat receiver.err)"
run dmerge diff --exact want.dml got.dml;  status 0

# Over tcp, and the sender starts first: it keeps trying.
port=$((20000 + $$ % 12000))
daggregate mean a.dml -o "tcp://127.0.0.1:$port" & sender=$!
sleep 0.3
run daggregate mean "@tcp://127.0.0.1:$port" -o one.dml;  status 0
wait $sender || fail 'the sender'
run dmerge diff --exact a.dml one.dml;     status 0

# Nobody there, nobody comes, a plaintext socket beyond this machine, an address that is taken, a path that is too long.
refused 4 'no receiver at' daggregate mean a.dml -o "ipc://$T/none" --timeout 0.5
refused 4 'no sender came' daggregate mean "@ipc://$T/none" --timeout 0.5 -o x.dml
refused 2 '--insecure' daggregate mean "@tcp://0.0.0.0:$port" -o x.dml
refused 2 '--insecure' daggregate mean a.dml -o "tcp://192.0.2.1:$port" --timeout 0.5
daggregate mean "@ipc://$T/taken" --timeout 3 -o x.dml 2> /dev/null & holder=$!
sleep 0.5
refused 4 'another process uses it' daggregate mean "@ipc://$T/taken" --timeout 0.5 -o x.dml
kill $holder; wait $holder 2> /dev/null
refused 2 'bytes' daggregate mean "@ipc://$T/$(printf 'x%.0s' $(seq 120))" --timeout 0.5 -o x.dml
