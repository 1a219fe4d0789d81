# What dtrain refuses, with which exit code and message.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

refused 2 "say --nodes N for a simulation, or --id I --peers FILE" dtrain dsgd -o x.dml
refused 2 "--nodes simulates a whole run" dtrain dsgd --nodes 4 --id 0 -o x.dml
refused 2 "option '--nodes' is 0" dtrain dsgd --nodes 0 -o x.dml
refused 2 "--byzantine needs --attack" dtrain dsgd --nodes 4 --byzantine 1 -o x.dml
refused 2 "--attack needs --byzantine" dtrain dsgd --nodes 4 --attack sign-flip -o x.dml
refused 2 "--byzantine is 4, but there are 4 nodes" dtrain dsgd --nodes 4 --attack sign-flip --byzantine 4 -o x.dml
refused 2 "--eval-every needs --metrics" dtrain dsgd --nodes 4 --eval-every 2 -o x.dml
refused 2 "--every needs --checkpoint" dtrain dsgd --nodes 4 --every 2 -o x.dml
refused 2 "objective 'sofmax' is unknown" dtrain dsgd --nodes 4 --objective sofmax -o x.dml
stderr_has "did you mean 'softmax'?"
refused 2 "option 'mlp:width' is unknown" dtrain dsgd --nodes 4 --objective mlp:width=3 -o x.dml
refused 2 "option '--topology' is unknown" dtrain fedavg --nodes 4 --topology ring -o x.dml
refused 2 "option '--participation' is unknown" dtrain dsgd --nodes 4 --participation 0.5 -o x.dml
refused 2 "objective 'quadratic' takes no --data" dtrain dsgd --nodes 4 --objective quadratic --data digits -o x.dml
refused 2 "so --partition says nothing" dtrain dsgd --nodes 4 --objective quadratic --partition iid -o x.dml
refused 2 "has 4 terms, too few for 5 nodes" dtrain dsgd --nodes 5 --objective quadratic -o x.dml
refused 2 "option '--lr' is 0, must be > 0" dtrain dsgd --nodes 4 --lr 0 -o x.dml
refused 2 "rate 'sgd' is unknown" dtrain dsgd --nodes 4 --solver sgd+sgd -o x.dml
refused 3 "'no.csv'" dtrain dsgd --nodes 4 --data csv:train=no.csv -o x.dml
refused 5 "diverged in round" dtrain dsgd --nodes 4 --objective mlp:dtype=f64 --lr 1e200 -o x.dml
refused 5 "trimmed-mean needs more than 2f inputs: 3 with byzantine = 2" dtrain dsgd --nodes 4 --aggregator trimmed-mean:byzantine=2 -o x.dml
refused 4 "no/such" dtrain dsgd --nodes 4 -o no/such/x.dml
refused 4 "no/such" dtrain dsgd --nodes 4 --metrics no/such/m.ndjson -o x.dml
absent x.dml

# Peers files: an id out of range, a federated run without a client.
printf '0 ipc://%s/0\n1 ipc://%s/1\n' "$T" "$T" > peers.txt
refused 2 "--id is 2, but 'peers.txt' names 2 nodes" dtrain dsgd --id 2 --peers peers.txt -o x.dml
printf '0 ipc://%s/0\n' "$T" > one.txt
refused 2 "fedavg needs a server and at least one client" dtrain fedavg --id 0 --peers one.txt -o x.dml
refused 3 "'none.txt'" dtrain dsgd --id 0 --peers none.txt -o x.dml
refused 4 "node 1" dtrain dsgd --id 0 --peers peers.txt --topology complete --rounds 1 --timeout 1 -o x.dml
absent x.dml

# Models that eval, predict and local cannot use.
run dtrain dsgd --nodes 2 --rounds 1 -o m.dml;  status 0
head -c 5000 m.dml > cut.dml
refused 3 "'cut.dml'" dtrain eval cut.dml
refused 3 "tensors, the objective has" dtrain eval m.dml --objective mlp:hidden=3,3
refused 3 "the objective's is" dtrain eval m.dml --data mnist
refused 3 "the input holds more than one model" dtrain predict m.dml -o x.dml
refused 3 "the input holds more than one model" dtrain local m.dml --nodes 2 --id 0 -o x.dml
refused 2 "--id is 2, must be below --nodes 2" dtrain local m.dml --nodes 2 --id 2 -o x.dml
refused 2 "option '--nodes' is required" dtrain local m.dml --id 0 -o x.dml
run dmerge mean m.dml -o one.dml;  status 0
run dtrain local one.dml --nodes 2 --id 0 --round 0 -o u.dml;  status 0
refused 3 "is of kind 'update', not a model" dtrain eval u.dml
make_records > odd.dml <<< 'model node=0 objective=softmax:kind=5 ; w f32 1 1'
refused 3 "record 0 of 'odd.dml': option 'softmax:kind' is unknown" dtrain eval odd.dml
make_records > nodata.dml <<< 'model node=0 objective=softmax ; w f32 1 1'
refused 3 "does not say which data it was trained on" dtrain eval nodata.dml
make_records > mute.dml <<< 'model node=0 ; w f32 1 1'
refused 3 "does not say which objective it is for" dtrain eval mute.dml
make_records > bad.dml <<< 'model node=0 objective=quadratic ; x f64 1 nan'
refused 3 "has values that are not finite" dtrain eval bad.dml
absent x.dml
