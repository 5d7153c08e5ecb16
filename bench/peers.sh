#!/bin/bash
# The peers' table, with tools that only pretend, so that each answer of theirs is seen on any machine.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/..}/tests/lib/test.sh"

watcher="syscount (BPF, of bcc)"

# Where the table looks for tools.
tools=$PATH

# tool NAME SCRIPT: the first of that name to be found.
tool() {
	mkdir -p tools
	printf '#!/bin/bash\n%s\n' "$2" >"tools/$1"
	chmod +x "tools/$1"
	[[ $tools == "$PWD/"* ]] || tools=$PWD/tools:$tools
}

# expect_none_left: what the table started is in this directory.
expect_none_left() {
	local process left
	for _ in {1..20}; do
		left=
		for process in /proc/[0-9]*; do
			[[ ! $process/cwd -ef . || $process == "/proc/$BASHPID" ]] || left+="$process "
		done
		[[ $left ]] || return 0
		sleep 0.1
	done
	fail "left: $left"
}

# expect_row PEER PATTERN: the row is this one, and nothing that the tool started is left.
expect_row() {
	need python3
	run python3 -B -c "
import os, sys
sys.path.insert(0, '$OTELUE_SRC/bench')
import beside, peers, run
os.environ['PATH'] = '$tools'
beside.START_LIMIT_S = beside.END_LIMIT_S = peers.TIME_LIMIT_S = 2
run.SETTLE_MS, run.REPEATS = 0, 1
run.main()" --build "$OTELUE_BUILD" --rounds 1 --peer "$1"
	((code == 0)) || fail "$output" "$errors"
	grep -Eq "^\| $(printf '%s' "$1" | sed 's/[().]/\\&/g') +\|$2 *\|" <<<"$output" || fail "$output"
	expect_none_left
}

figure=' [0-9.]+ \([0-9.]+x\) +'

a_tool_beside_the_loop_is_measured_and_ended() {
	# The output is that of a program that is not on a terminal: kept back.
	tool syscount-bpfcc '[[ -t 1 ]] || exit 1
		trap "echo ended >$0.ended; exit" INT
		echo "Tracing syscalls, printing top 10... Ctrl+C to quit."
		while :; do sleep 0.1; done'
	expect_row "$watcher" " - +\| - +\|$figure\|$figure\|"
	[[ -e tools/syscount-bpfcc.ended ]] || fail "was not told to end"
}

a_tool_that_runs_the_loop_is_measured() {
	tool bpftrace 'while [[ $1 != -c ]]; do shift; done
		echo "Attaching 5 probes..."
		eval "$2"
		echo "@[uprobe:malloc]: 15003"'
	expect_row "bpftrace uprobe" "$figure\|$figure\|$figure\| - +\|"
}

a_tool_that_may_not_says_so() {
	tool syscount-bpfcc 'echo "bpf: Operation not permitted" >&2; exit 1'
	expect_row "$watcher" ' - +\| - +\| not permitted here +\| not permitted here +\| bpf: Operation not permitted'
	tool bpftrace 'echo "ERROR: only root may" >&2; exit 1'
	expect_row "bpftrace uprobe" '( not permitted here +\|){3} - +\| ERROR: only root may'
}

a_tool_that_fails_says_why() {
	tool bpftrace 'echo; echo "no such probe"; exit 0'
	expect_row "bpftrace uprobe" '( does not work here +\|){3} - +\| no such probe'
	tool lttng 'echo "Error: no daemon" >&2; exit 1'
	tool lttng-sessiond 'echo "Error: bad socket" >&2; exit 1'
	expect_row "LTTng-UST wrappers, recording" '( (does not work here|not installed) +\|){4}( Error: bad socket)?'
}

a_tool_that_hangs_is_ended() {
	tool syscount-bpfcc 'trap "" INT; sleep 1000 & wait; wait'
	expect_row "$watcher" ' - +\| - +\| no end in 2 s +\| no end in 2 s +\|'
	tool bpftrace 'sleep 1000; :'
	expect_row "bpftrace uprobe" '( no end in 2 s +\|){3} - +\|'
}

a_tool_that_is_not_there_is_not_installed() {
	tools=$PWD/none
	expect_row "valgrind --tool=dhat" ' not installed +\|( - +\|){3}'
}

test_case a_tool_beside_the_loop_is_measured_and_ended
test_case a_tool_that_runs_the_loop_is_measured
test_case a_tool_that_may_not_says_so
test_case a_tool_that_fails_says_why
test_case a_tool_that_hangs_is_ended
test_case a_tool_that_is_not_there_is_not_installed
test_done
