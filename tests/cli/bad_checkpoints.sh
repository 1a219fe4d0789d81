# Checkpoints of strangers: safetensors, their indices, npy, npz. One line that names file and tensor, exit 3, no memory taken, no output.
. "$(dirname "$0")/lib.sh"

cat > make.py <<'PY'
import json, struct, zipfile, zlib
def save(name, header, data=b'', length=None):
    text = header.encode()
    open(name, 'wb').write(struct.pack('<Q', len(text) if length is None else length) + text + data)
w = '"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
save('good', '{%s}' % w, b'\0' * 8)
save('longer', '{%s}' % w, b'\0' * 8, 5000)                    # a header longer than the file
save('huge', '{%s}' % w, b'\0' * 8, 2 ** 63)
save('short', '{%s}' % w, b'\0' * 7)
save('more', '{%s}' % w, b'\0' * 9)
save('twice', '{%s,%s}' % (w, w), b'\0' * 8)
save('overlap', '{%s,"x":{"dtype":"U8","shape":[4],"data_offsets":[7,11]}}' % w, b'\0' * 11)
save('gap', '{%s,"x":{"dtype":"U8","shape":[4],"data_offsets":[9,13]}}' % w, b'\0' * 13)
save('overflow', '{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}')
save('nameless', '{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b'\0')
save('zero', '{"a\\u0000":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b'\0')
save('deep', '{"w":' + '[' * 90000 + ']' * 90000 + '}')
save('open', '{"w":' + '[' * 90000)
save('claims', '{"w":{"dtype":"U8","shape":[17179869184],"data_offsets":[0,17179869184]}}')      # 16 GiB that are not there

def npy(descr, shape, data=b'', fortran=False):
    text = ("{'descr': %s, 'fortran_order': %s, 'shape': %s}" % (descr, fortran, shape)).encode()
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text + data
open('npy-claims', 'wb').write(npy("'<f8'", '(2000000000,)'))
open('npy-overflow', 'wb').write(npy("'<f8'", '(4294967296, 4294967296)'))
open('npy-pickle', 'wb').write(npy("'|O'", '(1,)', b'cos\nsystem\n'))
# A bomb that deflate can hold: 100 MB of zeros in 100 kB, claimed as an array of 100 MB; and one that it cannot.
with zipfile.ZipFile('bomb.npz', 'w', zipfile.ZIP_DEFLATED) as archive: archive.writestr('w.npy', npy("'|u1'", '(100000000,)', bytes(100000000)))
blob = bytearray(open('bomb.npz', 'rb').read())
at = blob.find(b'PK\x01\x02') + 24
blob[at:at + 4] = struct.pack('<I', 0xfffffffe)
open('lying.npz', 'wb').write(blob)
with zipfile.ZipFile('text.npz', 'w') as archive: archive.writestr('read.me', 'hello')
with zipfile.ZipFile('lzma.npz', 'w', zipfile.ZIP_LZMA) as archive: archive.writestr('w.npy', npy("'|u1'", '(3,)', b'abc'))
PY
python3 make.py || fail 'the files cannot be made'

run dmerge show good; status 0
check() {                                            # FILE TEXT: whichever way it comes in, within 2 GB of address space
  run bash -c "ulimit -v 2000000; dmerge convert $1 -o x.dml"
  status 3; stderr_has "'$1'"; stderr_has "$2"; absent x.dml
  [ "$(grep -c ': error: ' "$err")" = 1 ] && [ "$(wc -l < "$err")" -le 2 ] || fail 'more than one error line'
  run bash -c "ulimit -v 2000000; cat $1 | dmerge convert --from ${3:-safetensors} -o x.dml"
  status 3; stderr_has 'standard input'; absent x.dml
}
check longer 'ends early: its header is cut'
refused 3 "'huge' is of no known format" dmerge show huge
refused 3 'claims a header of 9223372036854775808 bytes' dmerge show --from safetensors huge
check short "ends early: tensor 'w' is cut"
check more 'goes on after its last tensor'
check twice "tensor 'w' stands twice"
check overlap "tensor 'x' begins at byte 7 of the data, inside another tensor"
check gap "tensor 'x' begins at byte 9 of the data, after bytes of no tensor"
check overflow "tensor 'w' of shape 4611686018427387904x4 is over the limit of 16.0 GiB"
check nameless "a tensor's name is empty"
check zero 'holds a zero byte'
check deep 'nests deeper than 12'
check open 'is no valid JSON'
check claims "ends early: tensor 'w' is cut"
check npy-claims 'its array of 2000000000 is cut' npy
check npy-overflow 'over the limit' npy
check npy-pickle 'holds Python objects, which are never unpickled' npy
check lying.npz 'claim to inflate to 4.0 GiB, more than deflate can hold' npz
check text.npz "holds 'read.me', which is no .npy array" npz
check lzma.npz "holds 'w.npy', compressed by method 14" npz
run dmerge show bomb.npz; status 0; stdout_has 'w  u8  100000000'                  # it is what it says, and within the limit
refused 3 'over the limit of 976.6 KiB' dmerge show --limit-tensor 1M bomb.npz

# An index names its files; each of them may fail.
mkdir m
make_records safetensors > m/1.safetensors <<< 'model ; a f32 2 1 2'
make_records safetensors > m/2.safetensors <<< 'model ; b f32 2 3 4'
index() { echo "{\"metadata\": {\"total_size\": 16}, \"weight_map\": $1}" > m/model.safetensors.index.json; }
index '{"a": "1.safetensors", "b": "2.safetensors"}'
run dmerge convert m -o whole.dml;                                status 0
run dmerge diff --exact whole.dml m/model.safetensors.index.json; status 0
run dmerge show m;                                                stdout_has 'b  f32  2'
run dmerge mean m m -o mean.dml;                                  status 0
run dmerge diff --exact whole.dml mean.dml;                       status 0
refused 3 'named by its path' dmerge show --from safetensors < m/model.safetensors.index.json
index '{"a": "1.safetensors", "b": "3.safetensors"}'
refused 3 "'m/model.safetensors.index.json': the file of tensor 'b', 'm/3.safetensors' cannot be read" dmerge show m
index '{"a": "1.safetensors", "b": "../m/2.safetensors"}'
refused 3 "tensor 'b' is in '../m/2.safetensors', which is no file of the index's folder" dmerge show m
index '{"a": "1.safetensors", "b": "2.safetensors"}'
head -c -1 m/2.safetensors > m/cut; mv m/cut m/2.safetensors
refused 3 "'m/2.safetensors' ends early: tensor 'b' is cut" dmerge show m
make_records safetensors > m/2.safetensors <<< 'model ; a f32 2 1 2 ; b f32 2 3 4'
refused 3 "'m/2.safetensors' holds tensor 'a', which 'm/model.safetensors.index.json' puts into '1.safetensors'" dmerge show m
mkdir none;  refused 3 "'none' is a folder" dmerge show none
