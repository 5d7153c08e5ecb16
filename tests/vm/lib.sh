# shellcheck shell=bash
# What every scenario sources: checks that end it with a message, tracers started and stopped, tracing reset.
# shellcheck disable=SC2034 # the names below are for those who source this

tracing=/sys/kernel/tracing
user_events=$tracing/events/user_events

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# Debian's Python by its path: one found first in PATH may be a wrapper, which costs ten seconds in the guest.
captured() { /usr/bin/python3 -I "$OTELUE_SRC/tests/lib/perf_payloads.py" "$@"; }

# equal WHAT ACTUAL EXPECTED
equal() {
	[[ $2 == "$3" ]] || fail "$1: got '$2', expected '$3'"
	echo "ok: $1: $2"
}

# matches WHAT TEXT EXTENDED_REGEX
matches() {
	[[ $2 =~ $3 ]] || fail "$1: no match of '$3' in: $2"
	echo "ok: $1: ${BASH_REMATCH[0]}"
}

# succeeds WHAT COMMAND...
succeeds() {
	local what=$1
	shift
	"$@" || fail "$what: exit code $? of: $*"
	echo "ok: $what"
}

# wait_until SECONDS COMMAND...: until the command succeeds; fails the scenario when it does not in time.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "waited in vain for: $*"
		sleep 0.1
	done
}

file_has() { grep -qE -- "$2" "$1" 2>/dev/null; }

event_exists() { file_has "$tracing/user_events_status" "^$1( |$)"; }

# start_perf SUBCOMMAND ARGS...: perf in the background, on all processes, returned once it listens. The events must
# exist by then. What perf says goes to perf.log. Perf starts its command after switching the events on, and reads
# what is left when the command ends (but not after SIGINT): so the command is one that waits for us.
start_perf() {
	rm -f perf.started perf.hold
	mkfifo perf.hold
	perf "$@" -a -- sh -c ': >perf.started; cat perf.hold' >perf.log 2>&1 &
	perf_pid=$!
	wait_until 60 perf_started
}

perf_started() {
	[[ ! -e perf.started ]] || return 0
	[[ -e /proc/$perf_pid ]] || fail "perf did not start: $(<perf.log)"
	return 1
}

stop_perf() {
	: >perf.hold
	wait "$perf_pid" || fail "perf: exit code $?: $(<perf.log)"
}

# An event may vanish while we look, with the last process that held it.
write_event_file() {
	echo "$2" 2>/dev/null >"$1" || [[ ! -e $1 ]] || fail "cannot write '$2' to $1"
}

# Nothing enabled, nothing filtered, no trigger, an empty ring: what each scenario starts from.
reset_tracing() {
	local directory line
	echo 0 >"$tracing/tracing_on"
	for directory in "$user_events"/*/; do
		[[ -e $directory/enable ]] || continue
		write_event_file "$directory/enable" 0
		write_event_file "$directory/filter" 0
		while read -r line; do
			write_event_file "$directory/trigger" "!${line%% \[*}"
		done < <(tac "$directory/trigger" 2>/dev/null | grep -v '^#')
	done
	: >"$tracing/trace"
	echo 1 >"$tracing/tracing_on"
}
