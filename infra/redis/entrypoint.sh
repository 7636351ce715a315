#!/bin/sh
# Like the official image: options alone, or a configuration file, are arguments of redis-server.
set -eu
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
# The official image's build accepts connections of other containers by default; Debian's rejects them without a password.
case "$*" in
  redis-server*protected-mode*) ;;
  redis-server*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
