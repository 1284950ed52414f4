# shellcheck shell=bash
# The set-up that scripts/up, scripts/test and scripts/bench share; sourced, not run.
# Each step says what it does and how long it took; one that fails says what to do.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
unset PYTHONDONTWRITEBYTECODE  # compiled modules are half of a quick start
export PIP_DISABLE_PIP_VERSION_CHECK=1 DEBIAN_FRONTEND=noninteractive

first_set_up_mb=1950  # measured: venv 1060, node_modules 155, apt 500, the rest for downloads

fail() {  # what · what to do
  printf '\n失败 · failed: %s\n→ %s\n' "$1" "$2" >&2
  exit 1
}

step() {  # label, what to do if it fails, command ...
  local label=$1 remedy=$2 log started
  shift 2
  log=$(mktemp)
  started=$(date +%s%N)
  printf '%s … ' "$label"
  if "$@" >"$log" 2>&1; then
    printf '%s s\n' "$(awk -v n="$(($(date +%s%N) - started))" 'BEGIN { printf "%.1f", n / 1e9 }')"
    rm -f "$log"
  else
    printf '\n'
    tail -n 15 "$log" >&2
    fail "$label" "$remedy（全部输出 · whole output: $log）"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -E "$@"; fi
}

may_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; }
}

has_postgis() {
  local found
  for found in /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$found" ] || continue
    found=${found%/bin/postgres}
    [ -e "/usr/share/postgresql/${found##*/}/extension/postgis.control" ] && return 0
  done
  command -v pg_config >/dev/null && [ -e "$(pg_config --sharedir)/extension/postgis.control" ] && [ -x "$(pg_config --bindir)/initdb" ]
}

postgres_major() {  # that of the distribution; an installed one without PostGIS goes first
  local newest
  # shellcheck disable=SC2012
  newest=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sed -E 's#.*/([0-9]+)/.*#\1#' | sort -n | tail -1)
  if [ -z "$newest" ]; then
    newest=$(apt-cache show postgresql 2>/dev/null | sed -nE 's/^Depends:.*postgresql-([0-9]+).*/\1/p' | head -1)
  fi
  if [ -z "$newest" ]; then
    # shellcheck disable=SC1091
    case "$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}")" in
      debian13*) newest=17 ;; ubuntu24*) newest=16 ;; *) newest=15 ;;
    esac
  fi
  echo "$newest"
}

in_reach() {  # whether a program can be run by the service's own user, who cannot enter root's home; through sh, as setpriv itself gets anywhere
  # shellcheck disable=SC2016
  [ "$(id -u)" != 0 ] || setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'test -x "$1"' sh "$(readlink -f "$(command -v "$1")")"
}

good_python() {  # a Python that the locks are made for, able to make a venv, and within reach of the service's own user
  local candidate
  for candidate in python3 /usr/bin/python3 python3.12 python3.11 python3.13; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null &&
      in_reach "$("$candidate" -c 'import sys; print(sys.executable)')"; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

good_node() {
  command -v npm >/dev/null && command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0] >= 18')" = true ]
}

has_browser() {  # one that runs: Ubuntu's chromium-browser may be a stub that only tells of its snap
  local candidate
  for candidate in ${ONEMAP_TEST_BROWSER:+"$ONEMAP_TEST_BROWSER"} chromium chromium-browser google-chrome; do
    command -v "$candidate" >/dev/null && [[ "$("$candidate" --version 2>/dev/null)" =~ [0-9]+\.[0-9] ]] && return 0
  done
  return 1
}

is_ubuntu() {
  grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null
}

browser() {  # Debian's comes with the other packages; Ubuntu has none for apt
  if is_ubuntu && ! has_browser; then
    fail "没有能运行的 Chromium：Ubuntu 的 chromium 软件包只是 snap 的外壳 · no Chromium that runs: on Ubuntu the package of apt is only a door to the snap" \
      "执行 sudo snap install chromium，或装 google-chrome-stable 的 .deb，或设 ONEMAP_TEST_BROWSER=可执行文件 · run: sudo snap install chromium; or install the .deb of google-chrome-stable; or set ONEMAP_TEST_BROWSER to a program"
  fi
}

