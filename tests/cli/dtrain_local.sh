# FedAvg written in shell, from local, daggregate mean and dmerge apply, equals dtrain fedavg bit for bit.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] && [ -x "$BIN/daggregate" ] || exit 77

how="--objective mlp:hidden=16 --partition dirichlet:alpha=0.5 --local-steps 3 --batch 16 --seed 5"
run dtrain fedavg --nodes 3 $how --rounds 0 -o base.dml;  status 0
for round in 0 1; do
  for id in 2 0 1; do                                    # in any order
    dtrain local base.dml --nodes 3 --id $id --round $round $how || fail "local"
  done | daggregate mean | dmerge apply base.dml - -o next.dml || fail "the server's part"
  mv next.dml base.dml
done
run dtrain fedavg --nodes 3 $how --rounds 2 -o want.dml;  status 0
run dmerge diff --exact base.dml want.dml;                status 0
run dmerge show want.dml;                                 stdout_has '"round": 2'

# The round is the model's own unless said; another round draws other batches; an update does not fit another model.
run dtrain local want.dml --nodes 3 --id 0 $how -o u.dml;             status 0
run dtrain local want.dml --nodes 3 --id 0 --round 2 $how -o u2.dml;  run dmerge diff --exact u.dml u2.dml;  status 0
run dtrain local want.dml --nodes 3 --id 0 --round 9 $how -o u9.dml;  run dmerge diff --exact u.dml u9.dml;  status 1
run dtrain local want.dml --nodes 3 --id 1 $how -o v.dml;             run dmerge diff --exact u.dml v.dml;   status 1
run dmerge show u.dml; stdout_has '"sender": 0'; stdout_has '"base": "'; stdout_has '"steps": 3'
run dtrain fedavg --nodes 3 $how --rounds 0 -o base.dml
refused 3 "was made from another model" dmerge apply base.dml u.dml -o x.dml
# Fewer clients a round give another model.
run dtrain fedavg --nodes 3 $how --rounds 2 --participation 0.4 -o part.dml;  run dmerge diff --exact want.dml part.dml;  status 1
