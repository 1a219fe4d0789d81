# dtrain plot: pictures of runs, what each option changes, and what is refused.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77
line() { echo "{\"round\": $1, \"time\": $2, \"node\": $3, \"loss\": $5, \"accuracy\": $4, \"consensus\": null, \"bytes_model\": $6, \"bytes_control\": 1, \"bytes_framing\": 2}"; }
{ for r in 0 1 2 3; do line $r 0.$r 0 0.$((2 * r)) 1.$((9 - r)) $((r * 1000)); line $r 0.$r 1 0.$((2 * r + 1)) 1.$((8 - r)) $((r * 1000)); line $r 0.$r -1 0.9 1.1 $((r * 9000)); done; } > ring.ndjson
{ for r in 0 2 4; do line $r 0 0 0.$r 1.0 $((r * 500)); done; } > complete.ndjson

refused 2 'a picture needs a name' dtrain plot ring.ndjson
refused 2 'neither .svg nor .png' dtrain plot ring.ndjson -o out.pdf
refused 3 'missing.ndjson' dtrain plot missing.ndjson -o out.svg
echo 'no json' > bad.ndjson;          refused 3 "line 1 of 'bad.ndjson' is no valid JSON" dtrain plot bad.ndjson -o out.svg
{ cat ring.ndjson; echo '{"a": 1}'; } > bad.ndjson; refused 3 "line 13 of 'bad.ndjson' has no round and node" dtrain plot bad.ndjson -o out.svg
echo '[1]' > bad.ndjson;              refused 3 "line 1 of 'bad.ndjson' is no JSON object" dtrain plot bad.ndjson -o out.svg
head -c 100000 /dev/zero | tr '\0' ' ' > bad.ndjson; refused 3 'longer than 64.0 KiB' dtrain plot bad.ndjson -o out.svg
: > bad.ndjson;                       refused 3 'holds no metrics' dtrain plot bad.ndjson -o out.svg
refused 2 "has no numbers 'acuracy'" dtrain plot --y acuracy ring.ndjson -o out.svg;  stderr_has "did you mean 'accuracy'?"
refused 2 "has no numbers 'consensus'" dtrain plot --y consensus ring.ndjson -o out.svg
refused 2 "has no numbers 'accuracy' of all nodes" dtrain plot --of merged complete.ndjson -o out.svg
refused 2 'time is the same in every line' dtrain plot --x time complete.ndjson -o out.svg
refused 2 '--labels names 1 runs, there are 2' dtrain plot --labels a ring.ndjson complete.ndjson -o out.svg
mkdir empty && for name in bash env; do ln -s "$(command -v $name)" empty/$name; done
run env PATH="$T/empty" "$BIN/dtrain" plot ring.ndjson -o out.svg; status 4; stderr_has 'gnuplot, which is not installed'; absent out.svg

command -v gnuplot > /dev/null || { echo 'gnuplot is not installed: no picture is drawn'; exit 77; }
run dtrain plot ring.ndjson complete.ndjson -o out.svg;            status 0; stdout_empty; stderr_empty
cp out.svg picture.svg
for text in '>ring<' '>complete<' '>rounds<' '>time in seconds<' '>kB sent by all nodes<' 'accuracy: mean of the nodes, least to most'; do
  grep -qF "$text" picture.svg || { cp picture.svg "$out"; fail "the picture lacks $text"; }
done
changed() { run dtrain plot ring.ndjson complete.ndjson -o out.svg "$@"; status 0; differ picture.svg out.svg; }
changed --y loss;                      grep -q 'loss: mean' out.svg || fail 'no loss'
changed --x rounds;                    ! grep -q 'time in seconds' out.svg || fail 'more than rounds'
changed --labels 'a ring,$(touch x)';  grep -q 'a ring' out.svg || fail 'no label'; absent x
run dtrain plot --of merged ring.ndjson -o out.svg;                status 0; grep -q 'accuracy of all nodes together' out.svg || fail 'not merged'
run dtrain plot complete.ndjson -o out.svg;                        status 0; stderr_has 'note: time is the same in every line'
run dtrain plot ring.ndjson -o out.png;                            status 0; [ "$(head -c 4 out.png | tail -c 3)" = PNG ] || fail 'no PNG'
gzip -k ring.ndjson
run dtrain plot ring.ndjson complete.ndjson -o first.svg;  run dtrain plot ring.ndjson.gz complete.ndjson -o out.svg; same first.svg out.svg
run dtrain plot - complete.ndjson --labels ring,complete -o out.svg < ring.ndjson; status 0; same first.svg out.svg

# A run from beginning to end; the files of the nodes of a network are one run when they are joined.
run dtrain dsgd --nodes 3 --rounds 4 --eval-every 1 --metrics run.ndjson -o models.dml; status 0
run dtrain plot run.ndjson -v -o run.svg;                          status 0; stderr_has 'rounds of up to 3 nodes'
