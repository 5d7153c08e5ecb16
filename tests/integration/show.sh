#!/bin/bash
# otelue show: what a running process has counted, read from outside. The truth is what the process counts for itself.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue
python=$(python3 -c 'import sys; print(sys.executable)')

# of_json FILE NAME ATTRIBUTE=VALUE: of each line the value (of a histogram: the count) of one series.
of_json() {
	"$python" - "$@" <<-'PYTHON'
		import json, sys
		file, name, attribute = sys.argv[1:]
		key, value = attribute.split("=")
		for line in open(file):
		    print(sum(series.get("count", series.get("value")) for series in json.loads(line)["metrics"]
		              if series["name"] == name and series["attributes"].get(key) == value))
	PYTHON
}

is_stopped() { grep -q '^State:.T' "/proc/$pid/status"; }
has_counted() { [[ -s count ]] && (($(counted) > 1000)); }

it_is_exact_while_the_process_runs() {
	local round shown
	configuration 60000
	start_victim
	until_true has_counted
	for ((round = 0; round < 5; round++)); do
		kill -STOP "$pid"
		until_true is_stopped
		run "$otelue" show --json "$pid"
		expect_code 0
		# Each thread may have been stopped between a call and its own count of it.
		shown=$(of_json .output libc.memory.allocations libc.memory.operation=aligned)
		expect_between "$(counted)" "$shown" $(($(counted) + 2)) "allocations shown"
		kill -CONT "$pid"
		sleep 0.05
	done
	run "$otelue" show
	expect_code 0
	grep -Eq "^ +$pid +[0-9.]+ m?s  victim$" <<<"$output" || fail "$output"
	stop
	run "$otelue" show "$pid"
	expect_code 1
	expect_equal "$errors" "otelue show: $pid: there is no such process"
}

# counter: a process that calls stat as often as each line that it reads says, and answers.
start_counter() {
	mkfifo go told
	cat >counter.py <<-'PYTHON'
		import os, sys
		for line in open("go"):
		    for _ in range(int(line)):
		        os.stat("/")
		    with open("told", "w") as told:
		        told.write("done")
	PYTHON
	LD_PRELOAD=$OTELUE_PRELOAD "$python" -S counter.py &
	pid=$!
	trap 'kill -KILL "$pid" 2>>wait.log || true' EXIT
	exec 8>go
}
count_more() {
	echo "$1" >&8
	cat told >>wait.log
}

lines_news() { of_json lines libc.file.operation.duration libc.file.operation=metadata; }
# A line may be half written.
has_told() { (($(lines_news 2>>wait.log | awk '{ sum += $1 } END { print sum + 0 }') >= $1)); }

what_is_new_adds_up() {
	local before after shower process
	configuration 60000
	start_counter
	count_more 5
	before=$(of_json <("$otelue" show --json "$pid") libc.file.operation.duration libc.file.operation=metadata)
	timeout 30 "$otelue" show --json --interval 0.2 "$pid" >lines 2>errors 8>&- &
	shower=$!
	until_true test -s lines # the second reading
	for ((i = 1; i <= 6; i++)); do
		count_more $((10 ** (i % 4)))
		sleep 0.1
	done
	until_true has_told 1221
	after=$(of_json <("$otelue" show --json "$pid") libc.file.operation.duration libc.file.operation=metadata)
	exec 8>&-
	process=$pid
	wait "$pid" "$shower"
	pid=
	# Python may call stat for the files that it opens, too, and at its end.
	expect_between 1221 $((after - before)) 1240 "calls in all"
	lines_news >news
	expect_between $((after - before)) "$(awk '{ sum += $1 } END { print sum }' news)" $((after - before + 5)) "the sum of what was new"
	(($(grep -vc '^0$' news) >= 3)) || fail "$(<news)"
	expect_equal "$(<errors)" "otelue show: $(readlink -f "$python" | sed 's|.*/||')[$process] has ended"
}

