# The quickstart holds, and each of its checks can fail. Least slack seen over seeds 1 to 5: merged - mean local 0.1358, trimmed mean -
# mean under a liar 0.1894; the margins in the script are half of that.
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/dtrain" ] || exit 77

cd "$ROOT"
export DML_BUILD=$(dirname "$BIN")
run examples/quickstart.sh;                           status 0; stdout_has 'Every check holds'; stderr_empty
stdout_has '$ dmerge mean local-*.dml -o merged.dml'  # every step prints its command
broken() {
  run examples/quickstart.sh --sabotage "$1"
  [ "$code" != 0 ] || fail "$1 went unnoticed"
  stderr_has "quickstart: FAILED: $2"
}
broken no-merge 'merged against local'
broken wrong-rule 'trimmed mean against mean under a liar'
broken honest-cheats 'the honest producer was rejected'
broken cheat-honest 'the cheat was accepted'
broken no-clicks 'other clicks did not change the order'
