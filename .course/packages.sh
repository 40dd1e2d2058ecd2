# shellcheck shell=bash
# The packages that the course needs, and how they are installed.

# What shows that it is there (a command, a header, or a name that is_there knows), Debian's package, its name.
needs='
c++                    g++                      a C++20 compiler
cmake                  cmake                    CMake 3.25 or newer
ninja                  ninja-build              Ninja
boost                  boost                    Boost 1.81 or newer
gtest/gtest.h          libgtest-dev             GoogleTest
gmock/gmock.h          libgmock-dev             GoogleMock
benchmark/benchmark.h  libbenchmark-dev         Google Benchmark
cereal/cereal.hpp      libcereal-dev            cereal
fmt/core.h             libfmt-dev               {fmt}
CLI/CLI.hpp            libcli11-dev             CLI11
Random123/threefry.h   librandom123-dev         Random123
gnuplot                gnuplot-nox              gnuplot
gnuplot-iostream.h     libgnuplot-iostream-dev  gnuplot-iostream'
bench_needs='
python:json            python3                  Python
tbb/parallel_for.h     libtbb-dev               oneTBB
python:numpy           python3-numpy            NumPy
python:joblib          python3-joblib           joblib
python:mpi4py          python3-mpi4py           mpi4py'
# Needed for one lesson. The rest works without them.
cluster_needs='
openmpi                libopenmpi-dev           Open MPI
mpirun                 openmpi-bin              mpirun'
grading_needs='
bwrap                  bubblewrap               bubblewrap
bsdtar                 libarchive-tools         bsdtar'
# Tests that need these are skipped without them.
test_needs=$grading_needs'
ip                     iproute2                 iproute2'
developer_needs=$test_needs'
clang++                clang                    Clang
libFuzzer              libclang-rt-dev          the sanitizers and libFuzzer of Clang
clang-tidy             clang-tidy               clang-tidy
valgrind               valgrind                 Valgrind
shellcheck             shellcheck               ShellCheck
codespell              codespell                codespell
yamllint               yamllint                 yamllint
git                    git                      Git'
# One version everywhere, because each formats a little differently. Debian 13 does not have it.
format_needs='
clang-format-14        clang-format-14          clang-format 14'

site_needs='
python:sphinx           python3-sphinx             Sphinx
python:myst_parser      python3-myst-parser        MyST
python:furo             furo                       Furo
python:breathe          python3-breathe            Breathe
python:sphinx_copybutton  python3-sphinx-copybutton  sphinx-copybutton
doxygen                 doxygen                    Doxygen
/usr/share/javascript/mathjax/MathJax.js  libjs-mathjax  MathJax'
slides_needs='
npm                     npm                        npm, for reveal.js'
site_test_needs=$slides_needs'
chromium                chromium                   Chromium
chromedriver            chromium-driver            ChromeDriver
/usr/share/java/epubcheck.jar  epubcheck           epubcheck
java                    default-jre-headless       Java
git                     git                        Git
python:selenium         python3-selenium           Selenium
python:joblib           python3-joblib             joblib'

