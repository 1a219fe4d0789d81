# -v, -q and --log: who is told what.
. "$(dirname "$0")/lib.sh"
make_records > good.dml <<'END'
update sender=0 ; w f32 2 1 2
update sender=1 ; w f32 2 3 4
END
gzip -k good.dml
make_records > odd.dml <<< 'update sender=2 ; w f32 3 1 2 3'

run daggregate mean good.dml odd.dml -o out.dml;      status 0
stderr_has "daggregate: warning: record 0 of 'odd.dml' is left out"
! grep -q ': detail: ' "$err" || fail 'details without -v'
run daggregate mean -q good.dml odd.dml -o out.dml;   status 0; stderr_empty
run daggregate mean -v good.dml.gz odd.dml -o out.dml; status 0
stderr_has "daggregate: detail: 'good.dml.gz' is read as dml, inflated"
stderr_has "daggregate: detail: 'out.dml' is written as dml"
stderr_has 'daggregate: detail: 2 of 3 inputs are combined'
run daggregate mean -v good.dml --config <(echo) -o out.dml; stderr_has 'daggregate: detail: options come from'

# --log has everything with a time, whatever -q and -v say, and is appended to.
run daggregate mean -q --log run.log good.dml odd.dml -o out.dml; status 0; stderr_empty
[ "$(grep -cE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z daggregate\[[0-9]+\]: (detail|warning): ' run.log)" = "$(wc -l < run.log)" ] ||
  { cp run.log "$out"; fail 'a line without its time'; }
for text in 'detail: begins: daggregate mean -q --log run.log good.dml' "warning: record 0 of 'odd.dml' is left out" \
  "detail: 'good.dml' is read as dml" 'detail: ends with 0'; do grep -qF -- "$text" run.log || { cp run.log "$out"; fail "the log lacks: $text"; }; done
lines=$(wc -l < run.log)
refused 3 missing.dml daggregate mean --log run.log missing.dml -o out.dml
[ "$(wc -l < run.log)" -gt "$lines" ] || fail 'the log was not appended to'
grep -q "error: 'missing.dml'" run.log && tail -n 1 run.log | grep -q 'ends with 3' || { cp run.log "$out"; fail 'the log lacks the error'; }
refused 4 "log '/no/such/run.log' cannot be written" daggregate mean --log /no/such/run.log good.dml -o out.dml
[ -w /dev/full ] && { run daggregate mean --log /dev/full good.dml -o out.dml; status 4; stderr_has 'cannot be written'; }

# What a training run tells of its data, its states, and where it goes on.
[ -x "$BIN/dtrain" ] || exit 0
run dtrain dsgd --nodes 2 --rounds 4 --checkpoint states --every 2 -o out.dml;     status 0; stderr_empty
run dtrain dsgd --nodes 2 --rounds 4 --resume states -v -o out.dml;                status 0
for text in 'data digits: ' 'objective softmax: 650 parameters' "node 1 goes on behind round 4 from 'states/node-1/round-4.dml'"; do stderr_has "dtrain: detail: $text"; done
run dtrain dsgd --nodes 2 --rounds 4 --checkpoint again --every 2 -v -o out.dml;   status 0; stderr_has "node 0 has saved round 2 in 'again/node-0/round-2.dml'"
