# No message is lost, comes twice or out of order when its receiver is killed and started again at random moments.
# bash receiver.sh BIN_DIR [KILLS [SEED]]: 100 kills and seed 1 when not given
. "$(dirname "$0")/../cli/lib.sh"
kills=${2:-100} RANDOM=${3:-1}
for id in 0 1; do
  dmerge keygen $id > key || fail 'no key'
  echo "$id ipc://$T/s$id $(cat key)"
done > nodes.txt
echo "send 2 8192 $((kills * 150 + 1000)) 1" > plan        # node 0 sends, encrypted, so many messages of 8 KiB to node 1
network_bench node 0 "$T" 2> err-0 & sender=$!
shots=0
while [ $shots -lt "$kills" ]; do
  network_bench node 1 "$T" 2> err-1 & receiver=$!
  sleep "0.$(printf %03d $((30 + RANDOM % 200)))"
  kill -9 $receiver 2> /dev/null
  wait $receiver 2> /dev/null;  code=$?
  [ $code = 0 ] && break
  [ $code = 137 ] || fail "the receiver ended with $code: $(cat err-1)"
  shots=$((shots + 1))
done
[ -e out-1 ] || network_bench node 1 "$T" 2> err-1 || fail "the receiver: $(cat err-1)"
wait $sender || fail "the sender: $(cat err-0)"
echo "$shots kills, no message lost"
