# cmake --install and the Debian packages: programs, manual pages and completions in their places, and what the packages depend on.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$BIN")
[ -e "$build/cmake_install.cmake" ] && [ -x "$BIN/dtrain" ] && [ -e "$build/tools/dtrain.1" ] || { echo 'not everything is built'; exit 77; }

run cmake --install "$build" --prefix "$T/root" --strip;          status 0
for tool in dmerge daggregate dverify drank dtrain; do
  for file in bin/$tool share/man/man1/$tool.1 share/bash-completion/completions/$tool share/zsh/site-functions/_$tool; do exists root/$file; done
done
for page in man5/dml-stream.5 man7/dml-tools.7 man7/dml-hacking.7; do exists root/share/man/$page; done
exists root/share/dml-tools/data/digits.csv.gz
run root/bin/dmerge version;                                       status 0

command -v dpkg-shlibdeps > /dev/null || { echo 'dpkg-dev is not installed: no packages are made'; exit 77; }
run cpack --config "$build/CPackConfig.cmake" -G DEB -B "$T/debs"; status 0
[ "$(ls debs/*.deb | wc -l)" = 2 ] || fail "not two packages: $(ls debs)"
light=$(ls debs/dml-tools_*.deb) heavy=$(ls debs/dml-dtrain_*.deb)
run dpkg-deb -f "$light" Depends;                                  stdout_has libzmq5; stdout_has libsodium23; stdout_has libc6; stdout_lacks torch; stdout_lacks blas
run dpkg-deb -f "$heavy" Depends;                                  stdout_has libtorch1.13; stdout_has libopenblas0-pthread
run dpkg-deb -f "$heavy" Recommends;                               stdout_has dml-tools; stdout_has gnuplot
run dpkg-deb -c "$light"
for file in bin/dmerge bin/drank share/man/man1/daggregate.1 share/man/man5/dml-stream.5 share/bash-completion/completions/dverify; do stdout_has "/$file"; done
stdout_lacks bin/dtrain; stdout_lacks man1/dtrain.1; stdout_lacks digits
run dpkg-deb -c "$heavy"
for file in bin/dtrain share/man/man1/dtrain.1 share/dml-tools/data/digits.csv.gz; do stdout_has "/$file"; done
stdout_lacks bin/dmerge
