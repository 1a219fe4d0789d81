#!/usr/bin/env bash
# FedAvg written in shell: each round every client takes local steps on its own samples, the server adds the mean of what they changed.
# Equal, bit for bit, to `dtrain fedavg`. Needs the tools on the PATH or in build/bin (tests/run.sh builds them).
set -euo pipefail
command -v dtrain > /dev/null || PATH="$(cd "$(dirname "$0")/.." && pwd)/build/bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

clients=4 rounds=3
how=(--objective mlp:hidden=16 --data digits --partition dirichlet:alpha=0.5 --local-steps 5 --batch 16 --lr 0.1 --seed 1)

dtrain fedavg --nodes $clients "${how[@]}" --rounds 0 -o model.dml                 # the initial model
for ((round = 0; round < rounds; round++)); do
  for ((id = 0; id < clients; id++)); do
    dtrain local model.dml --nodes $clients --id $id --round $round "${how[@]}"
  done | daggregate mean | dmerge apply model.dml - > next.dml
  mv next.dml model.dml
  echo "round $((round + 1)): $(dtrain eval model.dml | tail -n 1)"
done

dtrain fedavg --nodes $clients "${how[@]}" --rounds $rounds -o fedavg.dml
dmerge diff --exact model.dml fedavg.dml
echo "the shell loop and dtrain fedavg give the same bits"
