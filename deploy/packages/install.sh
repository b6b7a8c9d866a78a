#!/bin/sh
# Installs an archive of ocpctl, which has its own Node.js:
#   sh install.sh --from https://downloads.example.com/ocpctl [--version 1.2.3] [--prefix ~/.local]
# --from is a folder or URL with the files of a release: ocpctl-VERSION-linux-ARCH.tar.gz, SHA256SUMS and VERSION.
# Another version is installed beside the one that is there, and becomes `ocpctl`; configuration and data are elsewhere and stay.
set -eu

from='' version='' prefix=${HOME:-/usr/local}/.local
[ "$(id -u)" -ne 0 ] || prefix=/usr/local

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --from | --version | --prefix)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in --from) from=${2%/} ;; --version) version=$2 ;; --prefix) prefix=$2 ;; esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,5s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) fail "unknown argument: $1" ;;
  esac
done
[ -n "$from" ] || fail '--from is missing: the folder or URL of a release'
[ "$(uname -s)" = Linux ] || fail "there is no archive for $(uname -s): npm install --global ocpctl"
case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no archive for $(uname -m): npm install --global ocpctl" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# get FILE: copies a file of the release into the work folder.
get() {
  case $from in
    http://* | https://*)
      if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --output "$work/$1" "$from/$1" || fail "cannot download $from/$1"
      elif command -v wget >/dev/null; then
        wget -q -O "$work/$1" "$from/$1" || fail "cannot download $from/$1"
      else
        fail 'curl or wget is needed'
      fi
      ;;
    *) cp "$from/$1" "$work/$1" || fail "cannot read $from/$1" ;;
  esac
}

if [ -z "$version" ]; then
  get VERSION
  version=$(cat "$work/VERSION")
fi
name=ocpctl-$version-linux-$arch
get SHA256SUMS
get "$name.tar.gz"
(cd "$work" && grep " $name.tar.gz\$" SHA256SUMS >expected && sha256sum --check --quiet expected) ||
  fail "$name.tar.gz is not the file of SHA256SUMS; nothing was installed"

mkdir -p "$prefix/lib" "$prefix/bin"
prefix=$(cd "$prefix" && pwd)
target=$prefix/lib/$name
rm -rf "$target.new"
mkdir "$target.new"
tar -xzf "$work/$name.tar.gz" -C "$target.new" --strip-components=1
rm -rf "$target.old"
[ ! -e "$target" ] || mv "$target" "$target.old"
mv "$target.new" "$target"
rm -rf "$target.old"
# In one step, so that a command that starts meanwhile finds either version.
ln -sfn "$target/bin/ocpctl" "$prefix/bin/.ocpctl.new"
mv -f "$prefix/bin/.ocpctl.new" "$prefix/bin/ocpctl"

"$prefix/bin/ocpctl" --version
for other in "$prefix"/lib/ocpctl-*-linux-*; do
  [ "$other" = "$target" ] || echo "still there, for servers that run from it: $other"
done
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) echo "add it to your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
