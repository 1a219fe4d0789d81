# The four light tools carry no LibTorch and start in a few milliseconds of processor time (user + system; wall time would measure the machine).
. "$(dirname "$0")/lib.sh"

for tool in dmerge daggregate dverify drank; do
  run readelf -d "$BIN/$tool";           status 0
  stdout_has 'libstdc++'                             # the list was read
  for library in libtorch libc10 libcaffe2 libopenblas; do stdout_lacks "$library"; done
  run ldd "$BIN/$tool";                  status 0    # nor does a library of theirs
  stdout_lacks libtorch
done

make_records > model.dml <<< 'model ; w f32 4 1 2 3 4'
make_records > updates.dml <<< 'update sender=0 ; w f32 2 1 2'
make_records > log.dml <<< 'interaction node=0 query_no=0 term=rock item=i1'

cat > times.py <<'PY'
# Median processor milliseconds of 20 runs of each command. A line on standard input: LIMIT COMMAND...; LIMIT 0: only told.
import os, resource, shlex, statistics, subprocess, sys
slow = False
for line in sys.stdin:
    limit, *command = shlex.split(line)
    times = []
    for _ in range(20):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f'exit {done.returncode}: {line}')
        times.append(1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    median = statistics.median(times)
    print(f'{median:6.2f} ms  {" ".join([os.path.basename(command[0])] + command[1:])}')
    slow |= float(limit) > 0 and median >= float(limit)
sys.exit('over the limit' if slow else 0)
PY

cpu=10
# A build with sanitizers starts slower by what they do.
for library in libasan libtsan libubsan; do readelf -d "$BIN/dmerge" | grep -q "$library" && cpu=0; done
cat > commands <<END
$cpu $BIN/dmerge --help
$cpu $BIN/daggregate --help
$cpu $BIN/dverify --help
$cpu $BIN/drank --help
0 $BIN/dmerge mean model.dml -o out.dml
0 $BIN/daggregate mean updates.dml -o out.dml
0 $BIN/dverify hash model.dml -o out.dml
0 $BIN/drank search rock --log log.dml --node 0 -o out.dml
END
run python3 times.py < commands
cat "$out"
status 0
[ "$(grep -c ' ms ' "$out")" = 8 ] || fail 'not every command was timed'
