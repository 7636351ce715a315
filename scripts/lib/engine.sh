# shellcheck shell=bash
# Finds the Docker Engine for the scripts, starts one if none exists, and calls its API. Sourced by bash after messages.sh and
# packages.sh.
#
# Variables of the environment:
#   DOCKER_HOST                    unix://PATH or tcp://HOST:PORT, as for the docker command
#   DOCKER_TLS_VERIFY, DOCKER_CERT_PATH   for tcp://, as for the docker command
# Only for an engine that these scripts start. A test sets them to keep its engine apart from that of the machine; it also
# runs in `unshare --net`, because two engines in one network namespace remove each other's bridge and rules:
#   SAASCTL_ENGINE_SOCKET          its socket                                /var/run/docker.sock
#   SAASCTL_ENGINE_PIDFILE         its pid file                              /var/run/docker.pid
#   SAASCTL_ENGINE_EXEC_ROOT       its run-time state                        /var/run/docker
#   SAASCTL_ENGINE_DATA_ROOT       images, containers, volumes               dockerd's own default
#   SAASCTL_ENGINE_LOG             its output                                /var/log/saasctl-dockerd.log
#   SAASCTL_ENGINE_WAIT            seconds to wait for its answer            60

engine_socket() { printf '%s' "${SAASCTL_ENGINE_SOCKET:-/var/run/docker.sock}"; }
engine_pidfile() { printf '%s' "${SAASCTL_ENGINE_PIDFILE:-/var/run/docker.pid}"; }
engine_exec_root() { printf '%s' "${SAASCTL_ENGINE_EXEC_ROOT:-/var/run/docker}"; }
engine_log() { printf '%s' "${SAASCTL_ENGINE_LOG:-/var/log/saasctl-dockerd.log}"; }

engine_host() { printf '%s' "${DOCKER_HOST:-unix://$(engine_socket)}"; }

# engine_api METHOD PATH [CURL ARGUMENTS...]: calls the Engine API; prints the body and returns curl's exit code.
engine_api() {
  local method=$1 path=$2 host
  shift 2
  host=$(engine_host)
  local -a where
  case $host in
    unix://*) where=(--unix-socket "${host#unix://}" "http://engine$path") ;;
    tcp://*)
      if [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
        local certs=${DOCKER_CERT_PATH:-$HOME/.docker}
        where=(--cacert "$certs/ca.pem" --cert "$certs/cert.pem" --key "$certs/key.pem" "https://${host#tcp://}$path")
      else
        where=("http://${host#tcp://}$path")
      fi
      ;;
  esac
  curl -sS --noproxy '*' -X "$method" "$@" "${where[@]}"
}

# engine_answers [SECONDS]: succeeds if the engine answers a ping within that time (5 s).
engine_answers() { [ "$(engine_api GET /_ping --max-time "${1:-5}" 2>/dev/null)" = OK ]; }

# engine_has_image REFERENCE: succeeds if the engine has that image.
engine_has_image() { engine_api GET "/images/$1/json" -f --max-time 30 -o /dev/null 2>/dev/null; }

# find_engine: returns when an engine answers; as root, starts one if none runs. Otherwise ends the script with exit code 5
# and one line with the reason. Exports DOCKER_HOST if the engine is not at the usual socket.
find_engine() {
  command -v curl >/dev/null || install_packages curl
  case $(engine_host) in
    unix://* | tcp://*) ;;
    *) die 5 "DOCKER_HOST is $DOCKER_HOST; the scripts support unix://PATH and tcp://HOST:PORT" ;;
  esac
  if engine_answers; then return 0; fi
  if [ -n "${DOCKER_HOST:-}" ]; then
    die 5 "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST ($(engine_complaint)); start it, or unset DOCKER_HOST"
  fi
  if find_rootless_engine; then return 0; fi
  if [ "$(id -u)" != 0 ]; then
    die 5 "no Docker Engine for $(id -un) at $(engine_socket) ($(engine_complaint)); $(engine_advice)"
  fi
  start_engine
}

# The engine of a user without root's rights: https://docs.docker.com/engine/security/rootless/
find_rootless_engine() {
  local socket=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock
  [ -S "$socket" ] || return 1
  DOCKER_HOST=unix://$socket engine_answers || return 1
  export DOCKER_HOST=unix://$socket
}

# engine_complaint: the reason why the engine does not answer, in a few words.
engine_complaint() {
  local socket
  socket=$(engine_host)
  socket=${socket#unix://}
  case $socket in
    tcp://*) engine_api GET /_ping --max-time 5 2>&1 >/dev/null | sed 's/^curl: ([0-9]*) //' | head -n 1 ;;
    *)
      if [ ! -e "$socket" ]; then
        printf 'the socket does not exist'
      elif [ ! -w "$socket" ]; then
        printf 'permission denied'
      else
        printf 'nothing answers there'
      fi
      ;;
  esac
}

engine_advice() {
  if [ -e "$(engine_socket)" ] && [ ! -w "$(engine_socket)" ]; then
    printf 'run as root, or add the user to the group docker and log in again'
  else
    printf 'start it (systemctl start docker), run this as root to have it started, or set DOCKER_HOST'
  fi
}

