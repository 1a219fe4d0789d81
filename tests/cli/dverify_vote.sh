# dverify vote: an honest producer is accepted, a cheat is rejected, peers agree, bad votes are rejects.
. "$(dirname "$0")/lib.sh"

# Three honest machines that round differently, and a cheat with another model.
make_records > honest1.dml <<< 'prediction node=1 ; p f32 8 0.1 -0.7 0.2 0.5 -0.3 0.9 0.25 -0.6'
make_records > honest2.dml <<< 'prediction node=2 ; p f32 8 0.1000001 -0.7 0.2 0.5000002 -0.3 0.9 0.25 -0.6'
make_records > honest3.dml <<< 'prediction node=3 ; p bf16 8 0.1 -0.7 0.2 0.5 -0.3 0.9 0.25 -0.6'
make_records > producer.dml <<< 'prediction node=0 ; p f32 8 0.1 -0.7000001 0.2 0.5 -0.3 0.9 0.25 -0.6'
make_records > cheat.dml <<< 'prediction node=0 ; p f32 8 0.3 0.7 -0.2 0.1 -0.3 0.2 0.25 0.4'
hash() { dverify hash --fingerprint hyperplane:bits=256 "$@"; }

hash producer.dml honest?.dml > honest.fp
hash cheat.dml honest?.dml > cheat.fp
run dverify vote --of 3 --producer 0 honest.fp;        status 0; stderr_empty; stdout_has 'accepted: 3 of 3 verifiers accept producer 0, tolerance 4'
run dverify vote --of 3 --producer 0 cheat.fp;         status 1; stderr_empty; stdout_has 'rejected: 0 of 3 verifiers accept producer 0'
run dverify vote --of 3 --producer 1 cheat.fp;         status 0; stdout_has 'verifier 0  distance'    # the cheat as verifier is outvoted
stdout_has '  reject'
run dverify vote --of 5 --producer 0 honest.fp;        status 0; stdout_has 'accepted: 3 of 5'        # missing ones are rejects
run dverify vote --of 7 --producer 0 honest.fp;        status 1; stdout_has 'rejected: 3 of 7'
run bash -c 'dverify hash producer.dml honest?.dml | dverify vote --of 3 --producer 0 && echo agreed'; status 0; stdout_has agreed
run bash -c 'cat honest.fp | dverify vote --producer 0 -'; status 0
run dverify vote --producer 0 --json honest.fp;        status 0; python3 -m json.tool "$out" > /dev/null || fail 'no JSON'
stdout_has '"of": 3, "accepts": 3, "accept": true, "tolerance": 4, "producer": 0'

# Exact equality is another question: bf16 differs in its bytes.
dverify hash --fingerprint sha256 producer.dml honest?.dml > sha.fp
run dverify vote --producer 0 sha.fp;                  status 1; stdout_has 'rejected: 0 of 3'; stdout_has 'tolerance 0'

# Peers: no producer, nodes numbered by arrival where the records name none.
hash honest?.dml > peers.fp
run dverify vote --of 3 peers.fp;                      status 0; stdout_has 'accepted: 3 of 3 peers agree on the output of node'
for file in one two three; do printf 'the same' > $file; done; printf 'another' > four
run bash -c 'dverify hash --fingerprint sha256 one two four | dverify vote --of 3'; status 0; stdout_has 'accepted: 2 of 3 peers'
run bash -c 'dverify hash --fingerprint sha256 one four honest1.dml | dverify vote --of 3 -q'; status 1; stdout_has 'rejected: 0 of 3 peers agree'
run dverify vote --of 5 peers.fp;                      status 0
run dverify vote --of 7 peers.fp;                      status 1

