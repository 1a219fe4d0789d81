# Helpers of the scripts in this folder: they read like a terminal transcript. Sourced with the folder of executables as $1.
set -u
BIN=$(cd "$1" && pwd)
PATH=$BIN:$PATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
T=$(mktemp -d)
out=$T/.stdout err=$T/.stderr code=0
cd "$T"
trap 'code_at_exit=$?; kill $(jobs -p) 2>/dev/null; rm -rf "$T"; exit $code_at_exit' EXIT

fail() {
  echo "FAILED at line ${BASH_LINENO[1]}: $*"
  echo "--- stdout"; head -c 2000 "$out" 2>/dev/null
  echo "--- stderr"; head -c 2000 "$err" 2>/dev/null
  exit 1
}
# run CMD...: remembers exit code, stdout and stderr. Standard input is empty unless redirected.
run() {
  if [ -t 0 ]; then "$@" > "$out" 2> "$err" < /dev/null; else "$@" > "$out" 2> "$err"; fi
  code=$?
}
status() { [ "$code" = "$1" ] || fail "exit $code instead of $1"; }
stdout_has() { grep -qF -- "$1" "$out" || fail "stdout lacks: $1"; }
stdout_lacks() { ! grep -qF -- "$1" "$out" || fail "stdout has: $1"; }
stderr_has() { grep -qF -- "$1" "$err" || fail "stderr lacks: $1"; }
stderr_empty() { [ ! -s "$err" ] || fail "stderr is not empty"; }
stdout_empty() { [ ! -s "$out" ] || fail "stdout is not empty"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }
differ() { ! cmp -s "$1" "$2" || fail "$1 and $2 are equal"; }
absent() { [ ! -e "$1" ] || fail "$1 exists"; }
exists() { [ -e "$1" ] || fail "$1 is missing"; }
# refused CODE TEXT CMD...: exit code, one error line with TEXT, nothing on stdout.
refused() {
  local want=$1 text=$2
  shift 2
  run "$@"
  status "$want"
  stderr_has "$text"
  stdout_empty
  [ "$(grep -c ': error: ' "$err")" = 1 ] || fail "not exactly one error line"
}
