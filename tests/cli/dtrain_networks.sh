# Networks, solvers, augmentations and devices on a command line.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] && [ -x "$BIN/dmerge" ] || exit 77

small="--nodes 2 --topology complete --data mnist:train=64,test=20 --rounds 4 --local-steps 2 --batch 8"
# A cnn learns something, its model evaluates and predicts without further words, and is named as torch names it.
run dtrain dsgd $small --objective cnn:channels=4,6,kernel=5 --solver cosine+momentum -o cnn.dml;  status 0
run dtrain eval cnn.dml;                              status 0; stdout_has "mean"
run dtrain predict cnn.dml -o logits.dml;             status 3; stderr_has "more than one model"
run dmerge mean cnn.dml -o one.dml;                   status 0
run dtrain predict one.dml -o logits.dml;             status 0
run dmerge show one.dml;                              stdout_has "conv1.weight"; stdout_has "fc1.bias"

# Crash and resume with a solver that remembers: the same bits. Another solver does not go on from there.
how="--objective mlp:hidden=8 --solver warm-up:rounds=2+adam --lr 0.01"
run dtrain dsgd $small $how --checkpoint states --every 2 -o want.dml;                            status 0
rm -r states/node-*/round-4*
run dtrain dsgd $small $how --resume states -o got.dml;                                           status 0
run dmerge diff --exact want.dml got.dml;                                                         status 0
run dtrain dsgd $small --objective mlp:hidden=8 --solver momentum --lr 0.01 --resume states -o x.dml;  status 3
run dtrain dsgd $small --objective mlp:hidden=8 --solver adam --lr 0.01 -o constant.dml;          status 0
run dmerge diff --exact want.dml constant.dml;                                                    status 1

# Augmentations change training, not evaluation, and are the same for any number of threads.
base="--nodes 2 --topology complete --rounds 2 --batch 8 --objective mlp:hidden=8"
run dtrain dsgd $base --data mnist:train=64,test=20 -o plain.dml;                                 status 0
run dtrain dsgd $base --data flip+crop:pad=2+mnist:train=64,test=20 -o a1.dml --threads 1;        status 0
run dtrain dsgd $base --data flip+crop:pad=2+mnist:train=64,test=20 -o a2.dml --threads 2;        status 0
run dmerge diff --exact a1.dml a2.dml;                                                            status 0
run dmerge diff --exact a1.dml plain.dml;                                                         status 1
run dtrain eval a1.dml --json; grep -v '"mean"' "$out" > own
run dtrain eval a1.dml --data mnist:train=64,test=20 --json; grep -v '"mean"' "$out" > other;     same own other

# Batch norm: merging averages the running statistics; they can be taken anew from the training data.
run dtrain dsgd $small --objective cnn:channels=4,kernel=5,norm=batch,hidden=0 -o bn.dml;         status 0
run dmerge mean bn.dml -o bn1.dml;                    run dmerge show bn1.dml;  stdout_has "bn1.running_mean"
run dtrain eval bn1.dml --json;                       mv "$out" averaged
run dtrain eval bn1.dml --json --recalibrate;         status 0; differ "$out" averaged
refused 2 "has no running statistics" dtrain eval one.dml --recalibrate

# A bf16 state is half as long; a transformer reads text.
run dtrain dsgd $base --data mnist:train=64,test=20 --objective mlp:hidden=8,dtype=bf16 -o half.dml 2> /dev/null
for i in 1 2 3 4 5 6 7 8; do cat "$ROOT/tests/cli/dtrain_networks.sh"; done > t.txt
run dtrain dsgd --nodes 2 --data text:file=t.txt,context=16 --objective transformer:layers=1,heads=2,width=8 --solver adamw --lr 0.01 --rounds 3 --batch 4 -o text.dml;  status 0
run dtrain eval text.dml;                             status 0
run dmerge show text.dml;                             stdout_has "layers.0.self_attn.in_proj_weight"

refused 2 "must be cpu, cuda or cuda:N" dtrain dsgd $small --device gpu -o x.dml
refused 4 "cannot be had" dtrain dsgd $small --device cuda:77 -o x.dml
refused 4 "cannot be had" dtrain eval one.dml --device cuda:77
refused 4 "cannot be had" dtrain predict one.dml --device cuda:77 -o x.dml
printf "1,2,0\n3,4,1\n5,6,0\n7,8,1\n1,2,1\n3,3,0\n" > t.csv
refused 2 "needs pictures" dtrain dsgd --nodes 2 --data csv:train=t.csv --objective cnn -o x.dml
