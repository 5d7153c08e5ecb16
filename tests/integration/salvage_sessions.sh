#!/bin/bash
# What killed processes of a session had counted is exported too, once: by otelue run at its end; where it was killed
# itself, by the next one or otelue salvage. The truth is what the victim counted in a file of its own.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue


lines_of_the_victim() { touch otlp.jsonl; grep -c '"process.executable.name","value":{"stringValue":"victim"}' otlp.jsonl || true; }

# Until it counts and has left its settings; its pid is then in $pid.
await_victim() {
	until_true counts
	until_true find_victim
}
counts() { [[ -s count ]] && (($(counted) > 0)); }
find_victim() {
	local segment
	for segment in $(segments); do
		pid=$(basename "$segment")
		pid=${pid%.*}
		[[ $(readlink "/proc/$pid/exe") == "$(realpath "$programs/victim")" ]] && grep -qs oteleset "$segment" && return
	done
	pid=
	return 1
}
# start_run [OPTION...]: otelue run with the victim; their pids are in $run and $pid.
start_run() {
	rm -f count
	SERVICE=victim VERSION=7 "$otelue" run "$@" -- "$programs/victim" "$PWD/count" 2 0 none >out 2>errors &
	run=$!
	await_victim
}
kill_victim() {
	kill -KILL "$pid"
	until_true has_ended "$pid"
	pid=
}
kill_run() {
	kill -KILL "$run"
	wait "$run" 2>>wait.log || true
}
end_run() {
	code=0
	wait "$run" 2>>wait.log || code=$?
	expect_equal "$code" 137 "exit code of the run"
}
# kill-one.sh: starts the victim, kills it as soon as it has counted something, and ends with its exit code.
write_kill_one() {
	cat >kill-one.sh <<-END
		$programs/victim $PWD/count 2 0 none &
		until [ -s count ] && [ "\$(tr -d '\\0' <count | wc -c)" -gt 0 ]; do :; done
		kill -KILL \$!
		wait \$!
	END
}
sweep() { SERVICE=sweeper "$otelue" run -q -- true; }

run_exports_what_its_victim_left() {
	configuration "$1" 0 "$2"
	start_run --json --output run.json
	until_true lines "$3"
	kill_victim
	end_run
	expect_equal "$(<errors)" ""
	expect_all_exported 2
	expect_equal "$(in_table run.json)" "$(exported)" "in the table"
	expect_equal "$("$metrics" resource service.name otlp.jsonl)" victim
	expect_equal "$("$metrics" resource service.instance.id otlp.jsonl | wc -l)" 1 "instances"
	expect_sessions 0
	[[ $2 != delta ]] || python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" otlp.jsonl
}

# Killed before it had said who it is: it had the settings of the run.
run_exports_the_unidentified() {
	configuration 60000 3600000
	write_kill_one
	run env SERVICE=victim "$otelue" run --json --output run.json -- sh kill-one.sh
	expect_code 137
	expect_equal "$(in_table run.json)" "$(exported)" "in the table"
	expect_all_exported 2
	expect_sessions 0
}

without_an_exporter_nothing_is_exported() {
	configuration 60000
	unset OTELUE_CONFIG
	write_kill_one
	run env OTELUE_METRICS_EXPORTER=none OTELUE_FILE="$PWD/otlp.jsonl" "$otelue" run --json --output run.json -- \
		sh kill-one.sh
	expect_code 137
	[[ $errors != *otelue* ]] || fail "$errors"
	(($(in_table run.json) > 0)) || fail "nothing was counted"
	[[ ! -e otlp.jsonl ]] || fail "$(head -c 200 otlp.jsonl)"
}

# The inner run exports; the outer one counts what is handed over, and exports it not again.
a_run_within_a_run_exports_once() {
	configuration 60000
	rm -f count
	SERVICE=victim "$otelue" run --json --output outer.json -- "$otelue" run --json --output inner.json -- "$programs/victim" "$PWD/count" 2 0 none &
	run=$!
	await_victim
	kill_victim
	end_run
	expect_all_exported 2
	expect_equal "$(lines_of_the_victim)" 1 "lines"
	expect_equal "$(in_table inner.json)" "$(exported)" "in the inner table"
	expect_equal "$(in_table outer.json)" "$(exported)" "in the outer table"
	expect_sessions 0
}

# The inner run is killed before it can; its counts are the outer one's to export.
the_outer_run_exports_for_one_that_was_killed() {
	local inner
	configuration 60000
	rm -f count
	SERVICE=victim "$otelue" run --json --output outer.json -- \
		sh -c 'echo $$ >inner; exec "$@"' sh "$otelue" run -- "$programs/victim" "$PWD/count" 2 0 none &
	run=$!
	until_true grep -qs . inner
	inner=$(<inner)
	await_victim
	kill -STOP "$run"
	kill -KILL "$inner"
	kill_victim
	kill -CONT "$run"
	end_run
	expect_all_exported 2
	expect_equal "$(lines_of_the_victim)" 1 "lines"
	expect_equal "$(in_table outer.json)" "$(exported)" "in the outer table"
	expect_sessions 0
}

