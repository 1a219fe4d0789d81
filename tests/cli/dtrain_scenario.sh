# Scenarios: disturbed simulations, their event logs, replay, and what is refused.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

sim() { run dtrain dsgd --nodes 6 --partition shards --rounds 8 --seed 1 "$@"; }
equal() { run dmerge diff --exact plain.dml "$1"; status 0; }
other() { run dmerge diff --exact plain.dml "$1"; status 1; }

sim -o plain.dml;  status 0

# Time, losses, kills and pauses change no model; the log says what it took.
sim --scenario latency:mean=0.05,jitter=0.01+loss:p=0.1 --event-log events.ndjson -o a.dml
status 0; stderr_empty; stdout_empty
equal a.dml
head -1 events.ndjson | grep -q '^{"time": 0, "event": "send", "from": 0, "to": 1, "round": 0, "bytes": [0-9]*, "number": 0, "delay": 0.0' || fail "a send"
grep -q '"lost": true, "retry": 0.2}' events.ndjson || fail "no loss"
sim --scenario chaos:seed=3 --event-log chaos.ndjson -o b.dml;                         status 0; equal b.dml
sim --scenario chaos:seed=3 --event-log again.ndjson --threads 1 -o b1.dml;            status 0; same chaos.ndjson again.ndjson
sim --scenario chaos:seed=4 --event-log again.ndjson -o b2.dml;                        status 0; differ chaos.ndjson again.ndjson

# A run with what changes models: gone nodes write none, and the log replays to the same bits and the same log.
printf '0.12,1,crash\n0.3,4,pause\n0.6,4,resume\n' > churn.csv
what=latency:mean=0.05,law=log-normal,jitter=0.05+loss:p=0.05,final=true+churn:file=churn.csv
sim --scenario $what --event-log events.ndjson --metrics m.ndjson --eval-every 1 -o c.dml
status 0; stderr_empty; other c.dml
run dmerge show c.dml --json;  [ "$(grep -c '"node": ' "$out")" = 5 ] || fail "five models"
[ "$(grep -c '"node": -1' m.ndjson)" = 8 ] || fail "a line of the whole each round"
sim --scenario replay:file=events.ndjson --event-log again.ndjson -o d.dml;            status 0
same events.ndjson again.ndjson
run dmerge diff --exact c.dml d.dml;                                                   status 0
refused 3 "'events.ndjson' is of another run" dtrain dsgd --nodes 6 --partition shards --rounds 9 --seed 1 --scenario replay:file=events.ndjson -o x.dml

# Crashes by degree ask for the graph; means stay means. Attackers on the wire. A federated run.
sim --topology star --scenario crash:fraction=0.17,by=degree,round=4 --event-log e.ndjson -o e.dml;  status 0
grep -q '"event": "crash", "node": 0, "before": 4' e.ndjson || fail "the hub"
sim --topology star:weights=uniform --scenario crash:node=3,round=2 -o u.dml;          status 0
sim --topology star --scenario crash:node=3,round=2 -o v.dml;                          status 0
run dmerge diff --exact u.dml v.dml;                                                   status 1
sim --scenario attack:rule=sign-flip,nodes=2 -o f.dml;                                 status 0; other f.dml
run dtrain fedavg --nodes 5 --rounds 6 -o g.dml;                                       status 0
run dtrain fedavg --nodes 5 --rounds 6 --scenario chaos:seed=1 -o h.dml;               status 0
run dmerge diff --exact g.dml h.dml;                                                   status 0
run dtrain fedavg --nodes 5 --rounds 6 --scenario crash:node=2,round=3 -o h.dml;       status 0
run dmerge diff --exact g.dml h.dml;                                                   status 1
refused 5 "the run cannot go on without those that are gone" dtrain fedavg --nodes 5 --rounds 6 --scenario crash:node=5,round=3 -o x.dml
refused 5 "no node is left" dtrain dsgd --nodes 4 --rounds 6 --scenario crash:fraction=1,round=3 -o x.dml

# What is refused, in one line each.
refused 2 "scenario 'latncy' is unknown" dtrain dsgd --nodes 4 --scenario latncy -o x.dml
stderr_has "did you mean 'latency'?"
refused 2 "option 'loss:q' is unknown" dtrain dsgd --nodes 4 --scenario loss:q=1 -o x.dml
refused 2 "option 'loss:p' is required" dtrain dsgd --nodes 4 --scenario loss -o x.dml
refused 2 "scenario crash names node 4, but the run has 4 nodes" dtrain dsgd --nodes 4 --scenario crash:node=4,round=1 -o x.dml
refused 2 "scenario kill needs round or time" dtrain dsgd --nodes 4 --scenario kill:node=1,seconds=1 -o x.dml
refused 2 "needs a program with a graph" dtrain fedavg --nodes 4 --scenario crash:fraction=0.5,by=degree,round=1 -o x.dml
refused 2 "--scenario belongs to simulations" dtrain dsgd --id 0 --peers /dev/null --scenario loss:p=0.1 -o x.dml
refused 2 "--event-log belongs to simulations" dtrain dsgd --id 0 --peers /dev/null --event-log e.ndjson -o x.dml
refused 2 "--scenario excludes --checkpoint" dtrain dsgd --nodes 4 --scenario loss:p=0.1 --checkpoint states -o x.dml
refused 3 "'no.csv'" dtrain dsgd --nodes 4 --scenario churn:file=no.csv -o x.dml
printf '1,2,crash\n2,2,explode\n' > bad.csv
refused 3 "line 2 of 'bad.csv': 'explode' is no event" dtrain dsgd --nodes 4 --scenario churn:file=bad.csv -o x.dml
printf '0 1\n1 0\n' > bad.txt
refused 3 "line 1 of 'bad.txt' has 2 numbers, not one for each of 4 nodes" dtrain dsgd --nodes 4 --scenario latency:file=bad.txt -o x.dml
refused 3 "line 1 of 'bad.csv' is no event of a log" dtrain dsgd --nodes 4 --scenario replay:file=bad.csv -o x.dml
refused 4 "no/such" dtrain dsgd --nodes 4 --rounds 1 --event-log no/such/e.ndjson -o x.dml
absent x.dml