missing_packages() {  # "runtime" or "test"
  local major
  good_python >/dev/null || echo python3 python3-venv
  has_postgis || { major=$(postgres_major); echo "postgresql-$major" "postgresql-$major-postgis-3"; }
  command -v setpriv >/dev/null || echo util-linux
  good_node || echo nodejs npm
  if [ "$1" = test ]; then
    has_browser || is_ubuntu || echo chromium
    [[ "$(fc-list 2>/dev/null)" == *'Noto Sans CJK'* ]] || echo fonts-noto-cjk fontconfig
    command -v ogrinfo >/dev/null || echo gdal-bin
    command -v git >/dev/null || echo git
    [ "$(uname -m)" = x86_64 ] || command -v shellcheck >/dev/null || echo shellcheck  # elsewhere it is in the lock
  fi
}

install_packages() {  # by apt; never makes Debian's default cluster on port 5432, never touches one that is there
  local rules=/etc/postgresql-common/createcluster.d/onemap.conf ended=0
  as_root apt-get install -y --no-install-recommends postgresql-common
  as_root mkdir -p "${rules%/*}"
  echo 'create_main_cluster = false' | as_root tee "$rules" >/dev/null
  as_root apt-get install -y --no-install-recommends "$@" || ended=$?
  as_root rm -f "$rules"  # the machine's own habits are as before
  return "$ended"
}

system_packages() {  # "runtime" or "test"
  local missing
  missing=$(missing_packages "$1" | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  if ! command -v apt-get >/dev/null; then
    fail "缺少系统软件 · missing: $missing" "请安装 PostgreSQL 15+ 与 PostGIS 3、Python 3.11+（含 venv）、Node 18+ · install PostgreSQL 15+ with PostGIS 3, Python 3.11+ with venv, Node 18+; or use docker/compose.yaml"
  fi
  if ! may_be_root; then
    fail "缺少系统软件，而当前用户不能安装 · packages are missing and this user may not install them: $missing" "请管理员执行 · ask an administrator to run: apt-get update && apt-get install --no-install-recommends $missing"
  fi
  step "更新软件源 · apt-get update" "检查网络和 /etc/apt 的软件源 · check the network and the sources in /etc/apt" as_root apt-get -qq update
  missing=$(missing_packages "$1" | tr '\n' ' ')  # the lists now tell the right version
  [ -n "${missing// /}" ] || return 0
  # shellcheck disable=SC2086
  step "安装系统软件 · installing $missing" "按上面的提示处理，或手工执行 · see above, or run by hand: apt-get install $missing" install_packages $missing
}

hash_of() {
  cat "$@" | sha256sum | cut -c1-64
}

make_venv() {  # python
  local python="$here/.venv/bin/python"
  if ! { "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' && "$python" -m pip --version &&
    in_reach "$python"; }; then
    rm -rf "$here/.venv"  # not there, left half made, of a Python that is gone or that only root can run
    "$1" -m venv "$here/.venv"
  fi
  "$python" -m pip install -q --require-hashes -r "$here/requirements-uv.lock"
}

install_lock() {  # lock; uv is quick, pip knows every way in which a site says where packages come from
  local python="$here/.venv/bin/python"
  if ! { cat "$here/requirements-uv.lock" "$1" >"$here/.venv/wanted.lock" &&
    UV_LINK_MODE="${UV_LINK_MODE:-copy}" "$here/.venv/bin/uv" pip sync -q --require-hashes --compile-bytecode --python "$python" "$here/.venv/wanted.lock"; }; then
    "$python" -m pip install -q --require-hashes -r "$1"
  fi
}

put_in_place() {  # the checkout itself: importable, and the command `onemap`
  "$here/.venv/bin/python" - "$here" <<'PYTHON'
import pathlib, site, sys
pathlib.Path(site.getsitepackages()[0], "onemap.pth").write_text(sys.argv[1] + "\n")
PYTHON
  cat >"$here/.venv/bin/onemap" <<'SHELL'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -P -m app.cli "$@"
SHELL
  chmod 755 "$here/.venv/bin/onemap"
  "$here/.venv/bin/python" -m compileall -q "$here/layers" "$here/geodata" "$here/app"
}

python_packages() {  # "runtime" or "test"
  local lock="$here/requirements.lock" wanted python
  if [ "$1" = test ] || [ -x "$here/.venv/bin/pytest" ]; then  # `up` does not take a developer's tools away
    set -- test
    lock="$here/requirements-test.lock"
  fi
  wanted=$(hash_of "$here"/requirements*.lock "$here/scripts/setup.sh")" $here"
  case "$(cat "$here/.venv/set-up" 2>/dev/null)" in
    "$1 $wanted" | "test $wanted") return 0 ;;  # what the tests need holds all that the service needs
  esac
  python=$(good_python) || fail "没有合适的 Python · no Python 3.11 to 3.13 with venv" "apt-get install python3 python3-venv"
  step "建立 Python 环境 · making .venv" "检查 pip 的软件源设置和网络 · check pip's configuration and the network" make_venv "$python"
  step "安装 Python 包 · installing Python packages" "检查 pip 的软件源设置和网络 · check pip's configuration and the network" install_lock "$lock"
  step "放置 onemap 命令 · putting the command in place" "检查 $here 是否可写 · check that $here can be written" put_in_place
  echo "$1 $wanted" >"$here/.venv/set-up"
}

