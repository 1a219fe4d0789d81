# A simulated run, its models, one merge, and what eval says of both.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

run dtrain dsgd --nodes 4 --partition shards --rounds 5 --seed 1 -o models.dml --metrics metrics.ndjson --eval-every 2
status 0; stderr_empty; stdout_empty
run dtrain eval models.dml
status 0; stderr_empty
[ "$(wc -l < "$out")" = 6 ] || fail "a header, four models and the mean"
stdout_has "record 3 of 'models.dml'"
run dtrain eval models.dml --json;             status 0; cp "$out" test.json
tail -1 test.json | grep -q '^{"model": "mean", "models": 4, "accuracy": 0\.' || fail "no mean"
run dtrain eval models.dml --json --of train;  status 0; differ test.json "$out"
run dtrain eval models.dml -o scores.dml;      status 0
run dmerge show scores.dml;                    status 0; stdout_has metric

# Rounds 2, 4 and 5; four nodes and the whole each.
[ "$(wc -l < metrics.ndjson)" = 15 ] || fail "15 lines of metrics"
grep -q '^{"round": 5, "time": [0-9.]*, "node": 3, "loss": [0-9.]*, "accuracy": [0-9.]*, "consensus": null, "bytes_model": ' metrics.ndjson || fail "node lines"
tail -1 metrics.ndjson | grep -q '"node": -1, .*"consensus": [0-9.e-]*, .*"margin"' || fail "the line of the whole"

# Threads change no bit; a pipe carries what a file does.
run dtrain dsgd --nodes 4 --partition shards --rounds 5 --seed 1 --threads 1 -o one.dml;  status 0
run dmerge diff --exact one.dml models.dml;                                                 status 0
dtrain dsgd --nodes 4 --partition shards --rounds 5 --seed 1 --threads 2 | dmerge mean -o merged.dml || fail "pipe"
run dmerge mean models.dml -o merged2.dml;     run dmerge diff --exact merged.dml merged2.dml; status 0
run dtrain eval merged.dml;                    status 0; stdout_has "record 0 of 'merged.dml'"

# Every option of the run changes its outcome.
changes() {
  run dtrain dsgd --nodes 4 --partition shards --rounds 5 "$@" -o changed.dml;  status 0
  run dmerge diff --exact models.dml changed.dml;                               status 1
}
changes --seed 2
changes --seed 1 --variant cta
changes --seed 1 --topology complete
changes --seed 1 --schedule fixed:start=3
changes --seed 1 --solver sgd:weight-decay=0.1
changes --seed 1 --local-steps 2
changes --seed 1 --batch 7
changes --seed 1 --lr 0.05
changes --seed 1 --aggregator median
changes --seed 1 --attack sign-flip --byzantine 1
changes --seed 1 --objective mlp
changes --seed 1 --objective mlp --diff-init
run dtrain dsgd --nodes 4 --rounds 5 --seed 1 -o iid.dml;                       run dmerge diff --exact models.dml iid.dml;  status 1
run dtrain dsgd --nodes 4 --partition shards --rounds 6 --seed 1 -o six.dml;    run dmerge diff --exact models.dml six.dml;  status 1

# Rounds 0 write the initial models; a closed-form problem needs no data.
run dtrain dsgd --nodes 2 --rounds 0 -o start.dml;  status 0
run dtrain dsgd --nodes 4 --objective quadratic --batch 1 --rounds 3 -o q.dml;  status 0
run dtrain eval q.dml --json;                       status 0; stdout_has '"accuracy": null'
