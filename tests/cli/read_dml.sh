# examples/read_dml.py, which was written from formats/dml.md alone, sees what dmerge shows.
. "$(dirname "$0")/lib.sh"

python=
for candidate in python3 /usr/bin/python3; do "$candidate" -c 'import numpy' 2> /dev/null && python=$candidate && break; done
[ -n "$python" ] || { echo 'skipped: no python3 with numpy (Debian: python3-numpy)'; exit 77; }
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/examples

make_records > a.dml <<'END'
model node=3 data=digits rate=0.1 deep=[1,-70000,x] ; b f64 3 -1.5 2.25 1e300 ; n i64 - 7 ; w f32 2x3 1 2 3 4 5 -6 ; h f16 2 0.5 -2 ; e f32 0x4
vote job=j1 accept=true
update sender=70000 ; i i8 3 -128 0 127 ; u u16 2 65535 1 ; t bool 2 1 0
END
cp a.dml two.dml; cat a.dml >> two.dml
cat > compare.py <<'PY'
import json, sys
import numpy as np
from read_dml import records
shown = [json.loads(line) for line in open(sys.argv[2])]
heads = [line for line in shown if 'kind' in line]
tensors = [line for line in shown if 'tensor' in line]
names = {'float64': 'f64', 'float32': 'f32', 'float16': 'f16', 'int64': 'i64', 'int8': 'i8', 'uint16': 'u16', 'bool': 'bool'}
compared = 0
for index, (kind, meta, arrays) in enumerate(records(sys.argv[1])):
    head = heads.pop(0)
    assert (head['record'], head['kind'], head['meta'], head['tensors']) == (index, kind, meta, len(arrays)), head
    for name, array in arrays.items():
        line = tensors.pop(0)
        assert (line['record'], line['tensor'], line['dtype'], line['shape']) == (index, name, names[str(array.dtype)], list(array.shape)), line
        assert not array.flags.owndata and not array.flags.writeable, 'a copy'
        assert array.ctypes.data % 64 == 0 or array.size == 0, 'not aligned'
        wide = array.astype(np.float64).ravel()
        if array.size: assert (line['min'], line['max']) == (wide.min(), wide.max()) and np.isclose(line['mean'], wide.mean(), rtol=1e-14), line
        compared += 1
assert not heads and not tensors, 'records are missing'
print('compared', compared)
PY
for file in a.dml two.dml; do
  run dmerge show --json --stats "$file";         status 0; cp "$out" shown
  run "$python" compare.py "$file" shown;         status 0
done
stdout_has 'compared 16'
run "$python" "$ROOT/examples/read_dml.py" a.dml; status 0
stdout_has 'w  float32  (2, 3)'

# A cut is noticed wherever it is, at the end of an object too.
size=$(stat -c %s a.dml)
for cut in 10 100 $((size / 2)) $((size - 64)) $((size - 1)); do
  head -c "$cut" a.dml > cut.dml
  run "$python" "$ROOT/examples/read_dml.py" cut.dml
  [ "$code" != 0 ] || fail "cut at $cut is not noticed"
  stderr_has 'ValueError'
done
