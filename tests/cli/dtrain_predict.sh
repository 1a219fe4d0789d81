# One model, computed in several ways: bytes differ, answers hardly.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

dtrain dsgd --nodes 2 --objective mlp --data mnist:pool=2 --rounds 20 --lr 0.05 --seed 1 | dmerge mean -o model.dml || fail "train"
run dtrain predict model.dml -o f32.dml;                  status 0; stderr_empty
run dtrain predict model.dml -o again.dml;                run dmerge diff --exact f32.dml again.dml;  status 0
run dtrain predict model.dml --dtype bf16 -o bf16.dml;    status 0
run dtrain predict model.dml --dtype f64 -o f64.dml;      status 0
run dtrain predict model.dml --of train -o train.dml;     run dmerge diff --exact f32.dml train.dml;  status 1
run dtrain predict --data mnist:pool=2,test=10 -o ten.dml < model.dml;  status 0
run dmerge show ten.dml;   status 0; stdout_has "logits  f32  10x10"; stdout_has activation
run dmerge show bf16.dml;  stdout_has "logits  bf16  1000x10"
run dmerge diff --exact f32.dml bf16.dml;                 status 1
run dmerge diff --tolerance 1e-4 f32.dml f64.dml;         status 0
run dmerge diff --tolerance 0.5 f32.dml bf16.dml;         status 0
run dtrain predict model.dml --math-threads 2 -o threads.dml;  status 0
run dmerge diff --tolerance 1e-4 f32.dml threads.dml;     status 0
