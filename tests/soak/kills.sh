# kill -9 at random moments of a run of six processes, of one or of all, during checkpoints, too: it ends in the undisturbed run's bits.
# bash kills.sh BIN_DIR [KILLS [SEED]]: 100 kills and seed 1 when not given; several runs, up to 12 kills in each
. "$(dirname "$0")/../cli/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77
kills=${2:-100} RANDOM=${3:-1}
n=6 rounds=${ROUNDS:-300}
how="--objective mlp:hidden=16 --topology ring --local-steps 10 --rounds $rounds --seed 5"
for id in $(seq 0 $((n - 1))); do echo "$id ipc://$T/s$id"; done > nodes.txt
run dtrain dsgd $how --nodes $n -o want.dml;  status 0

start() {
  rm -f "node-$1.dml";  mkdir -p "states-$1"               # a node may die before it has made its folder
  dtrain dsgd $how --id "$1" --peers nodes.txt -o "node-$1.dml" --timeout 120 --checkpoint "states-$1" --every 3 ${2:+--resume "states-$1"} 2> "err-$1" &
  pids[$1]=$!
}
shoot() { kill -9 "${pids[$1]}" 2> /dev/null; wait "${pids[$1]}" 2> /dev/null; }
alive() { for id in $(seq 0 $((n - 1))); do [ -e "node-$id.dml" ] || return 0; done; return 1; }
# Seconds with three digits; the shorter, the likelier.
moment() { echo "$((RANDOM * RANDOM / 32768 / 32768)).$(printf %03d $((RANDOM % 700)))"; }

done_kills=0 runs=0
while [ $done_kills -lt "$kills" ]; do
  rm -rf states-* node-*.dml;  runs=$((runs + 1))
  declare -a pids
  for id in $(seq 0 $((n - 1))); do start "$id"; done
  for _ in $(seq 12); do
    [ $done_kills -lt "$kills" ] || break
    sleep "$(moment)"
    alive || break
    done_kills=$((done_kills + 1))
    if [ $((RANDOM % 5)) = 0 ]; then                       # all of them
      for id in $(seq 0 $((n - 1))); do shoot "$id"; done
      for id in $(seq 0 $((n - 1))); do start "$id" resume; done
    else
      id=$((RANDOM % n))
      shoot "$id"
      start "$id" resume
    fi
  done
  for id in $(seq 0 $((n - 1))); do wait "${pids[$id]}" || fail "node $id after $done_kills kills: $(cat "err-$id")"; done
  cat $(seq -f 'node-%g.dml' 0 $((n - 1))) > got.dml
  run dmerge diff --exact want.dml got.dml;  status 0
done
echo "$done_kills kills in $runs runs, all ended in the same bits"
