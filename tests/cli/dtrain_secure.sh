# A network of processes with keys: the simulator's bits, over several connections; who is not who he says stays outside.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

how="--objective softmax --topology ring --rounds 4 --seed 9"
port=$((20000 + $$ % 12000))
for id in 0 1 2; do
  dtrain keygen "node-$id" > key
  echo "$id tcp://127.0.0.1:$((port + id)) $(cat key)"
done > nodes.txt
cat node-*.pub > trusted.txt
run dtrain dsgd --nodes 3 $how -o want.dml;  status 0
for id in 0 1 2; do
  dtrain dsgd $how --id $id --peers nodes.txt --key node-$id.key --trust trusted.txt --connections 2 --progress always -o got-$id.dml 2> err-$id & eval "pid_$id=$!"
done
for id in 0 1 2; do eval "wait \$pid_$id" || fail "node $id: $(cat err-$id)"; done
cat got-0.dml got-1.dml got-2.dml > got.dml
run dmerge diff --exact want.dml got.dml;    status 0
tr '\r' '\n' < err-0 > "$err";               stderr_has 'round 4 of 4, ';  stderr_has ' of 2 peers alive, ';  stderr_has ' sent, loss '

# Refused before anything is opened.
cannot() { refused 2 "$1" dtrain dsgd $how --id 0 --peers nodes.txt -o x.dml "${@:2}"; }
cannot 'the peers file has keys, but there is no --key'
cannot '--key is not the key that the peers file gives to node 0' --key node-1.key
cannot '--trust does not hold the key that the peers file gives to node 2' --key node-0.key --trust node-1.pub
cut -d' ' -f1,2 nodes.txt > bare.txt
refused 2 'needs the public key of node 0' dtrain dsgd $how --id 0 --peers bare.txt --key node-0.key -o x.dml
# with LINE KEY: nodes.txt with another key in that line; sed would read some characters of a key as its own.
with() { awk -v line="$1" -v key="$2" 'NR == line {$3 = key} 1' nodes.txt; }
with 1 "$(awk '/^curve-secret/ {print $2}' node-0.key)" > secret.txt
refused 2 'holds the secret key of node 0' dtrain dsgd $how --id 0 --peers secret.txt --key node-0.key -o x.dml
sed '2s|.$||' nodes.txt > cut.txt
refused 3 'is no public key' dtrain dsgd $how --id 0 --peers cut.txt --key node-0.key -o x.dml
refused 3 'holds a public key' dtrain dsgd $how --id 0 --peers nodes.txt --key node-0.pub -o x.dml
refused 2 '--deadline' dtrain dsgd $how --id 0 --peers bare.txt --deadline soon -o x.dml
refused 2 'are for networks' dtrain dsgd $how --nodes 3 --quorum 1 -o x.dml

# A key that is in nobody's peers file: refused by name on one side, told on the other.
dtrain keygen other > other.txt
with 2 "$(cat other.txt)" > theirs.txt
dtrain dsgd $how --id 0 --peers nodes.txt --key node-0.key --timeout 4 -o x0.dml 2> err-0 & zero=$!
run dtrain dsgd $how --id 1 --peers theirs.txt --key other.key --timeout 4 -o x1.dml;  status 4
stderr_has 'node 0 refuses the key of node 1'
wait $zero; [ $? = 4 ] || fail 'a stranger was let in'
cp err-0 "$err";                             stderr_has "refused key '$(cat other.txt)' from 127.0.0.1"