fetch_assets() {  # "runtime" or "test"
  local only=--omit=dev
  [ "$1" = test ] && only=--include=dev
  (cd "$here" && npm ci "$only" --ignore-scripts --no-audit --no-fund --loglevel=error && node scripts/vendor.mjs)
}

front_end() {  # "runtime" or "test"
  local wanted
  [ ! -x "$here/node_modules/.bin/eslint" ] || set -- test
  wanted=$(hash_of "$here/package.json" "$here/package-lock.json" "$here/scripts/vendor.mjs")
  if [ -d "$here/app/static/vendor" ]; then
    case "$(cat "$here/node_modules/set-up" 2>/dev/null)" in
      "$1 $wanted" | "test $wanted") return 0 ;;
    esac
  fi
  step "取前端组件 · fetching front-end parts" "检查 npm 的软件源设置和网络 · check npm's configuration and the network" fetch_assets "$1"
  echo "$1 $wanted" >"$here/node_modules/set-up"
}

bundle() {  # the modules of each page as one file; a few hundredths of a second
  local wanted
  wanted=$(cd "$here" && find app/static/js -name '*.js' -print0 | LC_ALL=C sort -z | xargs -0 cat scripts/bundle.mjs node_modules/set-up | sha256sum)
  [ "$wanted" != "$(cat "$here/node_modules/bundled" 2>/dev/null)" ] || [ ! -e "$here/app/static/packed/of" ] || return 0
  step "合并网页程序 · putting the page's modules together" "检查 $here 是否可写 · check that $here can be written" node "$here/scripts/bundle.mjs"
  echo "$wanted" >"$here/node_modules/bundled"
}

room_on_disk() {
  local free
  free=$(df -Pm "$here" | awk 'NR == 2 { print $4 }')
  if [ ! -e "$here/.venv/set-up" ] && [ "$free" -lt "$first_set_up_mb" ]; then
    fail "磁盘将满：$here 只剩 $free MB，首次安装约需 $first_set_up_mb MB · the disk is nearly full: $free MB left, the first set-up takes about $first_set_up_mb MB" \
      "清理磁盘，或把代码放到别的磁盘 · free some space, or put the checkout on another disk"
  fi
}

set_up() {  # "runtime" or "test"; a second time it takes a few hundredths of a second
  [ -w "$here" ] || [ -e "$here/.venv/set-up" ] || fail "不能写入 $here · $here cannot be written" "以其所有者运行 · run as the owner of the checkout"
  exec 9<"$here/scripts"
  flock -n 9 || { echo "另一个安装正在进行，等待 · another set-up is at work; waiting"; flock 9; }
  room_on_disk
  system_packages "$1"
  [ "$1" != test ] || browser
  python_packages "$1"
  front_end "$1"
  bundle
  exec 9<&-
}
