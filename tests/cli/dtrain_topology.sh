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
run dtrain topology ring --nodes 3000 --json
stdout_has '"gap": 1.4621'
stdout_has '"gap_by": "Lanczos"'
run dtrain topology complete --nodes 10000
status 0
stdout_has 'edges                49995000'

# What a user asks of a graph: weights, laziness, who holds how much, parts.
run dtrain topology ring:weights=walk --nodes 6
status 0
stderr_has 'lazy=true'
run dtrain topology ring:weights=walk,lazy=true --nodes 6
stderr_empty
stdout_has 'gap                  0.2500000000'
stdout_has 'rho                  0.7500000000'
run dtrain topology star:weights=data-size --nodes 4 --samples 30,0,10,60
stdout_has 'limit weight max'
cp "$out" weighed
run dtrain topology star:weights=data-size --nodes 4
differ "$out" weighed
refused 2 '--samples has 2 numbers' dtrain topology star:weights=data-size --nodes 4 --samples 1,2
run dtrain topology pairwise --nodes 8
stdout_has 'measured rounds to consensus'
run dtrain topology star --nodes 4 --push
status 0
stdout_has 'column sum min       1.0000000000'
stdout_has 'row sum max          1.7500000000'

# Any other target is a record with the matrix.
run dtrain topology ring --nodes 4 -o ring.dml
status 0
run dmerge show ring.dml
stdout_has 'topology'
stdout_has 'weights  f64  12'
stdout_has 'edges  u32  4x2'

# A directed graph, and a matrix with its weights.
run dtrain topology exponential --nodes 6 -o arcs.edges
status 0
grep -qx directed arcs.edges || fail 'not directed'
run dtrain topology edges:file=arcs.edges,weights=uniform --nodes 6
status 0
stdout_has '0.5000000000'
run dtrain topology star:weights=uniform --nodes 5 -o star.adj
run dtrain topology edges:file=star.adj,weights=given --nodes 5
tail -n +2 "$out" > given
run dtrain topology star:weights=uniform --nodes 5
tail -n +2 "$out" > uniform
same given uniform
run dtrain topology star.adj --nodes 5
stderr_has 'weights=given takes them'
run dtrain topology edges:file=arcs.edges,weights=uniform --nodes 6 --to adj -o arcs.txt
[ "$(grep -c '^0' arcs.txt)" -ge 1 ] || fail 'no matrix'

# Pictures.
if command -v gnuplot > /dev/null; then
  run dtrain topology torus --nodes 16 --plot torus.svg
  status 0
  stdout_has 'edges                32'
  grep -q '<svg' torus.svg || fail 'no svg'
  cp torus.svg first.svg
  run dtrain topology torus --nodes 16 --plot torus.svg
  same torus.svg first.svg
  run dtrain topology exponential --nodes 9 --plot arcs.png -q
  [ "$(head -c 4 arcs.png | tail -c 3)" = PNG ] || fail 'no png'
  refused 2 'shows nothing' dtrain topology ring --nodes 2001 --plot ring.svg
fi
refused 2 "picture 'ring.jpg' is neither .svg nor .png" dtrain topology ring --nodes 4 --plot ring.jpg
absent ring.jpg
mkdir empty
PATH=$PWD/empty run "$BIN/dtrain" topology ring --nodes 4 --plot ring.svg
status 4
stderr_has 'needs the program gnuplot, which is not installed'
absent ring.svg

# Refusals.
refused 2 "topology 'rign' is unknown" dtrain topology rign --nodes 4
stderr_has "did you mean 'ring'?"
refused 2 "'--nodes' is required" dtrain topology ring
refused 2 'RULE' dtrain topology --nodes 4
refused 2 '4 components for 4 nodes' dtrain topology erdos-renyi:p=0 --nodes 4
refused 2 'a hypercube needs a power of two nodes' dtrain topology hypercube --nodes 6
refused 2 'is directed' dtrain topology arcs.edges --nodes 6
printf '0 1\n1 2\n2 2\n' > loop.edges
refused 3 "line 3 of 'loop.edges': a self loop at node 2" dtrain topology loop.edges --nodes 3
printf '0 1\n1 0\n' > twice.edges
refused 3 "line 2 of 'twice.edges': edge 0 1 is there twice" dtrain topology twice.edges --nodes 3
printf '0 1\n1 3\n' > far.edges
refused 3 "line 2 of 'far.edges': node 3 is not among 0..2" dtrain topology far.edges --nodes 3
printf '0 1\n' > apart.edges
refused 3 '2 components for 3 nodes' dtrain topology apart.edges --nodes 3
refused 3 'absent.edges' dtrain topology absent.edges --nodes 3
refused 4 'nowhere' dtrain topology ring --nodes 3 -o nowhere/ring.edges
