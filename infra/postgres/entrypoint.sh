#!/bin/sh
# Entry of the PostgreSQL image: creates the data folder at the first start, then executes the server. The variables, the
# init scripts and the arguments are those of the official image (https://hub.docker.com/_/postgres).
#
# The script creates the cluster in the sub-folder NEW of PGDATA and moves it up if everything succeeded, PG_VERSION last. A
# killed start leaves NEW behind: without the file `complete` it never had data, and the next start creates it again; with
# that file, the next start finishes the move. The script deletes nothing else.
set -eu

fail() {
  echo "postgres: $*" >&2
  exit 1
}

# setting NAME DEFAULT: the value of NAME, or the content of the file that NAME_FILE names.
setting() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then fail "both $1 and $1_FILE are set; keep one of them"; fi
  if [ -n "$file" ]; then
    [ -e "$file" ] || fail "$1_FILE is $file, and there is no such file; is the secret listed under the service?"
    [ -r "$file" ] || fail "$1_FILE is $file, which user $(id -u) may not read; make the file readable for it"
    value=$(cat "$file")
    [ -n "$value" ] || fail "$1_FILE is $file, which is empty"
  fi
  printf '%s' "${value:-$2}"
}

# other_files: the files in PGDATA, without the sub-folder and the folder that file systems have at their root.
other_files() {
  find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name "${NEW##*/}" ! -name lost+found
}

check_folder() {
  mkdir -p "$PGDATA" || fail "cannot make $PGDATA as user $(id -u)"
  [ -w "$PGDATA" ] || fail "user $(id -u) may not write to $PGDATA, which belongs to $(stat -c %u:%g "$PGDATA")"
  # PostgreSQL rejects a folder that other users can read.
  chmod 700 "$PGDATA" || fail "$PGDATA belongs to $(stat -c %u "$PGDATA"), and the server runs as $(id -u)"
}

make_cluster() {
  rm -rf "$NEW"
  foreign=$(other_files | head -n 3)
  [ -z "$foreign" ] || fail "$PGDATA holds no database and is not empty; it is left alone. Found: $foreign"

  user=$(setting POSTGRES_USER postgres)
  database=$(setting POSTGRES_DB "$user")
  initdb_args=$(setting POSTGRES_INITDB_ARGS '')
  password=$(setting POSTGRES_PASSWORD '')
  method=${POSTGRES_HOST_AUTH_METHOD:-}
  if [ -z "$password" ] && [ "$method" != trust ]; then
    fail "there is no database yet and no password for its superuser: set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD
(or POSTGRES_HOST_AUTH_METHOD=trust, which lets everyone in who reaches the port)"
  fi

  if [ -n "$password" ]; then
    # printf is a builtin of the shell: the password is in no argument list and in no file.
    eval 'printf "%s\n" "$password" | initdb -D "$NEW" -U "$user" --pwfile=/dev/stdin '"$initdb_args"
  else
    eval 'initdb -D "$NEW" -U "$user" '"$initdb_args"
  fi
  method=${method:-$(postgres -D "$NEW" -C password_encryption)}
  printf '\nhost all all all %s\n' "$method" >>"$NEW/pg_hba.conf"
  set_up "$@"
  : >"$NEW/complete"
}

# set_up: runs a server for the set-up, without a port and with a socket that no readiness probe uses.
set_up() {
  postgres -D "$NEW" "$@" -c listen_addresses= -c unix_socket_directories="$NEW" &
  server=$!
  waited=0
  until pg_isready -q -h "$NEW" -U "$user" -d postgres; do
    kill -0 "$server" 2>/dev/null || fail 'the server for the set-up ended; its reason is above'
    [ "$waited" -lt 1200 ] || fail 'the server for the set-up did not answer for a minute'
    waited=$((waited + 1))
    sleep 0.05
  done
  (fill_cluster)
  kill -INT "$server"
  wait "$server" || fail 'the server for the set-up did not stop cleanly; its reason is above'
}

# fill_cluster: runs in a sub-shell, because its variables are for the init files only. They get the same variables as in the
# official image.
# shellcheck disable=SC2030,SC2031
fill_cluster() {
  export PGHOST="$NEW" PGDATA="$NEW" PGUSER="$user" POSTGRES_USER="$user" POSTGRES_DB="$database"
  if [ "$database" != postgres ]; then
    sql -d postgres -q -v name="$database" <<'SQL'
CREATE DATABASE :"name";
SQL
  fi
  export PGDATABASE="$database"
  run_init_files
}

sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password "$@"; }

run_init_files() {
  for file in /docker-entrypoint-initdb.d/*; do
    [ -e "$file" ] || continue
    case $file in
      *.sh)
        echo "postgres: running $file"
        # shellcheck source=/dev/null
        if [ -x "$file" ]; then "$file"; else . "$file"; fi
        ;;
      *.sql) echo "postgres: running $file" && sql -f "$file" ;;
      *.sql.gz) echo "postgres: running $file" && gunzip -c "$file" | sql ;;
      *.sql.xz) echo "postgres: running $file" && xzcat "$file" | sql ;;
      *) echo "postgres: ignoring $file" ;;
    esac
  done
}

finish_cluster() {
  find "$NEW" -mindepth 1 -maxdepth 1 ! -name PG_VERSION ! -name complete -exec mv {} "$PGDATA/" \;
  [ ! -e "$NEW/PG_VERSION" ] || mv "$NEW/PG_VERSION" "$PGDATA/"
}

case ${1:-} in -*) set -- postgres "$@" ;; esac
[ "${1:-}" = postgres ] || exec "$@"
shift
export PGDATA="${PGDATA:-/var/lib/postgresql/data}"
NEW=$PGDATA/.saasctl-new
[ "$(id -u)" != 0 ] || fail 'does not run as root; leave the key user out of the service, or set it to 999:999'

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  trap 'exit 130' INT TERM
  check_folder
  [ -e "$NEW/complete" ] || make_cluster "$@"
  finish_cluster
fi
# Now PGDATA is a database; the sub-folder has only the file `complete`.
[ ! -e "$NEW" ] || rm -rf "$NEW"
exec postgres "$@"
