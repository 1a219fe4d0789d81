# The completions of bash and zsh, in real interactive shells: what is typed here with tabs must arrive as the words that follow.
. "$(dirname "$0")/lib.sh"
for tool in dmerge daggregate dverify drank dtrain; do
  [ -x "$BIN/$tool" ] || continue
  $tool generate bash > $tool.bash || fail "generate bash of $tool"
  mkdir -p zsh; $tool generate zsh > zsh/_$tool || fail "generate zsh of $tool"
done
touch model.dml 'two words.dml'

cat > type.py <<'PY'
# type.py SHELL: types each line of cases into an interactive shell in which the tools are functions that print their words.
import os, pty, select, sys, time
shell = sys.argv[1]
tools = [name[:-5] for name in sorted(os.listdir('.')) if name.endswith('.bash')]
if shell == 'bash':
    argv = ['bash', '--norc', '--noprofile', '-i']
    setup = ['bind "set enable-bracketed-paste off"', 'bind "set bell-style none"', 'bind "set completion-query-items 0"'] + [f'source ./{t}.bash' for t in tools]
else:
    argv = ['zsh', '-f', '-i']
    setup = ['fpath=($PWD/zsh $fpath)', 'autoload -Uz compinit', 'compinit -u -D', 'unsetopt prompt_sp', 'setopt no_beep no_auto_menu']
setup += [t + '() { local IFS=,; printf "G%sT<%s>\\n" O "$*"; }' for t in tools]

pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM='vt100', PS1='> ', PROMPT='> ', HISTFILE='')
    os.execvp(argv[0], argv)

seen = ''
def wait_for(mark, seconds=60):
    global seen
    end = time.time() + seconds
    while mark not in seen:
        if time.time() > end or not select.select([terminal], [], [], max(0, end - time.time()))[0]:
            sys.exit(f'{shell}: no {mark!r} in {seen[-400:]!r}')
        seen += os.read(terminal, 65536).decode('utf-8', 'replace')
    seen = seen.split(mark, 1)[1]

for line in setup + ["printf 'READ%s\\n' Y"]:
    os.write(terminal, (line + '\n').encode())
wait_for('READY')
failed = 0
for case in sys.stdin:
    typed, want = case.rstrip('\n').split(' => ')
    if typed.split()[0] not in tools:
        continue
    os.write(terminal, typed.replace('<TAB>', '\t').encode() + b'\n')
    wait_for('GOT<')
    while '>' not in seen:
        seen += os.read(terminal, 65536).decode('utf-8', 'replace')
    got, seen = seen.split('>', 1)
    if got.rstrip(',') != want:
        print(f'{shell}: {typed} gives {got}, not {want}')
        failed += 1
os.write(terminal, b'exit\n')
sys.exit(bool(failed))
PY
cat > cases <<'END'
dmerge di<TAB> => diff
dmerge diff --exa<TAB> => diff,--exact
dmerge mean --allow-<TAB> => mean,--allow-nan
dmerge mean --pri<TAB> mod<TAB> => mean,--print-config,model.dml
dmerge show mod<TAB> => show,model.dml
dmerge show two<TAB> => show,two words.dml
dmerge mean -o mod<TAB> => mean,-o,model.dml
dmerge mean --output=mod<TAB> => mean,--output=model.dml
dmerge mean --to dm<TAB> => mean,--to,dml
dmerge help app<TAB> => help,apply
dmerge list merg<TAB> => list,merger
dmerge describe merger/me<TAB> => describe,merger/mean
dmerge generate zs<TAB> => generate,zsh
daggregate krum --neighbours bl<TAB> => krum,--neighbours,blanchard
daggregate krum --neighbours=bl<TAB> => krum,--neighbours=blanchard
dverify hash --fingerprint sha<TAB> => hash,--fingerprint,sha256
dverify hash --fingerprint hyperplane:bi<TAB>64 => hash,--fingerprint,hyperplane:bits=64
dverify hash --fingerprint=hyperplane:bits=64,se<TAB>3 => hash,--fingerprint=hyperplane:bits=64,seed=3
drank search rock --ranker pop<TAB> => search,rock,--ranker,popularity
dtrain dsgd --topology torus<TAB> => dsgd,--topology,torus
dtrain dsgd --data dig<TAB> => dsgd,--data,digits
dtrain eval --of tes<TAB> => eval,--of,test
END
checked=0
for shell in bash zsh; do
  command -v $shell > /dev/null || { echo "$shell is not installed: its completion is not tested"; continue; }
  run python3 type.py $shell < cases
  status 0
  checked=$((checked + 1))
done
[ $checked = 2 ] || exit 77