# start_engine: needs root. If two scripts run at once, the second waits for the first and uses its engine.
start_engine() {
  local lock
  mkdir -p "$(dirname "$(engine_pidfile)")"
  exec {lock}>"$(engine_pidfile).saasctl-lock"
  flock -w 300 "$lock" || die 5 "another script has been starting the Docker Engine for five minutes; see $(engine_log)"
  if ! engine_answers; then
    install_engine
    # On a machine with a service manager, the installation starts the engine.
    engine_answers 2 || launch_engine "$lock"
  fi
  exec {lock}>&-
}

install_engine() {
  command -v dockerd >/dev/null && return 0
  local -a packages=(docker.io iptables ca-certificates)
  # With AppArmor in the kernel, dockerd cannot start a container without apparmor_parser.
  if grep -qs Y /sys/module/apparmor/parameters/enabled; then packages+=(apparmor); fi
  install_packages "${packages[@]}"
  command -v dockerd >/dev/null || die 5 "installed docker.io, but dockerd is not in PATH; install a Docker Engine by hand"
}

# launch_engine LOCK: starts the engine. LOCK is the descriptor of the lock, which the engine must not inherit.
launch_engine() {
  local lock=$1 pid
  local -a flags
  if pid=$(running_as dockerd "$(engine_pidfile)"); then
    say "A Docker Engine is already running (pid $pid): waiting for its answer"
    # If it is shutting down, it exits instead of answering, and a new one can start.
    if await_engine "$pid"; then return; fi
  fi
  if [ -d /run/systemd/system ] && [ -z "${SAASCTL_ENGINE_SOCKET:-}" ]; then
    say "Starting the Docker Engine (systemctl start docker)"
    systemctl start docker || die 5 "systemctl start docker failed; see journalctl -u docker -n 50"
    await_engine systemd
    return
  fi
  remove_stale_pidfile dockerd "$(engine_pidfile)"
  remove_stale_pidfile containerd "$(engine_exec_root)/containerd/containerd.pid"
  mount_cgroups
  say "Starting the Docker Engine; its log is $(engine_log)"
  mkdir -p "$(dirname "$(engine_log)")"
  mapfile -t flags < <(engine_flags)
  # A separate session: Ctrl-C in this terminal ends the script, not the engine.
  setsid dockerd "${flags[@]}" >"$(engine_log)" 2>&1 </dev/null {lock}>&- &
  if await_engine $!; then return; fi
  engine_last_words
  die 5 "the Docker Engine exited during its start (its last lines are above); fix that and run this again"
}

# Flags only for variables that are set: dockerd rejects a flag that daemon.json also sets.
engine_flags() {
  [ -z "${SAASCTL_ENGINE_SOCKET:-}" ] || printf '%s\n' --host "unix://$SAASCTL_ENGINE_SOCKET"
  [ -z "${SAASCTL_ENGINE_PIDFILE:-}" ] || printf '%s\n' --pidfile "$SAASCTL_ENGINE_PIDFILE"
  [ -z "${SAASCTL_ENGINE_EXEC_ROOT:-}" ] || printf '%s\n' --exec-root "$SAASCTL_ENGINE_EXEC_ROOT"
  [ -z "${SAASCTL_ENGINE_DATA_ROOT:-}" ] || printf '%s\n' --data-root "$SAASCTL_ENGINE_DATA_ROOT"
}

# running_as NAME PIDFILE: prints the process id in the file if that process runs that program; returns 1 otherwise.
running_as() {
  local name=$1 pidfile=$2 pid
  [ -s "$pidfile" ] || return 1
  pid=$(tr -cd 0-9 <"$pidfile")
  # A zombie still has a name, but no executable.
  [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ] && [ -e "/proc/$pid/exe" ] || return 1
  printf '%s' "$pid"
}

# remove_stale_pidfile NAME PIDFILE: removes the pid file of a killed engine. dockerd only checks that some process has that id,
# and then refuses to start or waits for a containerd that is another program.
remove_stale_pidfile() {
  local name=$1 pidfile=$2
  [ -e "$pidfile" ] || return 0
  running_as "$name" "$pidfile" >/dev/null && return 0
  say "Removing $pidfile: its $name is no longer running"
  rm -f "$pidfile"
}

# Mounts the control groups if the system did not (a bare container or virtual machine); without them dockerd exits at once.
mount_cgroups() {
  local controller
  if grep -qE '^[^ ]+ /sys/fs/cgroup[/ ]' /proc/mounts || [ ! -d /sys/fs/cgroup ]; then return 0; fi
  if mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null && [ -s /sys/fs/cgroup/cgroup.controllers ]; then return 0; fi
  umount /sys/fs/cgroup 2>/dev/null || :
  # The kernel offers its controllers in version 1 only: one folder each, as in cgroups(7).
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup || return 0
  while read -r controller; do
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done < <(awk '!/^#/ && $4 == 1 {print $1}' /proc/cgroups)
}

# await_engine PID: returns when the engine answers, returns 1 if the process PID exits first, and ends the script after a
# timeout. PID is `systemd` for an engine that systemd manages.
await_engine() {
  local pid=$1 seconds=${SAASCTL_ENGINE_WAIT:-60} end
  end=$((SECONDS + seconds))
  until engine_answers 2; do
    [ "$pid" = systemd ] || [ -e "/proc/$pid/exe" ] || return 1
    if [ "$SECONDS" -ge "$end" ]; then
      engine_last_words
      die 5 "the Docker Engine does not answer at $(engine_socket) after $seconds s; see $(engine_log)"
    fi
    sleep 0.2
  done
}

engine_last_words() {
  if [ -s "$(engine_log)" ]; then tail -n 15 "$(engine_log)" | cut -c 1-400 >&2; fi
}