is_there() {
  local compiler
  read -ra compiler <<<"${CXX:-c++}"
  compiler+=(-isystem .deps/usr/include -B .deps/usr/lib)
  case $1 in
    c++) command -v "${compiler[0]}" ;;
    cmake) printf '3.25\n%s\n' "$(cmake --version | sed -n '1s/[^0-9]*//p')" | sort -CV ;;
    boost) boost_is_there ;;
    openmpi) mpicxx -x c++ -fsyntax-only - <<<'#include <mpi.h>' ;;  # mpicxx itself comes with mpirun
    libFuzzer) clang++ -x c++ -fsanitize=fuzzer -o /dev/null - \
      <<<'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' ;;
    chromium) command -v chromium || command -v google-chrome ;;
    chromedriver) command -v chromedriver || command -v chromium.chromedriver ;;  # from the snap
    python:*) "$(system_python)" -c "import ${1#python:}" ;;
    /*) [ -e "$1" ] ;;
    *.h*) holds "__has_include(<$1>)" ;;
    *) command -v "$1" ;;
  esac >/dev/null 2>&1
}

# Prints the Python for which the distribution's packages are made.
system_python() { if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi; }

# Whether this condition is true for the preprocessor after these lines.
holds() { printf '%s\n' "${@:2}" "#if !($1)" '#error' '#endif' | "${compiler[@]}" -x c++ -std=c++20 -E -; }

boost_is_there() {
  local library libraries=(iostreams filesystem)  # gnuplot-iostream needs them
  holds 'BOOST_VERSION >= 108100' '#include <boost/version.hpp>' || return 1
  holds 'BOOST_VERSION < 108600' '#include <boost/version.hpp>' || libraries+=(process)  # headers only until 1.85
  for library in "${libraries[@]}"; do
    [ -e "$("${compiler[@]}" -print-file-name="libboost_$library.so")" ] || return 1
  done
}

# Fills packages=() and names='' with what is missing from the table $1.
find_missing() {
  local probe package name
  packages=() names=''
  while read -r probe package name; do
    if [ -n "$probe" ] && ! is_there "$probe"; then
      packages+=("$package")
      names+="${names:+, }$name"
    fi
  done <<<"$1"
}

can_install() { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }

# Runs apt-get as root, without questions; its output goes to the log.
apt() {
  local root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -y -o DPkg::Lock::Timeout=120 "$@" </dev/null >>.deps/setup.log 2>&1
}

apt_failed() {
  tail -n 5 .deps/setup.log >&2
  die "$1; the lines above are the end of .deps/setup.log"
}

has_package() { apt-cache show "$1" >/dev/null 2>&1; }

# Whether these can be installed together without removing anything.
fits() { apt-get install --simulate --no-remove --no-install-recommends "$@" >>.deps/setup.log 2>&1; }

# Packages that cannot be installed are unpacked into .deps, where CMake looks, too.
unpack() {
  local folder
  say "Unpacking into .deps: $*"
  folder=$(mktemp -d .deps/download.XXXXXX)
  (cd "$folder" && apt-get -o APT::Sandbox::User="$(id -un)" download "$@" \
    && for file in *.deb; do dpkg-deb -x "$file" ..; done) >>.deps/setup.log 2>&1 || apt_failed 'the download failed'
  rm -r "$folder"
}

install_with_apt() {
  local package version refreshed=yes boost=() others=() unpacked=()
  mkdir -p .deps
  : >.deps/setup.log
  if can_install; then
    if ! apt update -o APT::Update::Error-Mode=any; then
      say 'Some package lists could not be fetched. Continuing with the old ones.'
      refreshed=''
    fi
  elif [ "$*" != libgnuplot-iostream-dev ]; then
    die "only root can install that, and there is no sudo; run './course setup' as root once"
  fi

  # Debian 12 has two Boosts, and its own is too old.
  version=$(apt-cache show --no-all-versions libboost-dev 2>/dev/null | sed -n 's/^Version: //p' || true)
  if dpkg --compare-versions "$version" lt 1.81; then version=1.81; else version=''; fi
  for package; do
    case $package in
      boost)
        boost=("libboost$version-dev" "libboost-iostreams$version-dev" "libboost-filesystem$version-dev")
        if has_package libboost-process-dev; then boost+=(libboost-process-dev); fi
        ;;
      *) others+=("$package") ;;
    esac
  done
  for package in "${boost[@]}" "${others[@]}"; do
    if ! has_package "$package"; then
      [ -n "$refreshed" ] || apt_failed "there is no package $package in the package lists"
      [[ $package != chromium* ]] || die "on Ubuntu, Chromium and its driver are a snap: 'snap install chromium'"
      die "there is no package $package; the course needs Debian 12, Ubuntu 24.04 or newer"
    fi
  done

  # Only one Boost can be installed. If it is another one, unpack ours, with the libraries that it needs.
  if [ ${#boost[@]} -eq 0 ] || fits "${boost[@]}"; then
    others+=("${boost[@]}")
  else
    mapfile -t unpacked < <(apt-cache depends --recurse --important "${boost[@]}" | grep '^libboost')
  fi
  # On Debian 12 this package requires the Boost that is too old.
  if [[ " ${others[*]} " == *' libgnuplot-iostream-dev '* ]] && ! fits "${others[@]}"; then
    mapfile -t others < <(printf '%s\n' "${others[@]}" | grep -vx libgnuplot-iostream-dev)
    unpacked+=(libgnuplot-iostream-dev)
  fi

  if [ ${#others[@]} -gt 0 ]; then
    say "Installing: ${others[*]}"
    say 'This can take a few minutes; .deps/setup.log shows the progress.'
    apt install --no-remove --no-install-recommends "${others[@]}" || apt_failed 'apt-get cannot install that'
  fi
  if [ ${#unpacked[@]} -gt 0 ]; then unpack "${unpacked[@]}"; fi
}

set_up() {
  local packages names
  find_missing "$1"
  [ -n "$names" ] || return 0
  say "Missing: $names"
  command -v apt-get >/dev/null || die 'please install what is missing with your package manager'
  install_with_apt "${packages[@]}"
  find_missing "$1"
  [ -z "$names" ] || die "this system's packages do not provide $names; the course needs Debian 12, Ubuntu 24.04 or newer"
}

# Like set_up, but does without packages that cannot be installed.
set_up_if_possible() {
  local packages names
  find_missing "$1"
  [ -n "$names" ] || return 0
  if command -v apt-get >/dev/null && can_install && (set_up "$1"); then return; fi
  say "Not installed: $names. $2"
}

#: setup [--bench|--dev]  install what is missing; also what bench compares with, or what .ci/run needs
do_setup() {
  case $* in
    '') set_up "$needs" ;;
    --bench) set_up "$needs$bench_needs" ;;
    --dev)
      set_up "$needs$bench_needs$developer_needs"
      set_up_if_possible "$format_needs" "The step 'format' of .ci/run cannot run."
      ;;
    *) usage_error "setup takes only --bench or --dev" ;;
  esac
  set_up_if_possible "$cluster_needs" 'The lesson cluster_pi is left out.'
  say 'Everything needed is installed.'
}
