# What every tool does with files, pipes, garbage and full disks; dmerge stands for all.
. "$(dirname "$0")/lib.sh"

make_records > a.dml <<< 'model ; w f32 4 1 2 3 4'

# Garbage, cuts and damage are exit 3 with one line that names the file.
printf 'hello' > text;           refused 3 "'text' is of no known format" dmerge show text
: > empty;                       refused 3 "'empty' is empty" dmerge show empty
head -c 100 a.dml > cut.dml;     refused 3 "'cut.dml' ends early" dmerge mean cut.dml -o x.dml
size=$(stat -c %s a.dml)
head -c $((size - 64)) a.dml > cut.dml
refused 3 "'cut.dml' ends early" dmerge mean cut.dml -o x.dml
python3 - <<'PY'
data = bytearray(open('a.dml', 'rb').read())
at = data.find(b'\x00\x00\x80\x3f')
data[at] ^= 1
open('damaged.dml', 'wb').write(data)
PY
refused 3 "'damaged.dml' is damaged: its checksum does not fit" dmerge mean damaged.dml -o x.dml
refused 3 "'absent.dml' cannot be read" dmerge mean absent.dml -o x.dml
refused 3 "'.' is a folder" dmerge mean . -o x.dml
refused 3 'over the limit of 8 B' dmerge mean --limit-tensor 8 a.dml -o x.dml
make_records > two.dml <<< 'model ; v f32 1 1 ; w f32 1 1'
refused 3 'claims 2 tensors, over the limit of 1' dmerge mean --limit-tensors 1 two.dml -o x.dml
refused 2 "format 'dlm' is unknown" dmerge mean --from dlm a.dml -o x.dml
refused 2 "format 'dlm' is unknown" dmerge mean --to dlm a.dml -o x.dml
head -c 100 a.dml | refused 3 'standard input ends early' dmerge mean -o x.dml
absent x.dml

# Details are for those who ask.
run dmerge mean a.dml -o x.dml;           status 0; stderr_empty
gzip -k a.dml
run dmerge mean -v a.dml.gz -o x.dml;     status 0; stderr_has "detail: 'a.dml.gz' is read as dml, inflated"; stderr_has "'x.dml' is written as dml"
rm x.dml

# The kept target survives a failed run; a link stays a link; a FIFO and /dev/null are written through.
cp a.dml kept.dml;               refused 3 'cut.dml' dmerge mean cut.dml -o kept.dml; same kept.dml a.dml
ln -s real.dml link.dml;         run dmerge mean a.dml -o link.dml; status 0; [ -L link.dml ] || fail 'the link is gone'; exists real.dml
run dmerge mean a.dml -o /dev/null;  status 0; [ -c /dev/null ] || fail '/dev/null is gone'
mkfifo pipe; cat pipe > through.dml & run dmerge mean a.dml -o pipe; status 0; wait $!; [ -p pipe ] || fail 'the FIFO is gone'
run dmerge diff --exact a.dml through.dml; status 0

# Input = output, full disk, no such folder, closed pipe.
refused 2 'input and output are the same file' dmerge mean a.dml -o a.dml
ln -s a.dml alias.dml;           refused 2 'input and output are the same file' dmerge mean a.dml -o alias.dml
refused 4 "'/dev/full' cannot be written" dmerge mean a.dml -o /dev/full
run bash -c "dmerge show a.dml > /dev/full"; status 4; stderr_has 'standard output cannot be written'
refused 4 "'no/such/x.dml' cannot be written" dmerge mean a.dml -o no/such/x.dml
for i in $(seq 2000); do cat a.dml; done > many.dml
bash -c 'dmerge show many.dml; echo $? > code' | head -n 1 > /dev/null
[ "$(cat code)" = 141 ] || fail "a closed pipe ends with $(cat code)"
[ "$(ls -A | grep -c part)" = 0 ] || fail 'a partial file is left'

# Records are not written to a terminal, before any work is done.
script -qec 'dmerge mean absent.dml' /dev/null < /dev/null > terminal.txt; code=$?
[ "$code" = 2 ] || fail "binary to a terminal ends with $code"
grep -q 'binary records are not written to a terminal' terminal.txt || fail 'no such line'
script -qec 'dmerge show' /dev/null < /dev/null > terminal.txt
grep -q 'standard input is a terminal' terminal.txt || fail 'stdin of a terminal is not refused'
