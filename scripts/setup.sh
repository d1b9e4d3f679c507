#!/bin/sh
# Sets a checkout up on Debian: npm packages, Debian packages, compiled TypeScript. Does only what is missing, so that
# it may run before every command. Exit codes as in docs/debugging.md: 4 when the host lacks something that only the
# user can give it, 5 when a tool failed.
set -eu

cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

fail() {
  code=$1
  shift
  printf 'setup: %s\n' "$@" >&2
  exit "$code"
}

# Collects what only the user can mend, so that one message tells all of it.
problems=
lacks() {
  for line in "$@"; do
    problems="$problems
$line"
  done
}

# Keeps what a tool prints unless it fails: a quiet set-up that works is the usual case.
quietly() {
  what=$1
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    # npm says first what is wrong, compilers and apt last.
    head -n 15 "$log" >&2
    tail -n +16 "$log" | tail -n 15 >&2
    fail 5 "could not $what: $*" "the full log is $log"
  fi
}

check_node() {
  command -v node >/dev/null ||
    fail 4 "Node.js is missing." "Expected: version 20.20 or later of 20, or 22 and later." "Install it: https://nodejs.org/en/download"
  version=$(node --version)
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  if [ "$major" -ge 22 ] || { [ "$major" -eq 20 ] && [ "$minor" -ge 20 ]; }; then
    return
  fi
  fail 4 "Node.js is too old, or of a version that is not supported." \
    "Expected: version 20.20 or later of 20, or 22 and later." "Found: $version, $(command -v node)" \
    "Install another one: https://nodejs.org/en/download"
}

install_npm_packages() {
  # npm writes this file when it has installed everything.
  mark=node_modules/.package-lock.json
  if [ -e "$mark" ] && [ -z "$(find package-lock.json -newer "$mark")" ]; then
    return
  fi
  say "installing npm packages"
  quietly "install the npm packages" npm ci --include=dev --no-audit --no-fund
}

missing_debian_packages() {
  wanted=$(sed -e 's/#.*//' scripts/debian-packages.txt)
  # dpkg-query says nothing on stdout about a package that it has never heard of.
  # shellcheck disable=SC2086 # one word a package is meant
  installed=$(dpkg-query --show --showformat '${binary:Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
    sed -n -e 's/:[a-z0-9-]* installed$/ installed/' -e 's/ installed$//p')
  for package in $wanted; do
    case "
$installed
" in
      *"
$package
"*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

install_debian_packages() {
  if ! command -v dpkg-query >/dev/null; then
    lacks "This is not Debian: dpkg-query is missing." \
      "Install what these Debian packages hold: $(sed -e 's/#.*//' scripts/debian-packages.txt | tr -s '\n' ' ')"
    return
  fi
  missing=$(missing_debian_packages)
  missing=${missing% }
  if [ -z "$missing" ]; then
    return
  fi
  if [ "$(id -u)" -eq 0 ]; then
    say "installing Debian packages: $missing"
    install_as
  elif command -v sudo >/dev/null && permitted; then
    say "installing Debian packages with sudo: $missing"
    install_as sudo
  else
    lacks "Debian packages are missing: $missing" \
      "Install them as root: apt-get install --yes --no-install-recommends $missing"
  fi
}

# In a terminal the user is asked; elsewhere sudo must work without a password.
permitted() {
  if [ -t 0 ] && [ -t 1 ]; then
    say "Debian packages are missing: $missing"
    printf 'setup: install them with sudo now? [Y/n] '
    read -r answer || answer=n
    case $answer in
      '' | [Yy]*) return 0 ;;
      *) return 1 ;;
    esac
  fi
  sudo -n true 2>/dev/null
}

# All that needs root happens in one call.
install_as() {
  # shellcheck disable=SC2086 # one word a package is meant
  "$@" sh scripts/install-debian-packages.sh $missing ||
    fail 5 "could not install the Debian packages." \
      "Install them by hand as root: apt-get install --yes --no-install-recommends $missing"
}

# Builds of an ordinary user need a range of subordinate ids: subuid(5), newuidmap(1).
check_subordinate_ids() {
  uid=$(id -u)
  if [ "$uid" -eq 0 ]; then
    return
  fi
  user=$(id -un)
  for file in /etc/subuid /etc/subgid; do
    if [ -e "$file" ] && awk -F: -v user="$user" -v uid="$uid" \
      '($1 == user || $1 == uid) && $3 >= 65536 { found = 1 } END { exit !found }' "$file"; then
      continue
    fi
    lacks "The user $user has no range of at least 65536 subordinate ids in $file." \
      "Add one as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user" \
      "(another range, if a line of another user in that file overlaps with it)"
    return
  done
}

compile() {
  mark=dist/.compiled
  if [ -e "$mark" ] && [ -z "$(find cli app stages pipeline gate hosts artifacts base bench test/inside tsconfig.json package.json node_modules/.package-lock.json -newer "$mark" | head -n 1)" ]; then
    return
  fi
  say "compiling"
  mkdir -p dist
  # Of the moment before: what changes meanwhile is compiled the next time.
  touch "$mark.new"
  quietly "compile" npm run --silent compile
  mv "$mark.new" "$mark"
}

check_node
install_npm_packages
install_debian_packages
check_subordinate_ids
if [ -n "$problems" ]; then
  printf '%s\n' "$problems" | sed -e 1d -e 's/^/setup: /' >&2
  exit 4
fi
compile
