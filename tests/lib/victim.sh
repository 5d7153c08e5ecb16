# shellcheck shell=bash
# For tests about killed processes, sourced after test.sh: programs/victim counts for itself what it does, in a file
# that outlives it, and exports to otlp.jsonl. Its segments are kept in a directory of the test's own.
# shellcheck disable=SC2154 # variables of test.sh

# configuration [INTERVAL [START_DELAY [TEMPORALITY]]]: in ms; the scope is $SCOPE.
configuration() {
	mkdir -p "$PWD/shm"
	cat >config.json <<-JSON
		{"file_format": "1.1",
		 "resource": {"attributes": [{"name": "service.name", "value": "\${SERVICE:-here}"},
		                             {"name": "service.version", "value": "\${VERSION:-none}"}]},
		 "meter_provider": {"readers": [{"periodic": {"interval": ${1:-100}, "exporter":
		   {"otlp_file/development": {"output_stream": "file://$PWD/otlp.jsonl",
		                              "temporality_preference": "${3:-delta}"}}}}]},
		 "distribution": {"otelue": {"export": {"start_delay": ${2:-0}}, "segment": {"directory": "$PWD/shm",
		   "scope": "${SCOPE:-process}"}}}}
	JSON
	export OTELUE_CONFIG=$PWD/config.json
	pid=
	trap '[[ ! $pid ]] || kill -KILL "$pid" 2>>wait.log || true' EXIT
}

segments() { find "$PWD/shm" -type f -name '[0-9]*.[0-9]*'; }
expect_segments() { expect_equal "$(segments | wc -l)" "$1" "segments"; }

# until_true COMMAND...: at most ten seconds.
until_true() {
	local tries
	for ((tries = 0; tries < 1000; tries++)); do
		"$@" && return 0
		sleep 0.01
	done
	fail "in ten seconds it has not come to: $*"
}

exported() { "$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl; }
counted() { od -An -v -t u8 count | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum + 0 }'; }
# Each thread may have been killed between a call and its own count of it.
expect_all_exported() { expect_between "$(counted)" "$(exported)" "$(($(counted) + $1))" "allocations exported"; }

# All threads of it: nobody may have looked after it yet.
has_ended() { ! grep -Eqs '^State:.[^ZX]|^Threads:.([2-9]|1.)' "/proc/$1/status"; }

sessions() { find "$PWD/shm" -mindepth 2 -maxdepth 2 -name 'session.*'; }
expect_sessions() { expect_equal "$(sessions | wc -l)" "$1" "sessions"; }
in_table() { "$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' "$1"; }
# start_victim [CALLS END]: its pid is in $pid. Without CALLS it runs until it is killed.
start_victim() {
	rm -f count
	[[ -p go ]] || mkfifo go
	exec 9<>go
	SERVICE=victim VERSION=7 LD_PRELOAD=$OTELUE_PRELOAD "$programs/victim" "$PWD/count" 2 "${1:-0}" "${2:-none}" <&9 &
	pid=$!
}
is_gone() { [[ ! -e $1 ]]; }
is_identified() { [[ $(segments) ]] && grep -q oteleset "$(segments)"; }
end_victim() {
	echo >&9
	wait "$pid" 2>>wait.log || true
}
# victim CALLS END: one that has left its settings and ends so.
victim() {
	start_victim "$@"
	until_true is_identified
	end_victim
}
lines() { (($1 == 0)) || { [[ -s otlp.jsonl ]] && (($(wc -l <otlp.jsonl) >= $1)); }; }
stop() {
	kill -KILL "$pid"
	wait "$pid" 2>>wait.log || true
}
