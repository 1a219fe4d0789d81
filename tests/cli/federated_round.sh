# FedAvg in shell equals dtrain fedavg.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

run "$ROOT/examples/federated_round.sh";  status 0; stdout_has 'the same bits'; stdout_has 'round 3: mean'; stderr_empty
