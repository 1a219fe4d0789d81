# The four rules on seven points in the plane, the last two far outliers: every rule gives another answer.
source "$(dirname "$0")/lib.sh" "$1"

make_records > points.dml <<'END'
update sender=0 round=3 base=abc ; w f32 2 0 0
update sender=1 round=3 base=abc ; w f32 2 1 0
update sender=2 round=3 base=abc ; w f32 2 0 2
update sender=3 round=3 base=abc ; w f32 2 2 1
update sender=4 round=3 base=abc ; w f32 2 1 3
update sender=5 round=3 base=abc ; w f32 2 10 -10
update sender=6 round=3 base=abc ; w f32 2 12 8
END
# gives X Y: the file that was just written holds this point.
gives() {
  status 0
  stderr_empty
  stdout_empty
  echo "update ; w f32 2 $1 $2" | make_records > expected.dml
  run dmerge diff --tolerance 1e-6 expected.dml out.dml
  status 0
}
run daggregate mean points.dml -o out.dml;                                                gives 3.7142857143 0.5714285714
run daggregate median points.dml -o out.dml;                                              gives 1 1
run daggregate trimmed-mean --byzantine 2 points.dml -o out.dml;                          gives 1.3333333333 1
run daggregate trimmed-mean --byzantine 1 points.dml -o out.dml;                          gives 2.8 1.2
run daggregate trimmed-mean --byzantine 0 points.dml -o out.dml;                          gives 3.7142857143 0.5714285714
run daggregate krum --byzantine 2 points.dml -o out.dml;                                  gives 0 2
run daggregate krum --byzantine 2 --neighbours blanchard points.dml -o out.dml;           gives 1 0
run daggregate krum --byzantine 0 points.dml -o out.dml;                                  gives 2 1

# What all agree on is kept, and how many took part.
run daggregate median points.dml -o out.dml
run dmerge show out.dml
stdout_has '"base": "abc"'
stdout_has '"inputs": 7'
stdout_has '"dropped": 0'

# The rule and its options stand in the output; threads do not change a byte of the model.
run daggregate krum --byzantine 2 --threads 1 points.dml -o one.dml
run daggregate krum --byzantine 2 --threads 2 points.dml -o two.dml
run dmerge show one.dml
stdout_has 'verb krum'
stdout_has 'byzantine = 2'
stdout_has 'neighbours = byzfl'
run dmerge diff --exact one.dml two.dml
status 0
differ one.dml two.dml                                     # the end record says with how many

# Weights count for the mean and for no other rule; the result carries their sum.
make_records > weighted.dml <<'END'
update sender=0 weight=1 ; w f64 1 0
update sender=1 weight=1 ; w f64 1 1
update sender=2 weight=6 ; w f64 1 5
END
run daggregate mean weighted.dml -o mean.dml
run daggregate median weighted.dml -o median.dml
echo 'update ; w f64 1 3.875' | make_records > expected.dml
run dmerge diff --exact expected.dml mean.dml;   status 0
echo 'update ; w f64 1 1' | make_records > expected.dml
run dmerge diff --exact expected.dml median.dml; status 0
run dmerge show mean.dml
stdout_has '"weight": 8'
