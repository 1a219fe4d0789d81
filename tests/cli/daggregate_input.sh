# Where records come from, in which order they are taken, and what is refused.
source "$(dirname "$0")/lib.sh" "$1"

# 1e16 + 1 - 1e16 is 0, 1e16 - 1e16 + 1 is 1: sender order decides, not the order of arrival.
echo 'update sender=0 ; w f64 1 1e16'  | make_records > a.dml
echo 'update sender=1 ; w f64 1 -1e16' | make_records > b.dml
echo 'update sender=2 ; w f64 1 3'     | make_records > c.dml
run daggregate mean a.dml b.dml c.dml -o abc.dml
status 0
echo 'update ; w f64 1 1' | make_records > expected.dml
run dmerge diff --exact expected.dml abc.dml; status 0
run daggregate mean c.dml a.dml b.dml -o cab.dml
same abc.dml cab.dml
cat b.dml c.dml a.dml | daggregate mean > piped.dml || fail "the pipe failed"
same abc.dml piped.dml
cat b.dml c.dml | daggregate mean a.dml - > mixed.dml || fail "- failed"
same abc.dml mixed.dml
# Without senders the order is that of the stream.
printf 'model ; w f64 1 1e16\nmodel ; w f64 1 3\nmodel ; w f64 1 -1e16\n' | make_records > nameless.dml
run daggregate mean nameless.dml -o nameless_mean.dml
status 0
run dmerge diff --exact expected.dml nameless_mean.dml
status 1

# Models stay models; the stored type stays; integers are carried over.
printf 'model round=4 ; n i64 1 7 ; w bf16 2 1 -4\nmodel round=4 ; n i64 1 7 ; w bf16 2 2 8\n' | make_records > models.dml
run daggregate mean models.dml -o model.dml
echo 'model ; n i64 1 7 ; w bf16 2 1.5 2' | make_records > expected.dml
run dmerge diff --exact expected.dml model.dml; status 0

# A mean of means, by weight, is the mean of all.
printf 'update sender=0 weight=1 ; w f32 1 2\nupdate sender=1 weight=3 ; w f32 1 6\n' | make_records > left.dml
echo 'update sender=2 weight=4 ; w f32 1 9' | make_records > right.dml
daggregate mean left.dml | daggregate mean - right.dml > both.dml || fail "no pipeline"
echo 'update ; w f32 1 7' | make_records > expected.dml
run dmerge diff --exact expected.dml both.dml; status 0

# Refusals.
refused 3 "absent.dml" daggregate mean absent.dml -o no.dml
head -c 100 a.dml > cut.dml
refused 3 "cut.dml" daggregate mean b.dml cut.dml -o no.dml
: > empty.dml
run daggregate mean empty.dml -o no.dml
status 3
make_records < /dev/null > none.dml
refused 3 'error: there is no input to aggregate' daggregate mean none.dml -o no.dml
echo 'vote job=1 ; w f64 1 1' | make_records > vote.dml
refused 3 "error: record 0 of 'vote.dml' is of kind 'vote', updates or models are aggregated" daggregate mean vote.dml -o no.dml
echo 'model ; n i32 1 1' | make_records > integers.dml
refused 3 "error: record 0 of 'integers.dml' has no floating-point tensor to aggregate" daggregate mean integers.dml -o no.dml
printf 'update weight=0 ; w f32 1 1\nupdate weight=0 ; w f32 1 2\n' | make_records > weightless.dml
refused 3 'error: mean: the weights of the inputs add up to 0' daggregate mean weightless.dml -o no.dml
refused 2 "error: option '--byzantine' is required" daggregate trimmed-mean a.dml -o no.dml
refused 2 "error: option '--byzantine' is required" daggregate krum a.dml -o no.dml
refused 2 "option '--byzantine' is -1, must be >= 0" daggregate krum --byzantine=-1 a.dml -o no.dml
refused 2 "option '--neighbours' is 'byzfi', must be one of byzfl, blanchard" daggregate krum --byzantine 0 --neighbours byzfi a.dml -o no.dml
stderr_has "hint: did you mean 'byzfl'?"
refused 2 "option '--byzantine' is unknown" daggregate mean --byzantine 1 a.dml -o no.dml
refused 2 "input and output are the same file 'a.dml'" daggregate mean a.dml -o a.dml
refused 2 "verb 'medain' is unknown" daggregate medain a.dml -o no.dml
stderr_has "hint: did you mean 'median'?"
absent no.dml

# The tool describes itself.
run daggregate list aggregator
status 0
for rule in krum mean median trimmed-mean; do stdout_has "$rule"; done
run daggregate describe aggregator/krum
status 0
stdout_has 'neighbours'
stdout_has 'selects-input'
run daggregate trimmed-mean --help
status 0
stdout_has '--byzantine'
stdout_has '--strict'
