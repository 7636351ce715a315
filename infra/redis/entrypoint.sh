#!/bin/sh
# As the official image's: options alone, or a configuration file, are for redis-server.
set -eu
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
# The official image's build answers other containers by default; Debian's would refuse them without a password.
case "$*" in
  redis-server*protected-mode*) ;;
  redis-server*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
