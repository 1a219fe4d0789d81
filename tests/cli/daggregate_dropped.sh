# One bad sender cannot stop a round: it is left out, named, and counts as one of those that may lie.
source "$(dirname "$0")/lib.sh" "$1"

make_records > peers.dml <<'END'
update sender=0 ; w f32 2 0 0
update sender=1 ; w f32 2 1 nan
update sender=2 ; w f32 2 0 2
update sender=3 ; w f32 3 2 1 1
update sender=4 ; w f32 2 1 3
update sender=4 ; w f32 2 500 500
update sender=5 ; w f32 2 9 9
END
run daggregate mean peers.dml -o mean.dml
status 0
stdout_empty
stderr_has "daggregate: warning: record 1 of 'peers.dml' is left out: tensor 'w' holds a value that is not finite"
stderr_has "daggregate: warning: record 3 of 'peers.dml' is left out: tensor 'w' is f32 3, not f32 2"
stderr_has "daggregate: warning: record 5 of 'peers.dml' is left out: sender 4 has sent another record before"
[ "$(wc -l < "$err")" = 3 ] || fail "other lines on stderr"
echo 'update ; w f32 2 2.5 3.5' | make_records > expected.dml
run dmerge diff --exact expected.dml mean.dml
status 0
run dmerge show mean.dml
stdout_has '"inputs": 7'
stdout_has '"dropped": 3'

run daggregate mean -q peers.dml -o quiet.dml
status 0
stderr_empty
same mean.dml quiet.dml

# Senders 1 and 3 are out: of three liars one is left among four, of four liars two, which is too many.
run daggregate trimmed-mean --byzantine 3 -q peers.dml -o trimmed.dml
status 0
echo 'update ; w f32 2 0.5 2.5' | make_records > expected.dml
run dmerge diff --exact expected.dml trimmed.dml
status 0
run daggregate trimmed-mean --byzantine 4 peers.dml -o no.dml
status 5
stderr_has 'daggregate: error: trimmed-mean needs more than 2f inputs: 4 with byzantine = 2, after 2 were left out'
absent no.dml
run daggregate krum --byzantine 4 -q peers.dml -o no.dml
status 5
stderr_has 'error: krum needs more than 2f inputs: 4 with byzantine = 2'
run daggregate krum --byzantine 3 --neighbours blanchard -q peers.dml -o no.dml
status 5
stderr_has 'error: krum with neighbours = blanchard needs at least 2f + 3 inputs: 4 with byzantine = 1'
absent no.dml

# Strictly, the first bad one ends it.
run daggregate mean --strict peers.dml -o no.dml
status 3
stderr_has "daggregate: error: record 5 of 'peers.dml': sender 4 has sent another record before"
[ "$(wc -l < "$err")" = 1 ] || fail "more than one line"
absent no.dml

# Nothing usable, or a single input that is bad.
echo 'update sender=1 ; w f32 1 nan' | make_records > bad.dml
refused 3 "error: record 0 of 'bad.dml': tensor 'w' holds a value that is not finite" daggregate median bad.dml -o no.dml
run daggregate median bad.dml bad.dml -o no.dml
status 3
printf 'update sender=1 ; w f32 1 inf\nupdate sender=2 ; w f32 1 nan\n' | make_records > bad.dml
run daggregate median bad.dml -o no.dml
status 3
stderr_has 'error: none of 2 inputs can be used'
printf 'model ; w f32 1 1\nmodel ; w f32 2 1 1\n' | make_records > torn.dml
run daggregate median torn.dml -o no.dml
status 3
stderr_has "error: inputs differ in layout and none is shared by more than half: record 1 of 'torn.dml' against record 0 of 'torn.dml': tensor 'w' is f32 2, not f32 1"
absent no.dml
