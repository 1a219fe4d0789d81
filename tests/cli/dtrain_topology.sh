#!/bin/bash
# dtrain topology: the report, edge lists there and back, refusals.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

run dtrain topology ring --nodes 16
status 0
stderr_empty
stdout_has 'edges                16'
stdout_has '0.0507469783'
stdout_has 'mixing time          27'
stdout_has 'rounds to consensus  133'

run dtrain topology complete --nodes 5 --json
status 0
stdout_has '"topology": "complete", "nodes": 5, "directed": false, "edges": 10, "degree_min": 4'
stdout_has '"mixing_time": 1, "rounds_to_consensus": 1'

run dtrain topology exponential --nodes 6
stdout_has 'directed             yes'
stdout_has 'edges                18'
stdout_has '0.5000000000'

# Time-varying: one round and a measured run; --round and --seed show.
run dtrain topology one-peer-exponential --nodes 64
stdout_has 'measured rounds to consensus  6'
run dtrain topology one-peer-exponential --nodes 8
stdout_has '0.0761204'
run dtrain topology one-peer-exponential --nodes 8 --round 1 --json
stdout_has '"round": 1'
stdout_lacks '"gap": 0.076'
run dtrain topology random:peers=2 --nodes 8 --seed 1
stderr_has 'not doubly stochastic'
cp "$out" one
run dtrain topology random:peers=2 --nodes 8 --seed 2
differ "$out" one

# What is written as text is the same graph when it is read.
run dtrain topology erdos-renyi:p=0.5 --nodes 12 --seed 3 -o random.edges
status 0
stdout_empty
[ "$(head -n 1 random.edges)" = '# erdos-renyi:p=0.5, 12 nodes, seed 3' ] || fail 'no comment'
run dtrain topology erdos-renyi:p=0.5 --nodes 12 --seed 3
tail -n +2 "$out" > drawn
run dtrain topology random.edges --nodes 12
tail -n +2 "$out" > read
same drawn read
run dtrain topology edges:file=random.edges,weights=uniform --nodes 12
stderr_has 'not doubly stochastic'
stdout_has 'limit weight max'
run dtrain topology star:weights=uniform --nodes 10 --json
stdout_has '"gap_eig": 0.5'
stdout_has '"mixing_time": 2, "rounds_to_consensus": 10'
run dtrain topology isolated --nodes 4
stdout_has 'rounds to consensus  never'
run dtrain topology ring --nodes 2100
stdout_has 'power iteration, an upper bound'

# Any other target is a record with the matrix.
run dtrain topology ring --nodes 4 -o ring.dml
status 0
run dmerge show ring.dml
stdout_has 'topology'
stdout_has 'weights  f64  12'
stdout_has 'edges  u32  4x2'

# Refusals.
refused 2 "topology 'rign' is unknown" dtrain topology rign --nodes 4
stderr_has "did you mean 'ring'?"
refused 2 "'--nodes' is required" dtrain topology ring
refused 2 'RULE' dtrain topology --nodes 4
refused 2 '4 components for 4 nodes' dtrain topology erdos-renyi:p=0 --nodes 4
refused 2 'a hypercube needs a power of two nodes' dtrain topology hypercube --nodes 6
refused 2 'has no edge list' dtrain topology exponential --nodes 4 -o e.edges
absent e.edges
printf '0 1\n1 2\n2 2\n' > loop.edges
refused 3 "line 3 of 'loop.edges': a self loop at node 2" dtrain topology loop.edges --nodes 3
printf '0 1\n1 0\n' > twice.edges
refused 3 "line 2 of 'twice.edges': edge 1 0 is there twice" dtrain topology twice.edges --nodes 3
printf '0 1\n1 3\n' > far.edges
refused 3 "line 2 of 'far.edges': node 3 is not among 0..2" dtrain topology far.edges --nodes 3
printf '0 1\n' > apart.edges
refused 3 '2 components for 3 nodes' dtrain topology apart.edges --nodes 3
refused 3 'absent.edges' dtrain topology absent.edges --nodes 3
refused 4 'nowhere' dtrain topology ring --nodes 3 -o nowhere/ring.edges
