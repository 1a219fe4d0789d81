# Forged streams: refused with one line before memory is taken, whichever tool reads them.
. "$(dirname "$0")/lib.sh"

make_records > good.dml <<< 'update sender=0 weight=1 ; w f32 2 1 2'
# Each file is the good header, followed by something forged.
python3 - <<'PY'
good = open('good.dml', 'rb').read()
header = good[:good.index(b'\xa4kind') - 1]
def forged(name, tail):
    open(name, 'wb').write(header + tail)
def text(s):
    return bytes([0xa0 | len(s)]) + s.encode()
def tensor(dtype, shape, length):
    return b'\x84' + text('name') + text('w') + text('dtype') + text(dtype) + text('shape') + shape + text('data') + b'\xc6' + length.to_bytes(4, 'big')
record = b'\x83' + text('kind') + text('update') + text('meta') + b'\x81' + text('sender') + b'\x00' + text('tensors') + b'\x01'
forged('keys', b'\xdf\xff\xff\xff\xff')                                          # an object of four billion keys
forged('list', b'\x81' + text('kind') + b'\xdd\xff\xff\xff\xff')                 # a list of four billion values
forged('text', b'\x81' + text('kind') + b'\xdb\xff\xff\xff\xff')                 # four gigabytes of text
forged('nested', b'\x81' + text('kind') + b'\x91' * 60000)                       # lists in lists
forged('million', b'\x83' + text('kind') + text('update') + text('meta') + b'\x80' + text('tensors') + b'\xce\xff\xff\xff\xff')
forged('huge', record + tensor('f32', b'\x92\xce\xff\xff\xff\xff\xce\xff\xff\xff\xff', 8))     # count x size overflows
forged('short', record + tensor('f32', b'\x91\x04', 8))                          # data that are not the shape's
forged('dtype', record + tensor('f33', b'\x91\x02', 8) + b'\x00' * 8)
forged('rank', record + tensor('f32', b'\xdc\x00\x20' + b'\x01' * 32, 4) + b'\x00' * 4)
forged('twice', b'\x82' + text('kind') + text('a') + text('kind') + text('b'))   # a key twice
forged('type', b'\x83' + text('kind') + b'\x05' + text('meta') + b'\x80' + text('tensors') + b'\x00')
forged('lacks', b'\x82' + text('kind') + text('a') + text('meta') + b'\x80')
forged('junk', b'\xc1' * 64)
forged('ext', b'\x81' + text('kind') + b'\xd4\x01\x00')
forged('other', b'\x81' + text('what') + text('a'))                              # neither a record nor the end
open('version', 'wb').write(good.replace(b'\xa3dml\x01', b'\xa3dml\x02', 1))
open('count', 'wb').write(good.replace(b'\xa7records\x01', b'\xa7records\x02', 1))
PY
for tool in 'dmerge show' 'dmerge mean -o x.dml' 'daggregate mean -o x.dml' 'dverify hash -o x.dml' 'drank search rock --node 0 --log'; do
  for file in keys list text nested million huge short dtype rank twice type lacks junk ext other version; do
    run bash -c "ulimit -v 2000000; $tool $file"
    status 3
    stderr_has "'$file'"
    [ "$(wc -l < "$err")" -le 3 ] || fail 'more than three lines'
    absent x.dml
  done
done
refused 3 'nested or counted beyond the limits' dmerge mean nested -o x.dml
refused 3 'claims 4294967295 tensors, over the limit of 1000000' dmerge mean million -o x.dml
refused 3 'over the limit of 16.0 GiB' dmerge mean huge -o x.dml
refused 3 "tensor 'w' of shape 4 and dtype f32 needs 16 bytes, 8 follow" dmerge mean short -o x.dml
refused 3 "has the unknown dtype 'f33'" dmerge mean dtype -o x.dml
refused 3 '32 dimensions, at most 16' dmerge mean rank -o x.dml
refused 3 "the key 'kind' twice" dmerge mean twice -o x.dml
refused 3 "key 'kind' is no text" dmerge mean type -o x.dml
refused 3 "lacks the key 'tensors'" dmerge mean lacks -o x.dml
refused 3 'has version 2 of the format' dmerge mean version -o x.dml
refused 3 'counts 2 records, 1 came' daggregate mean count -o x.dml
