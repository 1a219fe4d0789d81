# Keys: every tool makes them; streams between tools are encrypted with them, and whoever has none of them stays outside.
. "$(dirname "$0")/lib.sh"

for tool in dmerge daggregate dverify drank dtrain; do
  [ -x "$BIN/$tool" ] || continue
  run $tool keygen "$tool";                    status 0;  stderr_empty
  grep -qxF "curve $(cat "$out") $tool" "$tool.pub" || fail 'stdout is not the public key'
  [ "$(stat -c %a "$tool.key")" = 600 ] || fail 'the secret key can be read by others'
  cp "$tool.key" before
  refused 4 'exists and is not overwritten' $tool keygen "$tool"
  same "$tool.key" before
  refused 2 'an argument is missing' $tool keygen
  refused 4 'cannot be written' $tool keygen no/folder/key
done

make_records > a.dml <<< 'update sender=0 weight=1 ; w f32 2 1 2'
# read_stream OPTION...: daggregate mean reads one stream from a socket into got.dml.
read_stream() {
  rm -f "$T/s"
  daggregate mean "@ipc://$T/s" -o got.dml "$@" 2> receiver.err & receiver=$!
}
me="--key daggregate.key --trust dmerge.pub"

read_stream $me
daggregate mean a.dml --key dmerge.key --trust daggregate.pub -o "ipc://$T/s" --timeout 10 || fail 'the sender'
wait $receiver || fail "the receiver: $(cat receiver.err)"
run dmerge diff --exact a.dml got.dml;         status 0

# A key that nobody trusts: refused and named, on both sides; the right one still comes through, also from among many.
read_stream $me
refused 4 "refuses this side's key" daggregate mean a.dml --key drank.key --trust daggregate.pub -o "ipc://$T/s" --timeout 10
cat drank.pub dverify.pub daggregate.pub > many.txt
daggregate mean a.dml --key dmerge.key --trust many.txt -o "ipc://$T/s" --timeout 10 || fail 'the sender with many keys'
wait $receiver || fail "the receiver: $(cat receiver.err)"
cp receiver.err "$err"
stderr_has "refused key '$(awk '/curve/ {print $2}' drank.pub)' from localhost"

# Plaintext does not reach a receiver with keys, nor does a sender with keys talk to one without.
read_stream $me --timeout 2
refused 4 'no receiver at' daggregate mean a.dml -o "ipc://$T/s" --timeout 1
stderr_has 'wants --key'
wait $receiver; [ $? = 4 ] || fail 'the receiver took plaintext'
read_stream --timeout 2
refused 4 'no receiver at' daggregate mean a.dml $me -o "ipc://$T/s" --timeout 1
stderr_has 'has no key of --trust'
wait $receiver; [ $? = 4 ] || fail 'the receiver took what was meant for another'

# Keys replace --insecure.
refused 2 '--insecure' daggregate mean a.dml -o tcp://192.0.2.1:9 --timeout 0.3
refused 4 'no receiver at' daggregate mean a.dml $me -o tcp://192.0.2.1:9 --timeout 0.3

# What is no key is told before any work: one line, 2 or 3.
cannot() { refused "$1" "$2" daggregate mean a.dml -o "ipc://$T/none" --timeout 1 "${@:3}"; }
cannot 3 'holds a public key, not a secret one' --key dmerge.pub --trust drank.pub
cannot 3 'holds a secret key' --key dmerge.key --trust drank.key
head -n 3 dmerge.key > cut.key
cannot 3 'is no whole key file' --key cut.key --trust drank.pub
awk -v key="$(awk '/curve/ {print $2}' drank.pub)" '/^curve-public/ {$2 = key} 1' dmerge.key > mixed.key
cannot 3 'does not belong to its secret key' --key mixed.key --trust drank.pub
head -c 100000 /dev/urandom > noise.key
cannot 3 "'noise.key'" --key noise.key --trust drank.pub
cannot 3 "'noise.key'" --key dmerge.key --trust noise.key
cannot 3 'cannot be read' --key none.key --trust drank.pub
cannot 2 '--key needs --trust' --key dmerge.key
cannot 2 '--trust needs --key' --trust drank.pub
chmod 644 dmerge.key
run daggregate mean a.dml --key dmerge.key --trust drank.pub -o x.dml;  status 0;  stderr_has 'can be read by others'

# A libzmq without CURVE: nothing starts unsecured.
echo 'int zmq_has(const char* what) { (void)what; return 0; }' > shim.c
if cc -shared -fPIC shim.c -o shim.so 2> /dev/null && ldd "$BIN/daggregate" | grep -q libzmq && ! ldd "$BIN/daggregate" | grep -q san; then
  LD_PRELOAD=$T/shim.so run daggregate mean a.dml $me -o "ipc://$T/none"
  status 4;  stderr_has 'built without CURVE'
fi