it_ends_after_so_many_times() {
	configuration 60000
	start_counter
	count_more 1
	run timeout 20 "$otelue" show --interval 0.1 --count 3 "$pid"
	expect_code 0
	expect_equal "$(grep -c "^otelue: .*\[$pid\], the last " <<<"$output")" 3 "tables"
}

another_program_begins_anew() {
	configuration 60000
	mkfifo go
	LD_PRELOAD=$OTELUE_PRELOAD bash -c 'read -r <go; exec sleep 60' &
	pid=$!
	trap 'kill -KILL "$pid" 2>>wait.log || true' EXIT
	until_true eval '"$otelue" show "$pid" | grep -q "bash.$pid."'
	timeout 30 "$otelue" show --interval 0.2 "$pid" >tables 2>errors &
	exec 7>go
	until_true grep -q "bash.$pid., the last" tables
	echo >&7
	until_true grep -q "sleep.$pid., the last" tables
	grep -q "sleep.$pid., since its start" tables || fail "$(grep otelue: tables)"
	kill -KILL "$pid"
	wait
}

a_process_in_another_pid_namespace_is_shown() {
	local inner
	((EUID == 0)) || skip "a pid namespace needs root"
	unshare --pid --fork true || skip "no pid namespace can be made here"
	configuration 60000
	unshare --pid --fork --kill-child env LD_PRELOAD="$OTELUE_PRELOAD" sleep 60 &
	pid=$!
	trap 'kill -KILL "$pid" 2>>wait.log || true' EXIT
	until_true eval 'inner=$(<"/proc/$pid/task/$pid/children"); [[ $inner && $("$otelue" show $inner) == *"sleep["* ]]'
	inner=${inner% }
	run "$otelue" show "$inner"
	expect_code 0
	[[ $output == "otelue: sleep[$inner], since its start "*libc.memory.allocations* ]] || fail "$output"
}

# refused CODE WORDS ARGUMENT...
refused() {
	run "$otelue" show "${@:3}"
	expect_code "$1"
	[[ $errors == *"$2"* && -z $output ]] || fail "$errors" "$output"
}
what_cannot_be_shown_is_told() {
	refused 1 "$$: it runs without the shim: start it with otelue run, or with LD_PRELOAD" $$
	LD_PRELOAD=$OTELUE_PRELOAD OTELUE_DISABLED=true sleep 60 &
	pid=$!
	trap 'kill -KILL "$pid" 2>>wait.log || true' EXIT
	until_true eval 'grep -q libotelue "/proc/$pid/maps"'
	refused 1 "$pid: it has the shim, but is not counted where it can be seen" "$pid"
}
wrong_use_is_told() {
	refused 2 "'x1' is no process id" x1
	refused 2 "'0' is no process id" 0
	refused 2 "--interval wants seconds from 0.1 to 2147483, not '0'" --interval 0 1
	refused 2 "--count wants a number from 1 on, not 'x'" --interval 1 --count x 1
	refused 2 "--count goes with --interval" --count 2 1
	refused 2 "--interval goes with a PID" --interval 1
}
of_another_user_it_is_closed() {
	((EUID == 0)) || skip "being another user needs root"
	configuration 60000
	start_victim 5
	until_true is_identified
	open_to_others victim
	cp "$otelue" otelue
	run setpriv --reuid=65534 --regid=65534 --clear-groups -- "$PWD/otelue" show "$pid"
	expect_code 1
	expect_equal "$errors" "otelue show: $pid: this user may not look into it"
	stop
}

test_case it_is_exact_while_the_process_runs
test_case what_is_new_adds_up
test_case it_ends_after_so_many_times
test_case another_program_begins_anew
test_case a_process_in_another_pid_namespace_is_shown
test_case what_cannot_be_shown_is_told
test_case wrong_use_is_told
test_case of_another_user_it_is_closed
test_done