# Tolerance.
make_records > near.fp << 'EOF'
fingerprint algorithm=test bits=16 source=p node=0 value=ff00
fingerprint algorithm=test bits=16 source=v node=1 value=ff01
fingerprint algorithm=test bits=16 source=v node=2 value=ff03
fingerprint algorithm=test bits=16 source=v node=3 value=ff07
EOF
run dverify vote --producer 0 --tolerance 1 near.fp;   status 1; stderr_empty
run dverify vote --producer 0 --tolerance 2 near.fp;   status 0; stderr_empty; stdout_has 'verifier 3  distance 3  reject'
run dverify vote --producer 0 near.fp;                 status 0; stderr_has 'tolerance 4 is a quarter of the 16 bits or more'

# Records of the decision: the verdict, then the votes; the votes alone decide again.
run dverify vote --producer 0 --tolerance 2 near.fp -o decided.dml; status 0
run dmerge show decided.dml;                           stdout_has 'record 0: verdict'; stdout_has '"accepts": 2'; stdout_has 'record 3: vote'
make_records > votes.dml << 'EOF'
vote job=j verifier=1 accept=true distance=1
vote job=j verifier=2 accept=true distance=2
vote job=j verifier=3 accept=false distance=9
EOF
run dverify vote votes.dml;                            status 0; stdout_has 'accepted: 2 of 3 verifiers accept, job j'
run dverify vote --tolerance 1 votes.dml;              status 1
refused 3 'is a vote, but peers compare fingerprints alone' dverify vote --peer votes.dml

# A verifier speaks once, in one job; what is dropped is named and counts as a reject, with --strict it ends the run.
make_records > twice.fp << 'EOF'
fingerprint algorithm=test bits=16 source=p node=0 job=j value=ff00
fingerprint algorithm=test bits=16 source=v node=1 job=j value=ff00
fingerprint algorithm=test bits=16 source=v node=1 job=j value=ff00
fingerprint algorithm=test bits=8 source=v node=2 job=j value=ff
EOF
run dverify vote -q --producer 0 --tolerance 0 twice.fp; status 1; stderr_empty; stdout_has 'rejected: 1 of 3'
run dverify vote --producer 0 --tolerance 0 twice.fp;  status 1
stderr_has "record 2 of 'twice.fp' comes from node 1, which spoke before in record 1 of 'twice.fp'; it counts as a reject"
stderr_has "record 3 of 'twice.fp' is 'test', 8 bits"
refused 3 'spoke before' dverify vote --strict --producer 0 --tolerance 0 twice.fp
run dverify vote --job other --producer 0 twice.fp;    status 3; stderr_has "no valid fingerprint or vote of job 'other' came in"
run dverify vote -q --job j --tolerance 0 --producer 0 twice.fp; status 1; stdout_has 'job j'

# Bad input and bad options.
refused 2 "option '--of' is 4, must be odd" dverify vote --of 4 honest.fp
refused 2 "option '--of' is 0" dverify vote --of 0 honest.fp
refused 2 'exclude each other' dverify vote --peer --producer 0 honest.fp
refused 2 "option '--tolerance' is '-1', must be a whole number, 0 or more" dverify vote --tolerance -1 honest.fp
refused 2 "option '--producr' is unknown" dverify vote --producr 0 honest.fp
refused 3 'no fingerprint of producer 9 came in' dverify vote --producer 9 honest.fp
refused 3 '3 verifiers came, there are 1 seats' dverify vote --of 1 --producer 0 honest.fp
refused 3 '4 peers came, there are 3 seats' dverify vote --peer honest.fp
refused 3 "record 0 of 'cheat.dml' is of kind 'prediction', not fingerprint or vote" dverify vote cheat.dml
head -c 300 honest.fp > cut.fp
refused 3 "'cut.fp' ends early" dverify vote --producer 0 cut.fp
refused 3 "'absent' cannot be read" dverify vote absent
refused 4 "cannot be written" dverify vote --producer 0 honest.fp -o /dev/full
make_records < /dev/null > none.fp
refused 3 'no valid fingerprint or vote came in' dverify vote none.fp
