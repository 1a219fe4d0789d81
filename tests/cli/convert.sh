# dmerge convert: any format to any format, and --dtype.
. "$(dirname "$0")/lib.sh"

make_records > a.dml <<< 'update sender=3 round=2 weight=2.0 data=digits ; b f32 3 1 -2.5 3e-20 ; n i64 - 7 ; w f64 2x3 1 2 3 4 5 6 ; x bool 2 1 0'

# Round trips keep kind, meta and every byte; the kind and the typed meta have a place in safetensors and npz.
for format in safetensors npz dml; do
  run dmerge convert a.dml -o "b.$format";              status 0; stdout_empty; stderr_empty
  run dmerge convert "b.$format" -o back.dml;           status 0
  run dmerge diff --exact a.dml back.dml;               status 0
  run dmerge diff --exact "b.$format" a.dml;            status 0      # diff and show read every format
  run dmerge show --json back.dml
  stdout_has '"kind": "update", "meta": {"data": "digits", "round": 2, "sender": 3, "weight": 2'
  run dmerge show --stats "b.$format";                  status 0
  stdout_has 'record 0: update, 4 tensors'
  stdout_has 'w  f64  2x3  min 1  mean 3.5  max 6'
done
# Where it came from stays with it: this run's header, and the first one as `source`.
run dmerge show b.safetensors;                          stdout_has 'written by dmerge'; stdout_has 'verb convert'
grep -aq '"source": {"options": {}, "tool": "make_records"' b.npz || fail 'the source is not named'
run dmerge convert back.dml -o again.npz;               status 0
grep -aq '"source": {"options": {}, "tool": "make_records"' again.npz || fail 'the source is lost'

# Pipes in and out, --to and --from; the bytes decide what an input is, not its name.
dmerge convert a.dml --to safetensors | dmerge convert --to npz | dmerge convert > piped.dml
run dmerge diff --exact a.dml piped.dml;                status 0
cp b.npz disguised.safetensors
run dmerge diff --exact a.dml disguised.safetensors;    status 0
refused 3 "'b.npz' is no npy array" dmerge convert --from npy b.npz -o x.dml
run dmerge convert a.dml --to npz -o odd.name;          status 0
run dmerge diff --exact a.dml odd.name;                 status 0

# One array: npy, idx and csv hold no more, and say so.
refused 2 'npy holds one array' dmerge convert a.dml -o x.npy
make_records > one.dml <<< 'array ; data f64 2x2 1 2 3 4'
for format in npy idx csv; do
  run dmerge convert one.dml -o "one.$format";          status 0
  run dmerge diff --exact one.dml "one.$format";        status $([ $format = csv ] && echo 1 || echo 0)   # a csv is of kind table
  run dmerge diff one.dml "one.$format"
  stdout_lacks 'largest difference'
done
cat one.dml one.dml > two.dml
for format in safetensors npz npy; do
  refused 2 "$format holds one" dmerge convert two.dml -o "x.$format"
  absent "x.$format"
done
run dmerge convert two.dml -o twice.dml;                status 0

# --dtype: the floats of a model; of a lone array or table everything.
run dmerge convert --dtype bf16 a.dml -o c.safetensors; status 0
run dmerge show c.safetensors;                          stdout_has 'b  bf16  3'; stdout_has 'n  i64  scalar'; stdout_has 'x  bool  2'
run dmerge diff --tolerance 0.01 a.dml c.safetensors;   status 0
run dmerge diff a.dml c.safetensors;                    status 1; stdout_has 'tensor b: largest difference'
refused 2 'numpy has no bf16' dmerge convert c.safetensors -o x.npz
stderr_has 'hint: dmerge convert --dtype f32'
run dmerge convert --dtype f32 c.safetensors -o d.npz;  status 0
run dmerge diff c.safetensors d.npz;                    status 0
run dmerge convert --dtype u8 one.csv -o e.idx;         status 0
run dmerge show e.idx;                                  stdout_has 'data  u8  2x2'
run dmerge convert --dtype f32 e.idx -o e.npy;          status 0
run dmerge diff one.dml e.npy;                          status 0
make_records > big.dml <<< 'model ; w f64 2 1 65520'
refused 3 "record 0 of 'big.dml': tensor 'w' holds 65520, which f16 cannot hold" dmerge convert --dtype f16 big.dml -o x.dml
make_records > top.dml <<< 'model ; w f64 3 65519 inf nan'
run dmerge convert --dtype f16 top.dml -o top16.dml;    status 0
run dmerge show --stats top16.dml;                      stdout_has 'max 65504'; stdout_has 'not finite 2'
make_records > infinite.dml <<< 'model ; w f32 2 464 inf'
refused 3 'holds inf, which f8_e4m3 cannot hold' dmerge convert --dtype f8_e4m3 infinite.dml -o x.dml
make_records > half.dml <<< 'array ; data f32 2 1 2.5'
refused 3 'holds 2.5, which i32 cannot hold' dmerge convert --dtype i32 half.dml -o x.npy
make_records > minus.dml <<< 'array ; data i32 2 1 -1'
refused 3 'holds -1, which u64 cannot hold' dmerge convert --dtype u64 minus.dml -o x.npy
refused 2 "option '--dtype'" dmerge convert --dtype f33 a.dml -o x.dml
absent x.dml
absent x.npy