# What another process still runs in is left; what the dead had counted is exported all the same, and only then.
a_run_with_survivors_exports_its_dead() {
	configuration 60000
	write_kill_one
	run env SERVICE=victim "$otelue" run --json --output run.json -- \
		sh -c 'sleep 100 & echo $! >survivor; exec sh kill-one.sh'
	expect_code 137
	pid=$(<survivor)
	expect_all_exported 2
	expect_equal "$(in_table run.json)" "$(exported)" "in the table"
	expect_sessions 1
	sweep
	"$otelue" salvage >said
	expect_equal "$(<said)" ""
	expect_equal "$(lines_of_the_victim)" 1 "lines"
	kill_victim
	sweep
	expect_sessions 0
	expect_all_exported 2
}

# The inner run has exported the dead of a session that it leaves to the living: there the outer one counts them.
an_inner_run_with_survivors_counts_in_the_outer_one() {
	configuration 60000
	write_kill_one
	cat >inner.sh <<-'END'
		"$1" run -q -- sh -c 'sleep 100 & echo $! >survivor; exec sh kill-one.sh'
		read -r pid <survivor
		kill -KILL "$pid"
		# All threads of it. By the shell alone: grep makes aligned allocations too.
		lives() {
			[ -e "/proc/$pid/status" ] || return 1
			while read -r key value _; do
				case $key$value in State:[!ZX]*|Threads:[2-9]*|Threads:1?*) return 0 ;; esac
			done <"/proc/$pid/status"
			return 1
		}
		while lives; do :; done
	END
	run env SERVICE=victim "$otelue" run --json --output outer.json -- sh inner.sh "$otelue"
	expect_code 0
	expect_all_exported 2
	expect_equal "$(lines_of_the_victim)" 1 "lines"
	expect_equal "$(in_table outer.json)" "$(exported)" "in the outer table"
	expect_sessions 0
}

what_cannot_be_written_is_told_and_left_for_salvage() {
	configuration 60000
	mkdir otlp.jsonl
	start_run -q
	local dead=$pid
	kill_victim
	end_run
	expect_equal "$(<errors)" "otelue run: victim[$dead] was killed, and the rest of its counts is not exported: cannot export to its file: Is a directory (otelue salvage tries again)"
	expect_sessions 1
	sweep
	expect_sessions 1
	rmdir otlp.jsonl
	"$otelue" salvage >said
	grep -q "^$dead victim: [0-9]* data points exported to otlp_file$" said || fail "$(<said)"
	expect_all_exported 2
	sweep
	expect_sessions 0
	expect_all_exported 2
}

killed_run() {
	start_run
	kill_run
	kill_victim
}

the_next_run_exports_what_a_killed_one_left() {
	configuration "$1" 0 "$2"
	killed_run
	sweep
	expect_all_exported 2
	expect_sessions 0
}

salvage_exports_what_a_killed_run_left() {
	configuration 60000
	killed_run
	"$otelue" salvage >said
	expect_equal "$(wc -l <said)" 1 "lines said"
	expect_all_exported 2
	sweep
	expect_all_exported 2
	expect_sessions 0
}

one_that_outlives_its_run_is_not_dead() {
	configuration 60000
	start_run
	kill_run
	sweep
	"$otelue" salvage >said
	expect_equal "$(<said)" ""
	expect_equal "$(lines_of_the_victim)" 0 "lines of the living"
	expect_sessions 1
	kill_victim
	sweep
	expect_all_exported 2
	expect_equal "$(lines_of_the_victim)" 1 "lines of the dead"
	expect_sessions 0
}

# Two runs that begin, or one and otelue salvage: one of them exports.
two_at_once_export_once() {
	local round first
	configuration 60000
	for ((round = 0; round < 10; round++)); do
		rm -f otlp.jsonl
		killed_run
		"$@" >said & first=$!
		sweep
		wait "$first"
		expect_all_exported 2
		expect_equal "$(lines_of_the_victim)" 1 "lines"
		sweep
		expect_sessions 0
		expect_equal "$(lines_of_the_victim)" 1 "lines"
	done
}

test_case run_exports_what_its_victim_left 60000 delta 0
test_case run_exports_what_its_victim_left 100 delta 2
test_case run_exports_what_its_victim_left 100 cumulative 2
test_case run_exports_the_unidentified
test_case without_an_exporter_nothing_is_exported
test_case a_run_within_a_run_exports_once
test_case the_outer_run_exports_for_one_that_was_killed
test_case a_run_with_survivors_exports_its_dead
test_case an_inner_run_with_survivors_counts_in_the_outer_one
test_case what_cannot_be_written_is_told_and_left_for_salvage
test_case the_next_run_exports_what_a_killed_one_left 60000 delta
test_case the_next_run_exports_what_a_killed_one_left 100 cumulative
test_case salvage_exports_what_a_killed_run_left
test_case one_that_outlives_its_run_is_not_dead
test_case two_at_once_export_once sweep
test_case two_at_once_export_once "$otelue" salvage
test_done
