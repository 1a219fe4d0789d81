# dtrain data: who holds what, as text, as JSON, as a record.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

run dtrain data --nodes 3
status 0
stdout_has " node  samples  classes      tv      0      1"
stdout_has "1438 of 1438 are held, 0 by more than one node"
stdout_has "479 to 480"
mv "$out" iid.txt
# Skew shows; the seed matters; the record says which samples.
run dtrain data --nodes 3 --partition shards:per-node=1;                       status 0; differ "$out" iid.txt
run dtrain data --nodes 3 --seed 1;                                            status 0; differ "$out" iid.txt
run dtrain data --nodes 3 --data mnist:train=60 --json;                        status 0
[ "$(wc -l < "$out")" = 4 ] || fail "not a line a node and one for all"
python3 - "$out" << 'E' || fail "the JSON does not add up"
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
nodes, whole = lines[:-1], lines[-1]
total = [sum(n["counts"][c] for n in nodes) for c in range(10)]
assert sum(total) == whole["samples"] == whole["held"] == 60 and whole["shared"] == 0
for n in nodes:
    assert n["samples"] == sum(n["counts"]) and n["classes"] == sum(c > 0 for c in n["counts"])
    tv = sum(abs(a / n["samples"] - b / 60) for a, b in zip(n["counts"], total)) / 2
    assert abs(tv - n["tv"]) < 1e-12 and n["tv"] > 0
assert whole["least"] == min(n["samples"] for n in nodes)
E
run dtrain data --nodes 3 --partition iid:samples=1438 --json;                 status 0; stdout_has '"shared": 1438'; stdout_has '"tv": 0,'
run dtrain data --nodes 3 --partition dirichlet:alpha=0.5 -o parts.dml;        status 0; stdout_empty
run dmerge show parts.dml;                                                     stdout_has "partition"; stdout_has "offsets"
run dtrain data --nodes 3 --partition dirichlet:alpha=0.5 -o again.dml;        run dmerge diff --exact parts.dml again.dml;  status 0
# Data without labels are one class; sources of a csv file are nodes.
printf '1,2,5\n3,4,6\n5,6,5\n7,8,6\n1,1,6\n2,2,5\n' > t.csv
run dtrain data --nodes 2 --data csv:train=t.csv,label=none,group=2,every=6 --partition natural;  status 0; stdout_has "2 to 3"
printf 'to be or not to be, that is the question' > t.txt
run dtrain data --nodes 2 --data text:file=t.txt,context=4,test=0.2;                   status 0; stdout_has "7 of 7 are held"

refused 2 "cannot give 2000 nodes" dtrain data --nodes 2000
stderr_has "hint: iid:samples=N"
refused 2 "needs data that say where each sample comes from" dtrain data --nodes 2 --partition natural
refused 2 "'--nodes' is required" dtrain data

# A picture: a bar a node, a colour a class.
refused 2 "" dtrain data --nodes 3 --plot bars.pdf
if command -v gnuplot > /dev/null; then
  run dtrain data --nodes 3 --partition shards --plot bars.svg;                status 0; stdout_has "node"
  grep -q '<svg' bars.svg && grep -q 'shards, 3 nodes' bars.svg || fail "not the picture"
  run dtrain data --nodes 3 --plot iid.svg;                                    status 0; differ bars.svg iid.svg
else
  refused 4 "gnuplot" dtrain data --nodes 3 --plot bars.svg
fi
