# dmerge apply and dmerge diff.
. "$(dirname "$0")/lib.sh"

make_records > base.dml <<< 'model round=4 ; w f32 2 1 2'
make_records > step.dml <<< 'update sender=0 round=4 ; w f32 2 0.5 -1'
run dmerge apply base.dml step.dml -o next.dml;   status 0
run dmerge show --stats next.dml;                 stdout_has 'min 1  mean 1.25  max 1.5'; stdout_has '"round": 5'
cat step.dml | dmerge apply base.dml - > piped.dml;  run dmerge diff --exact next.dml piped.dml; status 0
refused 2 'standard input is read twice' dmerge apply - - < base.dml
refused 3 "is of kind 'model', not an update" dmerge apply base.dml base.dml -o x.dml
cat step.dml step.dml > two.dml
refused 3 "'two.dml' holds more than one record" dmerge apply base.dml two.dml -o x.dml
make_records > wide.dml <<< 'update sender=0 ; w f32 3 1 1 1'
refused 3 "tensor 'w' is 3, the model's is 2" dmerge apply base.dml wide.dml -o x.dml
make_records > other.dml <<< 'update sender=0 base=0123456789abcdef ; w f32 2 1 1'
refused 3 'was made from another model' dmerge apply base.dml other.dml -o x.dml
absent x.dml

make_records > close.dml <<< 'model ; w f32 2 1 2.25'
run dmerge diff base.dml close.dml;                  status 1; stdout_has 'record 0, tensor w: largest difference 0.25'
run dmerge diff --tolerance 0.3 base.dml close.dml;  status 0; stdout_empty
run dmerge diff --json base.dml close.dml;           status 1; stdout_has '"max_abs": 0.25'
make_records > double.dml <<< 'model ; w f64 2 1 2'
run dmerge diff base.dml double.dml;                 status 0
run dmerge diff --exact base.dml double.dml;         status 1; stdout_has 'dtype f32 and f64'
cat base.dml base.dml > twice.dml
run dmerge diff base.dml twice.dml;                  status 1; stdout_has 'only in the second input'
make_records > named.dml <<< 'model ; v f32 2 1 2'
run dmerge diff base.dml named.dml;                  status 1; stdout_has 'tensor v: only in the second input'
refused 3 'no/such' dmerge diff base.dml no/such
