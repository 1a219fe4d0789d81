# dverify hash: records and files, on a terminal and in a pipe.
. "$(dirname "$0")/lib.sh"

make_records > a.dml <<< 'prediction node=3 job=j1 ; p f32 2x3 0.1 -0.7 0.2 0.5 -0.3 0.9'
make_records > b.dml <<< 'prediction node=4 job=j1 ; p f64 2x3 0.1 -0.7 0.2 0.5 -0.3 0.9'
make_records > two.dml << 'EOF'
prediction sender=1 ; p f32 3 1 2 -3
prediction sender=2 ; p f32 3 1 2 3
EOF

run dverify hash a.dml -o a.fp;                        status 0; stderr_empty; stdout_empty
run dmerge show a.fp;                                  status 0
stdout_has 'record 0: fingerprint'
stdout_has '"algorithm": "hyperplane:bits=256,seed=0"'
stdout_has '"bits": 256'
stdout_has '"job": "j1"'
stdout_has '"node": 3'
stdout_has '"source": "a.dml"'
dverify hash < a.dml > piped.fp;                       run dmerge show piped.fp; stdout_has '"source": "-"'
run dverify hash two.dml -o two.fp;                    run dmerge show two.fp
stdout_has '"node": 1'; stdout_has '"node": 2'; stdout_has '"source": "two.dml#1"'

# Every option changes the records.
for option in '--fingerprint hyperplane:bits=64' '--fingerprint hyperplane:seed=1' '--fingerprint sha256' '--node 9' '--job j2'; do
  run dverify hash $option a.dml -o other.fp;          status 0; differ a.fp other.fp
done
run dmerge show other.fp;                              stdout_has '"job": "j2"'
run dverify hash --threads 1 a.dml -o t1.fp;           run dmerge show t1.fp; cp "$out" t1
run dverify hash --threads 2 a.dml -o t2.fp;           run dmerge show t2.fp; same "$out" t1

# As text on a terminal; what it prints for files is what sha256sum prints.
printf 'no records at all\n' > text
printf '' > empty
gzip -k text
for file in text empty text.gz; do
  script -qec "dverify hash --fingerprint sha256 $file" /dev/null | tr -d '\r' > printed
  sha256sum "$file" > wanted; same printed wanted
done
script -qec 'dverify hash --fingerprint sha256:of=file a.dml' /dev/null | tr -d '\r' > printed
sha256sum a.dml > wanted; same printed wanted
script -qec 'dverify hash --fingerprint sha256 a.dml' /dev/null | tr -d '\r' > printed; differ printed wanted
script -qec 'dverify hash --fingerprint hyperplane:bits=12 two.dml' /dev/null | tr -d '\r' > printed
grep -qE '^[0-9a-f]{3}0  two\.dml$' printed || fail "printed: $(cat printed)"
grep -qE '^[0-9a-f]{3}0  two\.dml#1$' printed || fail "printed: $(cat printed)"
gzip -k a.dml
script -qec 'dverify hash a.dml.gz' /dev/null | tr -d '\r' | cut -c 1-64 > zipped
script -qec 'dverify hash a.dml' /dev/null | tr -d '\r' | cut -c 1-64 > plain; same zipped plain

# Bad input.
make_records > nan.dml <<< 'prediction ; p f32 3 1 nan 2'
make_records > inf.dml <<< 'prediction ; p f32 3 1 2 inf'
make_records > ints.dml <<< 'prediction ; p i64 2 1 2'
head -c 200 a.dml > cut.dml
refused 3 "record 0 of 'nan.dml': tensor 'p' holds NaN at position 1" dverify hash nan.dml -o x
refused 3 "record 0 of 'inf.dml': tensor 'p' holds infinity at position 2" dverify hash inf.dml -o x
refused 3 "record 0 of 'ints.dml' has no floating values" dverify hash ints.dml -o x
refused 3 "'cut.dml' ends early" dverify hash cut.dml -o x
refused 3 "'cut.dml' ends early" dverify hash --fingerprint sha256 cut.dml -o x
refused 3 "'text' is of no known format" dverify hash text -o x
refused 3 "'text' is of no known format" dverify hash --fingerprint sha256:of=record text -o x
refused 3 "'absent' cannot be read" dverify hash --fingerprint sha256 absent -o x
refused 3 "'absent' cannot be read" dverify hash absent -o x
refused 2 "fingerprint 'hyperplan' is unknown" dverify hash --fingerprint hyperplan a.dml -o x
stderr_has "did you mean 'hyperplane'?"
refused 2 "option 'hyperplane:bit' is unknown" dverify hash --fingerprint hyperplane:bit=3 a.dml -o x
refused 2 "option 'hyperplane:bits' is 0, must be 1..65536" dverify hash --fingerprint hyperplane:bits=0 a.dml -o x
refused 2 'takes one fingerprint' dverify hash --fingerprint sha256+hyperplane a.dml -o x
refused 2 "option '--node' is '-1', must be a whole number, 0 or more" dverify hash --node -1 a.dml -o x
refused 2 "option '--nod' is unknown" dverify hash --nod 1 a.dml -o x
refused 2 'standard input is read twice' dverify hash - - -o x
refused 2 'same file' dverify hash a.dml -o a.dml
absent x

# A broken input among many: stop, or name it, finish the rest and still end with 3.
refused 3 "tensor 'p' holds NaN" dverify hash a.dml nan.dml b.dml -o x; absent x
run dverify hash --keep-going a.dml nan.dml b.dml -o kept.fp; status 3
stderr_has "warning: record 0 of 'nan.dml'"; stderr_has '1 of 3 inputs could not be hashed'
run dmerge show kept.fp; stdout_has '"source": "a.dml"'; stdout_has '"source": "b.dml"'; stdout_lacks nan.dml

# Nothing to hash, and a hash that tells nothing, are said.
make_records > none.dml < /dev/null;                   run dverify hash none.dml -o none.fp; status 0; stderr_has "'none.dml' holds no records"
make_records > zero.dml <<< 'prediction ; p f32 2 0 0'; run dverify hash zero.dml -o zero.fp; status 0; stderr_has 'is all zero'
