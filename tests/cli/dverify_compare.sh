# dverify compare: distances, tolerance, exit codes.
. "$(dirname "$0")/lib.sh"

make_records > a.fp << 'EOF'
fingerprint algorithm=test bits=16 source=a0 value=ff00
fingerprint algorithm=test bits=16 source=a1 value=ff0f
EOF
make_records > b.fp << 'EOF'
fingerprint algorithm=test bits=16 source=b0 value=fb00
fingerprint algorithm=test bits=16 source=b1 value=ff0f
EOF
make_records > one.fp <<< 'fingerprint algorithm=test bits=16 source=one value=ff00'
make_records > other.fp <<< 'fingerprint algorithm=test2 bits=16 source=o value=ff00'
make_records > short.fp <<< 'fingerprint algorithm=test bits=15 source=s value=ff00'
make_records > model.dml <<< 'model ; w f32 1 1'

run dverify compare a.fp a.fp;                         status 0; stderr_empty; stdout_has '0 of 16 bits differ  a0  a0'
run dverify compare a.fp b.fp;                         status 1; stderr_empty
stdout_has '1 of 16 bits differ  a0  b0'; stdout_has '0 of 16 bits differ  a1  b1'
run dverify compare --tolerance 1 a.fp b.fp;           status 0
run dverify compare one.fp a.fp;                       status 1; stdout_has '4 of 16 bits differ  one  a1'
run dverify compare --tolerance 3 one.fp a.fp;         status 1; stderr_empty
run dverify compare --tolerance 4 one.fp a.fp;         status 0; stderr_has 'tolerance 4 is a quarter of the 16 bits or more'
run dverify compare -q --tolerance 4 one.fp a.fp;      status 0; stderr_empty
run dverify compare --json a.fp b.fp;                  status 1
stdout_has '{"a": "a0", "b": "b0", "algorithm": "test", "bits": 16, "distance": 1, "tolerance": 0, "within": false}'
run dverify compare - b.fp < a.fp;                     status 1
run dverify compare a.fp b.fp -o r.dml;                status 1; run dmerge show r.dml; stdout_has 'hamming-distance'; stdout_has '"value": 1'

# Never distance 0 for what does not compare.
refused 3 "record 0 of 'one.fp' and record 0 of 'other.fp' hold hashes of different kinds: 'test', 16 bits, and 'test2', 16 bits" dverify compare one.fp other.fp
refused 3 'different kinds' dverify compare one.fp short.fp
refused 3 "record 0 of 'model.dml' is of kind 'model', not fingerprint" dverify compare one.fp model.dml
make_records > three.fp << 'EOF'
fingerprint algorithm=test bits=8 source=x value=ff
fingerprint algorithm=test bits=8 source=x value=ff
fingerprint algorithm=test bits=8 source=x value=ff
EOF
refused 3 "'a.fp' holds 2 fingerprints and 'three.fp' 3" dverify compare a.fp three.fp
make_records > none.fp < /dev/null
refused 3 "'none.fp' holds no fingerprint" dverify compare none.fp one.fp
make_records > forged.fp <<< 'fingerprint algorithm=test bits=4000000000 source=x value=ff'
refused 3 "key 'bits' is 4000000000, not within 1..65536" dverify compare forged.fp one.fp
head -c 150 one.fp > cut.fp
refused 3 "'cut.fp' ends early" dverify compare one.fp cut.fp
refused 3 "'absent' cannot be read" dverify compare one.fp absent
refused 2 "option '--tolerance' is 'x', must be a whole number" dverify compare --tolerance x one.fp one.fp
refused 2 "option '--tolerance' is '-1'" dverify compare --tolerance -1 one.fp one.fp
refused 2 'an argument is missing' dverify compare one.fp
refused 2 'at most 2 arguments' dverify compare one.fp one.fp one.fp
