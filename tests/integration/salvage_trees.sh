#!/bin/bash
# A tree of processes (segment.scope "tree") that was killed as a whole is exported as one, once, by whoever comes first.
# The truth is what its victims counted in files of their own.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue
export SCOPE=tree

# Of all victims.
counted() { cat count.* | od -An -v -t u8 | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum + 0 }'; }
written() { "$metrics" value 'libc.file.io{disk.io.direction=write,libc.file.type=regular}' otlp.jsonl; }
# Of segments whose path holds $within.
pids() { segments | grep -e "${within:-/}" | sed 's|.*/||; s|\..*||'; }
# Each of the victims has counted something.
all_count() {
	local file
	for file in count.1 count.2; do
		[[ -s $file && $(tr -d '\0' <"$file" | wc -c) -gt 0 ]] || return
	done
}
# Their exporter has left who they are.
tree_is_identified() { grep -rqs --include=exports oteleset "$PWD/shm"; }
have_ended() {
	local one
	for one; do
		has_ended "$one" || return
	done
}

# start_tree [COMMAND...]: a shell that copies 3000 bytes by three programs, which end, and starts two victims.
start_tree() {
	rm -f count.*
	head -c 1000 /dev/zero >file
	cat >tree.sh <<-END
		for i in 1 2 3; do cat file >copy; done
		$programs/victim $PWD/count.1 2 0 none &
		$programs/victim $PWD/count.2 2 0 none &
		wait
	END
	SERVICE=victim "${@:-env}" LD_PRELOAD="$OTELUE_PRELOAD" sh tree.sh >out 2>errors &
	pid=$!
	until_true all_count
}
kill_tree() {
	local all
	mapfile -t all < <(pids)
	# Where it is an otelue run, it ends when all of them have.
	kill -STOP "$pid"
	kill -KILL "${all[@]}" 2>>wait.log
	until_true have_ended "${all[@]}"
	kill -CONT "$pid" 2>>wait.log || true
	wait "$pid" 2>>wait.log || true
	pid=
}
killed_tree() {
	start_tree
	until_true tree_is_identified
	until_true lines "${1:-0}"
	kill_tree
}
expect_told_as_one() {
	expect_all_exported 4
	expect_equal "$(written)" 3000 "bytes written"
	expect_equal "$("$metrics" resource service.instance.id otlp.jsonl | wc -l)" 1 "instances"
	expect_equal "$("$metrics" resource service.name otlp.jsonl)" victim
}

a_killed_tree_is_exported_once() {
	configuration "$1" 0 "$2"
	killed_tree "$3"
	run "$otelue" salvage --dry-run
	[[ $output =~ ^[0-9]+" "[a-z]+" and its tree: "[0-9]+" data points to export to otlp_file"$ ]] || fail "output: $output"
	run "$otelue" salvage
	expect_code 0
	[[ $output =~ ^[0-9]+" "[a-z]+" and its tree: "[0-9]+" data points exported to otlp_file"$ ]] || fail "output: $output"
	expect_told_as_one
	expect_sessions 0
	run "$otelue" salvage
	expect_output ""
	[[ $2 != delta ]] || python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" otlp.jsonl
}

# Those that its exporter has taken into the sum already, and told of, are not told again.
one_killed_before_the_others_counts_once() {
	local first before
	configuration 100 0 "$1"
	start_tree
	until_true lines 1
	for first in $(pids); do
		[[ $(readlink "/proc/$first/exe") != "$(realpath "$programs/victim")" ]] || break
	done
	kill -KILL "$first"
	until_true eval '[[ ! $(pids) =~ (^|[^0-9])'"$first"'($|[^0-9]) ]]'
	before=$(wc -l <otlp.jsonl)
	until_true lines $((before + 2))
	kill_tree
	"$otelue" salvage >said
	expect_told_as_one
	expect_sessions 0
}

# "process" or "tree": that of the next program.
the_next_program_exports_it() {
	configuration 60000
	killed_tree
	SCOPE=$1 configuration 60000
	SERVICE=next LD_PRELOAD=$OTELUE_PRELOAD sleep 60 &
	pid=$!
	until_true test -s otlp.jsonl
	stop
	expect_told_as_one
}

the_next_run_exports_it() {
	configuration 60000
	killed_tree
	SERVICE=sweeper "$otelue" run -q -- sleep 0
	expect_all_exported 4
	expect_sessions 0
}

while_one_of_them_lives_it_is_left_alone() {
	configuration 60000
	start_tree
	until_true tree_is_identified
	kill -KILL "$pid"
	wait "$pid" 2>>wait.log || true
	pid=$(pids | grep -vx "$pid" | head -n 1 || true)
	run "$otelue" salvage
	expect_output ""
	[[ ! -e otlp.jsonl ]] || fail "it was exported"
	kill_tree
	run "$otelue" salvage
	[[ $output == *" and its tree: "*" exported to otlp_file" ]] || fail "output: $output"
	expect_told_as_one
}

