#!/bin/sh
# closure.sh ROOT FILE...: copies dynamically linked files, and all shared libraries that they need, to the same paths under ROOT.
set -eu
root=$1
shift
needed=$(ldd "$@")
if printf '%s\n' "$needed" | grep 'not found'; then exit 1; fi
{
  printf '%s\n' "$@"
  # "libc.so.6 => /lib/…/libc.so.6 (0x…)" and, for the loader, "/lib64/ld-….so.2 (0x…)"
  printf '%s\n' "$needed" | sed -nE 's|^[[:space:]].*=> (/[^ ]+) .*|\1|p; s|^[[:space:]]+(/[^ ]+) \(.*|\1|p'
} | sort -u | while read -r file; do
  mkdir -p "$root${file%/*}"
  cp -L --preserve=mode,timestamps "$file" "$root$file"
done
