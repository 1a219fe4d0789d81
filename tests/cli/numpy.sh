# numpy and this project's tools read each other's files: npy, npz, safetensors (read here from its description), dml without a copy.
. "$(dirname "$0")/lib.sh"

python=
for candidate in python3 /usr/bin/python3; do "$candidate" -c 'import numpy' 2> /dev/null && python=$candidate && break; done
[ -n "$python" ] || { echo 'skipped: no python3 with numpy (Debian: python3-numpy)'; exit 77; }
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/examples

# What numpy writes: every dtype, ranks, byte orders, column-major, stored, deflated, large enough for several pieces of deflate.
"$python" - <<'PY' || fail 'numpy cannot write'
import numpy as np
rng = np.random.default_rng(1)
arrays = {}
for code in 'f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 b1'.split():
    for order in '<>':
        values = (rng.standard_normal((3, 4, 5)) * 50).astype(order + code) if code != 'b1' else rng.integers(0, 2, (3, 4, 5)).astype(bool)
        arrays[f'{code}{order}rows'] = values
        arrays[f'{code}{order}columns'] = np.asfortranarray(values)
arrays['scalar'], arrays['empty'], arrays['none'] = np.float64(2.5), np.zeros((0, 3)), np.zeros(0, '<i4')
arrays['deep/er name'] = rng.integers(0, 9, 300_000)
np.savez('stored.npz', **arrays)
np.savez_compressed('deflated.npz', **arrays)
np.save('one.npy', np.asfortranarray(arrays['f4>rows']))
np.save('objects.npy', np.array([{}], dtype=object), allow_pickle=True)
np.save('complex.npy', np.zeros(2, complex))
np.savez('objects.npz', w=np.array([{}], dtype=object))
PY
# What the tools write: dml, safetensors, npz of the same tensors.
for archive in stored deflated; do
  for format in dml safetensors npz; do run dmerge convert $archive.npz -o $archive-$format.$format; status 0; done
  for format in dml safetensors npz; do run dmerge diff --exact $archive.npz $archive-$format.$format; status 0; done
  cat $archive.npz | dmerge convert --to safetensors > piped.safetensors
  run dmerge diff --exact $archive.npz piped.safetensors; status 0
done
cat > compare.py <<'PY'
import json, sys
import numpy as np
from read_dml import records
archive = sys.argv[1]
DTYPES = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'I64': '<i8', 'I32': '<i4', 'I16': '<i2', 'I8': 'i1', 'U64': '<u8', 'U32': '<u4', 'U16': '<u2', 'U8': 'u1', 'BOOL': '?'}
def safetensors(path):
    blob = open(path, 'rb').read()
    size = int.from_bytes(blob[:8], 'little')
    header = json.loads(blob[8:8 + size])
    header.pop('__metadata__')
    ends = sorted(tuple(entry['data_offsets']) for entry in header.values())
    assert ends[0][0] == 0 and all(a[1] == b[0] for a, b in zip(ends, ends[1:])) and ends[-1][1] == len(blob) - 8 - size, 'gaps'
    for name, entry in header.items():
        begin = 8 + size + entry['data_offsets'][0]
        assert begin % np.dtype(DTYPES[entry['dtype']]).itemsize == 0, 'not aligned: ' + name
        yield name, np.frombuffer(blob, DTYPES[entry['dtype']], int(np.prod(entry['shape'])), begin).reshape(entry['shape'])
want = dict(np.load(archive + '.npz'))
seen = [dict(np.load(archive + '-npz.npz')), dict(safetensors(archive + '-safetensors.safetensors'))]
for kind, meta, tensors in records(archive + '-dml.dml'):
    assert kind == 'model' and all(not array.flags.owndata for array in tensors.values()), 'a copy'
    seen.append(tensors)
assert len(seen) == 3
for arrays in seen:
    assert sorted(arrays) == sorted(want)
    for name, array in want.items():
        got = arrays[name]
        assert got.shape == array.shape and got.dtype.newbyteorder('<') == array.dtype.newbyteorder('<') and np.array_equal(got, array), name
print('compared', len(want))
PY
for archive in stored deflated; do run "$python" compare.py $archive; status 0; stdout_has 'compared 52'; done
run dmerge convert one.npy -o back.npy;   status 0
run "$python" -c "import numpy as np; a, b = np.load('one.npy'), np.load('back.npy'); assert (a == b).all() and b.flags.c_contiguous and b.dtype == '<f4'"; status 0

refused 3 "'objects.npy' holds Python objects, which are never unpickled" dmerge convert objects.npy -o x.dml
refused 3 "'w.npy' in 'objects.npz' holds Python objects" dmerge convert objects.npz -o x.dml
refused 3 "'complex.npy' is of type '<c16', which tensors do not have" dmerge convert complex.npy -o x.dml
absent x.dml