# The session is mapped by nobody then: what the process is named by tells that it lives.
one_that_runs_what_cannot_be_seen_lives() {
	configuration 60000
	compile static -static <<<'#include <unistd.h>
	int main(void) { for (;;) pause(); }'
	head -c 3000 /dev/zero >file
	SERVICE=victim LD_PRELOAD="$OTELUE_PRELOAD" sh -c 'cat file >copy; exec ./static' &
	pid=$!
	until_true eval '[[ $(readlink /proc/$pid/exe) == *static ]]'
	run "$otelue" salvage
	expect_output ""
	expect_sessions 1
	stop
	run "$otelue" salvage
	[[ $output == "$pid "*" and its tree: "* ]] || fail "output: $output"
	expect_equal "$(written)" 3000 "bytes written"
	expect_sessions 0
}

two_at_once_export_once() {
	local round first
	configuration 60000
	for ((round = 0; round < 5; round++)); do
		rm -f otlp.jsonl
		killed_tree
		"$otelue" salvage >first & first=$!
		"$@" >second || true # it is busy
		wait "$first" || true
		expect_equal "$(wc -l <otlp.jsonl)" 1 "lines"
		expect_told_as_one
		"$otelue" salvage >third
		expect_equal "$(<third)" ""
		expect_sessions 0
	done
}
sweep_alone() { OTELUE_DISABLED=true "$otelue" run -q -- true 2>>wait.log; }

a_run_exports_a_tree_in_it() {
	configuration 100
	start_tree "$otelue" run --json --output run.json -- env
	until_true lines 1
	kill_tree
	expect_equal "$(<errors)" ""
	expect_all_exported 4
	expect_equal "$(in_table run.json)" "$(exported)" "in the table"
	expect_sessions 0
}

# The session stays, for the one that lives, and the tree's counts with it.
a_run_with_a_survivor_exports_a_tree_once() {
	SCOPE=process configuration 60000
	mv config.json process.json
	configuration 60000
	# shellcheck disable=SC2016
	start_tree env OTELUE_CONFIG="$PWD/process.json" "$otelue" run --json --output run.json -- \
		sh -c 'sleep 100 & echo $! >survivor; export OTELUE_CONFIG="$0"; "$@"; true' "$PWD/config.json" env
	until_true tree_is_identified
	within='session.*session' kill_tree
	pid=$(<survivor)
	expect_all_exported 4
	expect_equal "$(in_table run.json)" "$(exported)" "in the table"
	expect_sessions 1
	stop
	"$otelue" salvage >said
	! grep 'its tree' said || fail "exported twice"
	expect_all_exported 4
}

one_that_cannot_be_written_stays() {
	configuration 60000
	mkdir otlp.jsonl
	killed_tree
	run "$otelue" salvage
	expect_code 1
	[[ $output == *" and its tree: left alone: cannot export to its file: Is a directory" ]] || fail "output: $output"
	sweep_alone
	rmdir otlp.jsonl
	run "$otelue" salvage
	expect_code 0
	expect_told_as_one
	expect_sessions 0
}

# Killed long before its exporter woke: described from outside.
one_without_settings_is_exported_with_those_here() {
	configuration 60000 3600000
	start_tree
	kill_tree
	run "$otelue" salvage
	expect_code 0
	[[ $output == *" and its tree: "*" exported to otlp_file (with the settings here: it left none)" ]] || fail "output: $output"
	expect_all_exported 4
	expect_sessions 0
}

one_that_is_damaged_is_left_alone() {
	configuration 60000
	killed_tree
	printf '\xde\xad\xbe\x6f' | dd of="$(find shm -name exports)" bs=1 conv=notrunc status=none \
		seek="$(($(grep -abo oteleset "$(find shm -name exports)" | cut -d: -f1) + 100))"
	run "$otelue" salvage
	expect_code 1
	[[ $output == *"left alone: it is damaged" ]] || fail "output: $output"
	[[ ! -e otlp.jsonl ]] || fail "it was exported"
}

test_case a_killed_tree_is_exported_once 60000 delta 0
test_case a_killed_tree_is_exported_once 100 delta 2
test_case a_killed_tree_is_exported_once 100 cumulative 2
test_case one_killed_before_the_others_counts_once delta
test_case one_killed_before_the_others_counts_once cumulative
test_case the_next_program_exports_it process
test_case the_next_program_exports_it tree
test_case the_next_run_exports_it
test_case while_one_of_them_lives_it_is_left_alone
test_case one_that_runs_what_cannot_be_seen_lives
test_case two_at_once_export_once "$otelue" salvage
test_case two_at_once_export_once sweep_alone
test_case a_run_exports_a_tree_in_it
test_case a_run_with_a_survivor_exports_a_tree_once
test_case one_that_cannot_be_written_stays
test_case one_without_settings_is_exported_with_those_here
test_case one_that_is_damaged_is_left_alone
test_done
