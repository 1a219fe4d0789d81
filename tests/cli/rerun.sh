# dtrain rerun: the same bytes from the header of an output; nothing from a header that is another's or asks for more.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77
dsgd='dtrain dsgd --nodes 4 --rounds 6 --seed 7 --topology star --lr 0.05 --solver sgd'
run $dsgd -o run.dml;                                              status 0
run dtrain rerun run.dml -o again.dml;                             status 0; stdout_empty; stderr_empty
same run.dml again.dml
run bash -c 'dtrain rerun run.dml | cmp - run.dml';                status 0
run dtrain rerun - -o again.dml < run.dml;                         status 0; same run.dml again.dml
run $dsgd --lr 0.06 -o other.dml;                                  differ run.dml other.dml      # the check can fail

# Where the run was told what does not shape the content, the content is the same.
run $dsgd --metrics run.ndjson --checkpoint states -o told.dml;    status 0
rm -r run.ndjson states
run dtrain rerun told.dml -o again.dml;                            status 0; absent run.ndjson; absent states
run dmerge diff --exact told.dml again.dml;                        status 0

# Inputs are given again.
run dtrain local --nodes 4 --id 2 --round 0 --lr 0.3 other.dml -o update.dml; status 3; stderr_has 'more than one model'
dmerge mean other.dml -o base.dml
run dtrain local --nodes 4 --id 2 --round 0 --lr 0.3 base.dml -o update.dml;  status 0
run dtrain rerun update.dml base.dml -o again.dml;                 status 0; same update.dml again.dml
run dtrain predict --dtype bf16 base.dml -o logits.dml;            status 0
run dtrain rerun logits.dml base.dml -o again.dml;                 status 0; same logits.dml again.dml
run dtrain topology torus --nodes 9 --seed 3 -o graph.dml;         status 0
run dtrain rerun graph.dml torus -o again.dml;                     status 0; same graph.dml again.dml

refused 3 "'base.dml' was written by 'dmerge', not by dtrain" dtrain rerun base.dml -o no.dml
refused 3 'does not say which command wrote it' dtrain rerun "$ROOT/examples/data/digits.csv.gz" -o no.dml
refused 3 'missing.dml' dtrain rerun missing.dml -o no.dml
head -c 3000 run.dml > cut.dml
refused 3 'cut.dml' dtrain rerun cut.dml -o no.dml
cat run.dml other.dml > both.dml
refused 3 'holds streams of several runs' dtrain rerun both.dml -o no.dml
echo "0 ipc://$T/s0" > nodes.txt
run dtrain dsgd --id 0 --peers nodes.txt --rounds 2 -o node.dml;   status 0
refused 2 'was written by one node of a network' dtrain rerun node.dml -o no.dml

# A stranger's header: no unknown options, no files to be written.
python3 - "$ROOT" <<'PY' || fail 'forging a header'
import re, sys
data = open('run.dml', 'rb').read()
def forged(old, new, name):
    assert data.count(old) >= 1 and len(old) == len(new), name
    open(name, 'wb').write(data.replace(old, new, 1))
forged(b'\xa6rounds', b'\xa6round5', 'unknown.dml')
forged(b'\xa6solver', b'\xa6resume', 'path.dml')
forged(b'\xa4dsgd', b'\xa4dsgx', 'verb.dml')
PY
for name in unknown path verb; do
  run dtrain rerun $name.dml -o no.dml; status 3; absent no.dml
done
