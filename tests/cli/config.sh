# --config and --print-config: what the file says, who wins, and what is wrong in it.
. "$(dirname "$0")/lib.sh"
make_records > a.dml <<< 'model ; w f32 2 1 nan'
make_records > b.dml <<< 'model ; w f32 2 1 2'
make_records > c.dml <<< 'model ; w f32 2 1 2.5'

# A section, a line for every verb, and the command line before both.
printf '# merging\n[mean]\nallow-nan = true\noutput = "out.dml"\n' > nan.conf
refused 3 'holds NaN or infinity' dmerge mean a.dml b.dml -o out.dml
run dmerge mean --config nan.conf a.dml b.dml;                       status 0; exists out.dml; stdout_empty
refused 3 'holds NaN or infinity' dmerge mean --config nan.conf --allow-nan=false a.dml b.dml
run dmerge mean --config nan.conf -o other.dml a.dml b.dml;          status 0; exists other.dml
printf 'tolerance = 0.5\n' > diff.conf
run dmerge diff b.dml c.dml;                                         status 1
run dmerge diff --config diff.conf b.dml c.dml;                      status 0
run dmerge diff --config diff.conf --tolerance 0.1 b.dml c.dml;      status 1
printf 'tolerance = 0.5\n[diff]\ntolerance = 0.1\n' > both.conf
run dmerge diff --config both.conf b.dml c.dml;                      status 1
run dmerge show --config diff.conf b.dml;                            status 0      # has no such option; diff has
run daggregate krum --config <(printf '[krum]\nbyzantine = 1\n') b.dml; status 5

# Every way to write a value.
cat > values.conf <<'END'
[hash]
fingerprint = hyperplane:bits=64   # a comment
job = "a \"quoted\" \\ \u00e9\t#job"
[click]
tags = [rock, "pop", 'jazz']
log = 'log.dml'
node = 3
term = "rock"
END
run dverify hash --config <(sed -n 1,3p values.conf) b.dml -o hash.dml; status 0
run dmerge show hash.dml;            stdout_has '"hyperplane:bits=64'; stdout_has 'a \"quoted\" \\ é\u0009#job'
run drank click --config <(sed -n '4,$p' values.conf) --item i1;     status 0
run dmerge show log.dml;             stdout_has '"tags": ["rock", "pop", "jazz"]'; stdout_has '"node": 3'

# What is printed reads back, is the same again, and nothing runs.
run dmerge diff --print-config;                                      status 0
stdout_has '[diff]'; stdout_has 'tolerance = 0'; stdout_has 'exact = false'
run dmerge mean --allow-nan --limit-tensor 64Mi -o 'it "is".dml' --print-config missing.dml; status 0
cp "$out" printed.conf
stdout_has 'allow-nan = true'; stdout_has 'limit-tensor = 67108864'; stdout_has 'output = "it \"is\".dml"'; absent 'it "is".dml'
run dmerge mean --config printed.conf --print-config;                status 0; same "$out" printed.conf
run dmerge mean --config printed.conf a.dml b.dml;                   status 0; exists 'it "is".dml'
refused 2 "option '--byzantine' is required" daggregate krum --print-config
run daggregate krum --byzantine 1 --print-config;                    stdout_has 'byzantine = 1'; stdout_has 'neighbours = "byzfl"'
for tool in dmerge daggregate dverify drank; do
  for verb in $($tool help | sed -n 's/^  \([a-z][a-z0-9-]*\) .*/\1/p'); do
    run $tool $verb --print-config
    if [ "$code" = 2 ]; then stderr_has 'is required'; continue; fi
    status 0; cp "$out" first
    run $tool $verb --config first --print-config; status 0; same "$out" first
  done
done

# Refused: exit 2 with file and line, and the nearest name.
bad() { printf "$2" > bad.conf; refused 2 "$1" dmerge diff --config bad.conf b.dml c.dml; }
bad "line 2 of 'bad.conf': option 'tolerence' is unknown to verb 'diff'" '[diff]\ntolerence = 1\n';  stderr_has "did you mean 'tolerance'?"
bad "line 1 of 'bad.conf': option 'alow-nan' is unknown to every verb" 'alow-nan = true\n';          stderr_has "did you mean 'allow-nan'?"
bad "line 3 of 'bad.conf': verb 'maen' is unknown" '\n[maen]\nallow-nan = true\n';                   stderr_has "did you mean 'mean'?"
bad "option '--tolerance' is 'much', must be a finite number (line 2 of 'bad.conf')" '[diff]\ntolerance = much\n'
bad "option '--tolerance' is -1, must be >= 0 (line 1 of 'bad.conf')" 'tolerance = -1\n'
bad "line 3 of 'bad.conf': option 'exact' stands in line 2 already" '[diff]\nexact = true\nexact = false\n'
bad 'there is no =' 'exact\n'
bad 'a value is missing' 'exact =\n'
bad 'something follows the value' 'exact = "true" false\n'
bad 'no closing "' 'exact = "true\n'
bad "no closing '" "exact = 'true\n"
bad 'a list goes on with , or ends with ]' 'exact = [a, b\n'
bad 'a list has no end' 'exact = [a,\n'
bad 'an escape' 'exact = "\\x41"\n'
bad 'a control character' 'exact = "\001"\n'
bad 'a section is [VERB] and nothing else' '[diff\n'
bad "option 'config' is unknown" 'config = "other.conf"\n'
refused 3 'missing.conf' dmerge diff --config missing.conf b.dml c.dml
head -c 2000000 /dev/zero | tr '\0' '#' > large.conf
refused 3 'larger than 1.0 MiB' dmerge diff --config large.conf b.dml c.dml
