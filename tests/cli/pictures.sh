# Pictures, CIFAR batches and JSON lines as any tool meets them: sniffed, named by --from and --to, bounded, refused with one line.
. "$(dirname "$0")/lib.sh"
golden=$ROOT/tests/golden/pictures

# Sniffed whatever the name, gz or not, from a pipe, several after one another.
cp "$golden/rgb8.png" picture;            run dmerge show picture;  status 0; stdout_has 'record 0: image'; stdout_has 'u8  11x9x3'
cp "$golden/rgb-420.jpg" data.csv;        refused 3 "line 2 of 'data.csv'" dmerge show data.csv
mv data.csv data.txt;                     run dmerge show data.txt; status 0; stdout_has 'u8  19x35x3'
gzip -k picture;                          run dmerge show picture.gz; status 0; stdout_has 'u8  11x9x3'
run dmerge show < "$golden/plain-rgb.ppm"; status 0; stdout_has 'u8  2x2x3'
cat "$golden/rgb8.png" "$golden/grey16.png" > two.png
run dmerge show two.png;                  status 0; stdout_has 'u8  11x9x3'; stdout_has 'u16  7x13x1'
cat "$golden/grey.jpg" picture > odd.jpg
run dmerge show odd.jpg;                  status 0; stderr_has "'odd.jpg' goes on for 431 bytes after its picture"

# Bounds, cuts, damage: exit 3 before memory is taken.
refused 3 "a picture of 9x11 is over the limit of 98 pixels" dmerge show --limit-pixels 98 picture
run dmerge show --limit-pixels 99 picture; status 0
for file in png-65535 jpeg-65535 jpeg-progressive-65500 pnm-65535 pnm-overflow png-wide-interlaced png-long-chunk png-two-headers png-filter-9 png-palette-300 pam-depth gz-bomb gz-cut ndjson-deep \
            ndjson-overflow ndjson-nul-name ndjson-twice ndjson-key-twice ndjson-numbers; do
  from=
  [ "${file%%-*}" = gz ] && from='--from csv --limit-tensor 1000000'
  # shellcheck disable=SC2086
  run bash -c "ulimit -v 1500000; dmerge show $from '$ROOT/tests/fuzz/corpus/$file'"
  status 3
  stderr_has "$file'"
  [ "$(wc -l < "$err")" -le 3 ] || fail 'more than three lines'
done
head -c 300 picture > cut;                refused 3 "'cut' ends early" dmerge show cut
head -c 300 "$golden/grey.jpg" > cut.jpg; refused 3 "'cut.jpg' ends early" dmerge show cut.jpg
refused 3 'it is no png file' dmerge show --from png "$golden/grey.jpg"
refused 3 'it is no jpeg file' dmerge show --from jpeg picture

# JSON lines: any objects are metrics; records keep every bit.
printf '{"round": 1, "loss": 0.5}\n{"round": 2, "loss": 0.25}\n' > run.ndjson
run dmerge show run.ndjson;               status 0; stdout_has 'metric'; stdout_has '0.25'
printf '{"round": 1}' > cut.ndjson;       refused 3 "line 1 of 'cut.ndjson' does not end" dmerge show cut.ndjson
make_records > a.dml <<< 'model round=3 lr=0.1 ; w f32 4 1 0.1 nan inf'
run dmerge mean --allow-nan a.dml -o mean.ndjson; status 0
grep -q '"dtype": "f32", "shape": \[4\], "data": \[1, 0.1, "nan", "inf"\]' mean.ndjson || fail 'the line is another'
run dmerge mean --allow-nan mean.ndjson -o b.dml;  status 0
run dmerge mean --allow-nan a.dml -o c.dml;        status 0
run dmerge diff --exact b.dml c.dml;               status 0
run dmerge mean --allow-nan a.dml --to ndjson;     status 0; stdout_has '"kind": "model"'
refused 2 'png holds pictures' dmerge mean --allow-nan a.dml -o a.png
refused 2 'jpeg is read only' dmerge mean --allow-nan a.dml -o a.jpg
absent a.png

# CIFAR: by its size, its extension, --from; gz has no size.
python3 - <<'PY'
open('batch.bin', 'wb').write(b''.join(bytes([label]) + bytes((label + i) % 256 for i in range(3072)) for label in (3, 9)))
open('fine.bin', 'wb').write(bytes([19, 99]) + bytes(3072))
open('bad.cifar10', 'wb').write(bytes([10]) + bytes(3072))
PY
run dmerge show batch.bin;                status 0; stdout_has 'u8  2x3x32x32'
run dmerge show fine.bin;                 status 0; stdout_has 'coarse'
gzip -k batch.bin;                        refused 3 'of no known format' dmerge show batch.bin.gz
run dmerge show --from cifar10 batch.bin.gz; status 0; stdout_has 'u8  2x3x32x32'
mv batch.bin.gz batch.cifar10.gz;         run dmerge show batch.cifar10.gz; status 0
refused 3 'picture 0 has label 10' dmerge show bad.cifar10
refused 3 "'batch.bin' ends early" dmerge show --from cifar100 batch.bin
