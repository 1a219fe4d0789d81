# dmerge mean, side by side and from one stream.
. "$(dirname "$0")/lib.sh"

make_records > a.dml <<< 'model node=0 data=digits ; w f32 2 1 2 ; n i64 1 7'
make_records > b.dml <<< 'model node=1 data=digits ; w f32 2 3 10 ; n i64 1 9'

run dmerge mean a.dml b.dml -o m.dml;  status 0; stderr_empty; stdout_empty
run dmerge show --stats m.dml;         status 0
stdout_has '"data": "digits"'                      # what all agree on stays
stdout_has '"inputs": 2'
stdout_lacks '"node"'
stdout_has 'w  f32  2  min 2  mean 4  max 6'
stdout_has 'n  i64  1  min 7'                      # counters are not averaged
cat a.dml b.dml | dmerge mean > piped.dml
run dmerge diff --exact m.dml piped.dml;  status 0
cat a.dml b.dml > both.dml
run dmerge mean both.dml -o one.dml;      status 0
run dmerge diff --exact m.dml one.dml;    status 0
run dmerge mean a.dml -o same.dml;        run dmerge diff --exact a.dml same.dml;  status 0
run dmerge mean --threads 2 a.dml b.dml -o t2.dml; run dmerge diff --exact m.dml t2.dml; status 0

# Models that do not fit are refused and named; nothing appears.
make_records > c.dml <<< 'model ; w f32 3 1 2 3 ; n i64 1 9'
refused 3 "record 0 of 'c.dml': tensor 'w' is 3, in record 0 of 'a.dml' it is 2" dmerge mean a.dml c.dml -o x.dml
make_records > d.dml <<< 'model ; m f32 2 1 2 ; w f32 2 1 2'
refused 3 "has tensor 'm' where record 0 of 'a.dml' has 'n'" dmerge mean a.dml d.dml -o x.dml
make_records > e.dml <<< 'model ; w f64 2 1 2 ; n i64 1 9'
refused 3 "tensor 'w' is f64, in record 0 of 'a.dml' it is f32" dmerge mean a.dml e.dml -o x.dml
make_records > f.dml <<< 'model ; w f32 2 1 2'
refused 3 "has 1 tensors, record 0 of 'a.dml' has 2" dmerge mean a.dml f.dml -o x.dml
make_records > g.dml <<< 'update sender=1 ; w f32 2 1 2 ; n i64 1 9'
refused 3 "is of kind 'update', not a model" dmerge mean a.dml g.dml -o x.dml
make_records > h.dml <<< 'model ; w f32 2 1 nan ; n i64 1 9'
refused 3 "record 0 of 'h.dml': tensor 'w' holds NaN or infinity" dmerge mean a.dml h.dml -o x.dml
refused 3 "'both.dml' holds more than one model" dmerge mean a.dml both.dml -o x.dml
absent x.dml
run dmerge mean --allow-nan a.dml h.dml -o x.dml;  status 0; exists x.dml
