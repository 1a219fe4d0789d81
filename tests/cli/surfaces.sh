# help, list, describe, version, generate and what is refused, for every tool that was built.
. "$(dirname "$0")/lib.sh"

for tool in dmerge daggregate dverify drank dtrain; do
  [ -x "$BIN/$tool" ] || continue
  refused 2 'a verb is missing' $tool
  run $tool --help;                      status 0; stderr_empty; stdout_has "usage: $tool VERB"
  run $tool help;                        status 0; stdout_has '  version  '
  run $tool help list;                   status 0; stdout_has 'usage:'
  refused 2 "verb 'lisst' is unknown" $tool lisst
  stderr_has "did you mean 'list'?"
  refused 2 "option '--jsn' is unknown" $tool list --jsn
  stderr_has "did you mean 'json'?"
  refused 2 'at most 1 arguments' $tool list a b
  refused 2 "family 'nothing' is unknown" $tool list nothing
  refused 2 "nothing is called 'formt/dml'" $tool describe formt/dml
  run $tool list format;                 status 0; stdout_has 'format/dml'
  run $tool describe format/dml;         status 0; stdout_has 'source: formats/dml.md'
  run $tool describe dml --json;         status 0; stdout_has '"family": "format"'
  run $tool version;                     status 0; stdout_has "$tool "
  run $tool version --json;              status 0; python3 -m json.tool "$out" > /dev/null || fail 'no JSON'
  for key in compiler simd libzmq libsodium zlib msgpack xxhash highway eigen; do stdout_has "\"$key\": \""; done
  run $tool generate bash;               status 0; bash -n "$out" || fail 'the completion does not parse'
  run $tool generate zsh;                status 0; stdout_has "#compdef $tool"
  $tool generate man > page.1
  groff -man -wall -Tutf8 page.1 > rendered 2> warnings || fail 'groff fails'
  [ ! -s warnings ] || fail "the man page has warnings: $(head -n 1 warnings)"
  refused 2 "cannot generate 'fish'" $tool generate fish
done

# dtrain says which BLAS it has and for which processor, and warns of one that is slow.
if [ -x "$BIN/dtrain" ]; then
  run dtrain version;                    status 0; stderr_empty; stdout_has 'libtorch: '; stdout_has 'blas: OpenBLAS'; stdout_has 'blas_core: '
  reference=$(ls -d /usr/lib/*/blas /usr/lib/*/lapack 2> /dev/null | paste -sd:)
  if ls /usr/lib/*/blas/libblas.so.3 > /dev/null 2>&1; then
    run env LD_LIBRARY_PATH="$reference" dtrain version
    status 0; stdout_has 'blas: unknown'; stderr_has 'warning: the BLAS behind LibTorch is not OpenBLAS'
    run env LD_LIBRARY_PATH="$reference" dtrain version -q; stderr_empty
  fi
fi
