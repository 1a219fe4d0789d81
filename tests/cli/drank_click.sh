# drank click: a log grows entry by entry, whole or not at all.
. "$(dirname "$0")/lib.sh"

run drank click --log log.dml --node 0 --term rock --item i1 --title 'First song' --tags rock,pop; status 0; stdout_empty; stderr_empty
run drank click --log log.dml --node 0 --term Rock --item i2;  status 0
run drank click --log log.dml --node 7 --term rock --item i2;  status 0
run dmerge show log.dml
stdout_has 'record 0: interaction, 0 tensors {"item": "i1", "node": 0, "query_no": 0, "seen_before": false, "tags": ["rock", "pop"], "term": "rock", "title": "First song"}'
stdout_has 'record 1: interaction, 0 tensors {"item": "i2", "node": 0, "query_no": 1, "seen_before": false, "term": "rock"}'
stdout_has '"node": 7, "query_no": 0'

# Clicks change the order that is shown.
run drank search rock --log log.dml --node 0 --ranker g-rank:swap=0; cp "$out" before; head -n 1 before | grep -q i1 || fail 'i1 is not first'
run drank click --log log.dml --node 0 --term rock --item i2 --tags rock; status 0
run drank click --log log.dml --node 0 --term rock --item i2;  run dmerge show log.dml; stdout_has '"query_no": 3, "seen_before": true'
run drank click --log pop.dml --node 0 --term rock --item i1
run drank click --log pop.dml --node 0 --term rock --item i2
run drank search rock --log pop.dml --node 0 --ranker g-rank:swap=0; head -n 1 "$out" | grep -q i1 || fail 'i1 is not first'
run drank click --log pop.dml --node 0 --term rock --item i2
run drank search rock --log pop.dml --node 0 --ranker g-rank:swap=0; head -n 1 "$out" | grep -q i2 || fail 'i2 is not first'

# --rank chooses from the results and keeps their order.
run drank click --log pop.dml --node 0 --term rock --rank 2 --ranker g-rank:swap=0; status 0
run dmerge show pop.dml; stdout_has '{"item": "i1", "node": 0, "query_no": 3, "results_order": ["i2", "i1"]'
run drank click --log pop.dml --node 0 --term rock --rank 2 --ranker popularity;    run dmerge show pop.dml; stdout_has '"query_no": 4'
refused 2 "option '--rank' is 9, the search has 2 results" drank click --log pop.dml --node 0 --term rock --rank 9

# With -o the new record alone; the log stays as it is and both together are the longer log.
cp log.dml kept.dml
run drank click --log log.dml --node 0 --term jazz --item i5 -o new.dml; status 0; same log.dml kept.dml
run dmerge show new.dml; stdout_has '"item": "i5", "node": 0, "query_no": 4'; stdout_lacks 'record 1'
cat log.dml new.dml > both.dml
run drank click --log log.dml --node 0 --term jazz --item i5
run drank search jazz --log both.dml --node 0 --json; cp "$out" composed; run drank search jazz --log log.dml --node 0 --json; same "$out" composed
run bash -c 'cat log.dml | drank click --log - --node 9 --term rock --item i1 -o - | dmerge show -'; status 0; stdout_has '"node": 9, "query_no": 0'

# Keys that this version does not know stay; a link stays a link.
make_records > odd.dml <<< 'interaction node=1 query_no=5 term=rock item=i1 mood=good'
ln -s odd.dml link.dml
run drank click --log link.dml --node 1 --term rock --item i2; status 0; [ -L link.dml ] || fail 'the link is gone'
run dmerge show odd.dml; stdout_has '"mood": "good"'; stdout_has '"query_no": 6'

# Many at once: none is lost.
for i in 1 2 3 4 5 6 7 8; do drank click --log busy.dml --node $i --term rock --item i$i & done; wait
run dmerge show busy.dml; [ "$(grep -c interaction "$out")" = 8 ] || fail 'a click was lost'
for i in 1 2 3 4 5 6; do drank click --log busy.dml --node 1 --term rock --item i1 & done; wait
run dmerge show busy.dml; stdout_has '"query_no": 6'

# A log that cannot be read or believed is left alone.
make_records > model.dml <<< 'model ; w f32 1 1'
cp model.dml model.kept; head -c 200 log.dml > cut.dml; cp cut.dml cut.kept
refused 3 "record 0 of 'model.dml' is of kind 'model', not interaction" drank click --log model.dml --node 0 --term rock --item i1; same model.dml model.kept
refused 3 "'cut.dml' ends early" drank click --log cut.dml --node 0 --term rock --item i1; same cut.dml cut.kept
refused 3 "'absent.dml' cannot be read" drank click --log absent.dml --node 0 --term rock --item i1 -o x; absent x; absent absent.dml
refused 4 'no/such' drank click --log no/such/log.dml --node 0 --term rock --item i1
refused 2 '-o names the log itself' drank click --log log.dml --node 0 --term rock --item i1 -o log.dml
refused 2 'cannot be appended to' drank click --log - --node 0 --term rock --item i1
refused 2 'cannot be appended to' drank click --log tcp://127.0.0.1:1 --node 0 --term rock --item i1
refused 2 'one of --item and --rank' drank click --log log.dml --node 0 --term rock
refused 2 'one of --item and --rank' drank click --log log.dml --node 0 --term rock --item i1 --rank 1
refused 2 'has no letters or digits' drank click --log log.dml --node 0 --term ' - ' --item i1
refused 2 "option '--term' is required" drank click --log log.dml --node 0 --item i1
refused 2 "option '--log' is required" drank click --node 0 --term rock --item i1
refused 2 "option '--node' is 4294967296" drank click --log log.dml --node 4294967296 --term rock --item i1
refused 2 'unexpected argument' drank click --log log.dml --node 0 --term rock --item i1 more
