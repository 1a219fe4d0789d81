# drank search: rankings of a log, its options, several logs as one stream, bad input.
. "$(dirname "$0")/lib.sh"

# The log of card g-rank: A=0, B=1, C=2, D=3.
cat > log.txt << 'EOF'
interaction node=0 query_no=0 term=rock item=i1 tags=[rock]
interaction node=0 query_no=1 term=rock item=i1 tags=[rock]
interaction node=0 query_no=2 term=rock item=i2 tags=[rock]
interaction node=0 query_no=3 term=jazz item=i5
interaction node=1 query_no=0 term=rock item=i1 tags=[rock]
interaction node=1 query_no=1 term=rock item=i3 tags=[rock]
interaction node=1 query_no=2 term=jazz item=i5
interaction node=2 query_no=0 term=rock item=i3 tags=[rock]
interaction node=2 query_no=1 term=rock item=i3 tags=[rock]
interaction node=2 query_no=2 term=rock item=i3 tags=[rock]
interaction node=2 query_no=3 term=folk item=i7
interaction node=3 query_no=0 term=folk item=i7
EOF
make_records < log.txt > log.dml
head -n 4 log.txt | make_records > a.dml
tail -n 8 log.txt | make_records > rest.dml
items() { cut -d ' ' -f 1 "$out" | tr '\n' ' '; }

run drank search rock --log log.dml --node 0 --ranker g-rank:swap=0;  status 0; stderr_empty
[ "$(items)" = 'i1 i2 i3 ' ] || fail "ranking $(items)"
stdout_has 'i1  2.409090909090909'; stdout_has 'i2  1'; stdout_has 'i3  0.5727272727272728'
run drank search Rock! --log log.dml --node 0 --ranker g-rank:swap=0,isolation=1;  status 0
[ "$(items)" = 'i1 i3 i2 ' ] || fail "ranking $(items)"

# Several logs are one stream, in whatever order; an entry that comes twice changes nothing.
run bash -c 'cat a.dml rest.dml a.dml | drank search rock --log - --node 0 --ranker g-rank:swap=0'; status 0; stderr_empty
[ "$(items)" = 'i1 i2 i3 ' ] || fail "ranking $(items)"
run bash -c 'cat rest.dml a.dml | drank search rock --node 0 --ranker g-rank:swap=0';  status 0; stdout_has 'i3  0.57272727'

# Every option changes what is shown.
run drank search rock --log log.dml --node 0 --limit 1 --ranker g-rank:swap=0; [ "$(items)" = 'i1 ' ] || fail "ranking $(items)"
run drank search rock --log log.dml --node 0 --limit 0 --ranker g-rank:swap=0; [ "$(items)" = 'i1 i2 i3 ' ] || fail "ranking $(items)"
run drank search rock --log log.dml --node 2 --ranker g-rank:swap=0;           [ "$(items)" = 'i3 i1 ' ] || [ "$(items)" = 'i3 i1 i2 ' ] || fail "ranking $(items)"
run drank search rock --log log.dml --node 0 --ranker popularity;              [ "$(items)" = 'i3 i1 i2 ' ] || fail "ranking $(items)"
run drank search rock --log log.dml --node 0 --ranker g-rank:swap=1;           [ "$(items)" != 'i1 i2 i3 ' ] || fail 'nothing was swapped'
cp "$out" first; run drank search rock --log log.dml --node 0 --ranker g-rank:swap=1; same "$out" first
run drank search rock --log log.dml --node 0 --json --ranker g-rank:swap=0;    stdout_has '{"rank": 2, "item": "i2", "score": 1, "basis": "clicks"}'
run drank search rock --log log.dml --node 0 -o r.dml --ranker g-rank:swap=0;  status 0
run dmerge show r.dml; stdout_has 'record 0: ranking'; stdout_has '"items": ["i1", "i2", "i3"]'; stdout_has '"ranker": "g-rank:swap=0"'; stdout_has '"scores": [2.409090909090909, 1, 0.5727272727272728]'
make_records > library.dml << 'EOF'
item item=x1 title=polkarock
item item=x2 tags=[polka]
EOF
run drank search polka --log log.dml --node 0;         stdout_lacks x1
run drank search polka --log log.dml --node 0 --library library.dml; [ "$(items)" = 'x1 x2 ' ] || fail "ranking $(items)"

# Nothing to show is no error.
make_records < /dev/null > none.dml
run drank search rock --log none.dml --node 0;         status 0; stdout_empty; stderr_has 'nothing to rank: the log and the library are empty'
run drank search rock --log none.dml --node 0 --library library.dml; status 0; stdout_has x1; stderr_empty

# Conflicts and empty terms are said; the first entry stands.
make_records > odd.dml << 'EOF'
interaction node=0 query_no=0 term=rock item=i1
interaction node=0 query_no=0 term=rock item=i9
interaction node=0 query_no=1 term=-- item=i8
EOF
run drank search rock --log odd.dml --node 0;          status 0; stdout_has 'i1  1'; stdout_lacks i9
stderr_has "record 2 of 'odd.dml' has an empty term and is dropped"
stderr_has '1 log entries have the key of an earlier one and other content'

# Bad input and bad options.
make_records > model.dml <<< 'model ; w f32 1 1'
make_records > keys.dml <<< 'interaction node=0 term=rock item=i1'
head -c 300 log.dml > cut.dml
refused 3 "record 0 of 'model.dml' is of kind 'model', not interaction" drank search rock --log model.dml --node 0
refused 3 "record 0 of 'keys.dml' has no key 'query_no'" drank search rock --log keys.dml --node 0
refused 3 "'cut.dml' ends early" drank search rock --log cut.dml --node 0
refused 3 "'absent' cannot be read" drank search rock --log absent --node 0
refused 3 "is of kind 'interaction', not item" drank search rock --log log.dml --library log.dml --node 0
refused 2 "option '--node' is required" drank search rock --log log.dml
refused 2 'has no letters or digits' drank search --log log.dml --node 0 -- '--'
refused 2 'an argument is missing' drank search --log log.dml --node 0
refused 2 "ranker 'grank' is unknown" drank search rock --log log.dml --node 0 --ranker grank
refused 2 "option 'g-rank:isolation' is -1, must be >= 0" drank search rock --log log.dml --node 0 --ranker g-rank:isolation=-1
refused 2 "option '--limt' is unknown" drank search rock --limt 3 --log log.dml --node 0
refused 2 'same file' drank search rock --log log.dml --node 0 -o log.dml
