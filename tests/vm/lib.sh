# shellcheck shell=bash
# What every scenario sources: checks that end it with a message, tracers started and stopped, tracing reset.
# shellcheck disable=SC2034 # the names below are for those who source this

tracing=/sys/kernel/tracing
user_events=$tracing/events/user_events

shim=${OTELUE_BUILD:-}/.libs/libotelue_preload.so
otelue=${OTELUE_BUILD:-}/otelue
programs=${OTELUE_BUILD:-}/tests/integration/programs
shimmed=(env "LD_PRELOAD=$shim" OTELUE_METRIC_EXPORT_INTERVAL=500)

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# A command that fails without a word of its own would end the scenario in silence.
trap '(($? == 0)) || echo "ended by: $BASH_COMMAND (in ${FUNCNAME[*]:-the script itself})" >&2' EXIT

# Debian's Python by its path: one found first in PATH may be a wrapper, which costs ten seconds in the guest.
captured() { /usr/bin/python3 -I "$OTELUE_SRC/tests/lib/perf_payloads.py" "$@"; }

# Decodes OTLP requests with protoc and checks them; --totals prints what they add up to.
oracle() {
	/usr/bin/python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" \
		--proto "${OTELUE_PROTO:?the .proto files could not be fetched from npm}" "$@"
}

# total TOTALS METRIC FIELD [ATTRIBUTE=VALUE,...]: one number out of what oracle --totals printed; 0 if there is none.
total() {
	/usr/bin/python3 -I -c 'import json, sys
path, metric, field, *wanted = sys.argv[1:]
wanted = set(",".join(wanted).split(",")) - {""}
series = json.load(open(path)).get(metric, {})
print(sum(point.get(field, 0) for key, point in series.items() if wanted <= set(key.split(","))))' "$@"
}

# traced_sum FILE METRIC ATTRIBUTES [FIELD]: what perf trace printed for one series, added up. It leaves out zeros.
traced_sum() {
	grep -F "name: \"$2\", ${3:+attributes: \"$3\"}" "$1" | sed -n "s/.*[ (]${4:-value}: \(-\?[0-9]\+\),.*/\1/p" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# program_traced PROGRAM FILE: the lines that perf trace printed for it, or for a version of it (python3.11). By the
# service: perf's own name is that from before the exec when it reads /proc at that moment.
program_traced() { grep -F "service: \"unknown_service:$1" "$2"; }

# equal WHAT ACTUAL EXPECTED
equal() {
	[[ $2 == "$3" ]] || fail "$1: got '$2', expected '$3'"
	echo "ok: $1: $2"
}

# between WHAT LOW ACTUAL HIGH
between() {
	(($2 <= $3 && $3 <= $4)) || fail "$1: got $3, expected $2 to $4"
	echo "ok: $1: $3"
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

# Keeps both events alive until the scenario ends: a tracer cannot attach to an event that nobody holds.
hold_events() {
	"$otelue" register --hold &
	wait_until 20 event_exists otelue_metric
}

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

# segment PID: where it counts. last_record PID: the number of the last record that it wrote, which stands before the
# settings (see metrics/ledger.h); fails where nothing was exported yet.
segment() { echo "/dev/shm/otelue.$(id -u)/$1".*; }
last_record() {
	local settings
	settings=$(grep -abos oteleset "$(segment "$1")" | cut -d: -f1) || return 1
	od -An -t u8 -j $((settings - 8)) -N 8 "$(segment "$1")" | tr -d ' '
}
recorded_past() {
	local last
	last=$(last_record "$1") && ((last > $2))
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
