# The manual: pages without warnings that name every verb and option, and examples that work.
. "$(dirname "$0")/lib.sh"
render() {                                             # FILE: as man does, warnings into $T/warnings
  groff -t -man -wall -Tutf8 "$1" > rendered 2> warnings || fail "groff fails on $1"
  [ ! -s warnings ] || { cp warnings "$err"; fail "$1 has warnings"; }
  command -v man > /dev/null || return 0
  LC_ALL=C.UTF-8 man --warnings -l "$1" > /dev/null 2> warnings || fail "man fails on $1"
  [ ! -s warnings ] || { cp warnings "$err"; fail "man warns of $1"; }
}
plain() { col -b < rendered 2> /dev/null | sed 's/\xe2\x80\x90/-/g; s/\xe2\x88\x92/-/g'; }

for tool in dmerge daggregate dverify drank dtrain; do
  [ -x "$BIN/$tool" ] || continue
  $tool generate man > $tool.1
  ! grep -q '^\.generated' $tool.1 || fail "$tool.1 has an unknown .generated line"
  render "$T/$tool.1"
  GROFF_NO_SGR=1 groff -t -man -Tascii $tool.1 | col -b > text
  for section in NAME SYNOPSIS DESCRIPTION VERBS 'COMMON OPTIONS' COMPONENTS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
    grep -q "^$section" text || fail "$tool.1 has no section $section"
  done
  for verb in $($tool help | sed -n 's/^  \([a-z][a-z0-9-]*\) .*/\1/p'); do
    grep -q "^   $tool $verb " text || fail "$tool.1 lacks verb $verb"
    for option in $($tool help $verb | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p'); do
      grep -q -- "^       \(-., \)\{0,1\}$option\( \|$\)" text || fail "$tool.1 lacks option $option of $verb"
    done
  done
  $tool list | sed 's/^\([^ ]*\)\/\([^ ]*\).*/\1 \2/' | while read -r family name; do
    [ $family = verb ] || grep -q "^       $name\( \|$\)" text || { echo "$tool.1 lacks $family/$name"; exit 1; }
  done || fail "$tool.1 lacks an entry"
done
for page in dml-stream.5 dml-tools.7 dml-hacking.7; do render "$ROOT/man/$page"; done

# dml-stream.5 has every kind, type and key of the normative text.
GROFF_NO_SGR=1 groff -t -man -Tascii "$ROOT/man/dml-stream.5" | col -b > text
sed -n '/^## 4/,/^## 5/p' "$ROOT/formats/dml.md" | grep '^| `' | grep -o '`[a-z0-9_-]*?*`' | tr -d '`?' | sort -u > words
[ "$(wc -l < words)" -gt 30 ] || fail 'dml.md has no table of kinds'
while read -r word; do grep -qw -- "$word" text || fail "dml-stream.5 lacks $word of dml.md"; done < words

# Every command of an EXAMPLES section, as it stands there.
[ -x "$BIN/dtrain" ] || exit 0
for page in dtrain.1 dmerge.1 daggregate.1 dverify.1 drank.1 "$ROOT/man/dml-stream.5"; do
  sed -n '/^\.SH EXAMPLES/,/^\.SH [A-DF-Z]/p' "$page" | sed -n '/^\.EX/,/^\.EE/{/^\.E/d;p}' | sed 's/\\-/-/g; s/\\e/\\/g' > commands
  [ -s commands ] || fail "$page has no examples"
  rm -rf folder && mkdir folder
  ( cd folder && timeout 250 bash -euo pipefail ../commands ) > "$out" 2> "$err"
  code=$?
  [ $code = 0 ] || { cat commands >> "$out"; fail "an example of $page ends with $code"; }
done
