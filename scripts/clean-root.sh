#!/bin/bash
# A maintainer's tool: tries `make run` and `make test` where nothing but git and make is installed. Makes a bare Debian 12
# in TARGET with debootstrap, clones HEAD of this repository into it, and runs both there, timed. Package sources, proxies
# and certificates are the ones of this machine, read when it runs. Root only; TARGET must not exist, and is kept.
# Usage: scripts/clean-root.sh TARGET [install|run|test|all]        all: run, then test; the default
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
target=$(realpath -m "$1")
what=${2:-all}
suite=bookworm
inside_home=/root
[ "$(id -u)" -eq 0 ] || { echo 'clean-root.sh: only root can make a root' >&2; exit 77; }
[ ! -e "$target" ] || { echo "clean-root.sh: $target exists; name a new folder" >&2; exit 2; }
case "$what" in install | run | test | all) ;; *) echo "clean-root.sh: unknown part $what" >&2; exit 2 ;; esac

# The first package source of this machine that apt itself names for the suite.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 2>/dev/null |
  awk -v suite="$suite" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || { echo "clean-root.sh: this machine has no package source for $suite" >&2; exit 69; }

mounted=()
undo_mounts() {
  local index
  for ((index = ${#mounted[@]} - 1; index >= 0; index--)); do
    umount "${mounted[index]}" || umount --lazy "${mounted[index]}"
  done
}
trap undo_mounts EXIT

mount_in() {  # mount's arguments, but for the last: the folder inside the target
  mkdir -p "$target/${*: -1}"
  mount "${@:1:$#-1}" "$target/${*: -1}"
  mounted+=("$target/${*: -1}")
}

# Copies what this machine is configured with; a file that it does not have is no error.
pass_through() {
  local file
  for file in "$@"; do
    [ -e "$file" ] || continue
    mkdir -p "$target$(dirname "$file")"
    cp -rL "$file" "$target$(dirname "$file")/"
  done
}

inside() {
  chroot "$target" /usr/bin/env -i HOME=$inside_home TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${proxies[@]}" "$@"
}

proxies=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS; do
  [ -z "${!name:-}" ] || proxies+=("$name=${!name}")
done

make_root() {
  debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$target" "$mirror" \
    >"$target.log" 2>&1 || { tail -n 20 "$target.log" >&2; return 1; }
  rm -f "$target/etc/apt/sources.list"
  pass_through /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/keyrings \
    /etc/apt/preferences.d /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt \
    /etc/npmrc /usr/etc/npmrc
  # But for a setting of this machine's own npm that names a place the new root does not have.
  [ ! -e "$HOME/.npmrc" ] || sed '/^nodedir/d' "$HOME/.npmrc" >"$target$inside_home/.npmrc"
  git clone --quiet --no-hardlinks . "$target/srv/marketprism"
}
export -f make_root pass_through
export target suite mirror inside_home

scripts/step.sh "make a bare Debian ($suite) in $target" bash -euc make_root
mount_in -t proc proc proc
mount_in --bind /dev dev
mount_in -t tmpfs tmpfs dev/shm
echo "packages in the bare root: $(inside dpkg-query -f '.\n' -W | wc -l), $(du -sm --exclude=proc --exclude=dev "$target" | cut -f1) MB"

status=0
run_part() {
  echo "==> in the bare root: make $*"
  local started=$SECONDS
  inside make -C /srv/marketprism "$@" </dev/null || status=$?
  echo "==> in the bare root: make $* ended with exit code $status after $((SECONDS - started)) s;" \
    "$(inside dpkg-query -f '.\n' -W | wc -l) packages," \
    "$(du -sm --exclude=proc --exclude=dev "$target" | cut -f1) MB"
}

case "$what" in
  install) run_part install && run_part install-test ;;
  run) run_part run 'ARGS=--for 20s' ;;
  test) run_part test ;;
  all) run_part run 'ARGS=--for 20s' && run_part test ;;
esac
exit "$status"
