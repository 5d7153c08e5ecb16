#!/bin/bash
# All ways to make a process: parent and child each count what they did themselves, once.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

each_counts_for_itself() {
	local parent child
	export OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl"
	run shim timeout 20 "$programs/children" "$1"
	expect_code 0
	read -r parent child <<<"$output"
	expect_equal "$("$metrics" value "$aligned" "$parent.jsonl")" 7 "the parent's allocations"
	wait_for_file "$child.jsonl"
	expect_equal "$("$metrics" value "$aligned" "$child.jsonl")" 5 "the child's allocations"
	expect_equal "$("$metrics" resource process.pid "$child.jsonl")" "$child" "process.pid"
	[[ $("$metrics" resource service.instance.id "$child.jsonl") != \
		"$("$metrics" resource service.instance.id "$parent.jsonl")" ]] || fail "parent and child are one instance"
}

wait_for_file() {
	for _ in {1..30}; do
		[[ ! -s $1 ]] || return 0
		sleep 0.1
	done
	fail "no file of the child: $(ls)"
}

the_tree_counts_both() {
	timeout 20 "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/children" "$1" >out 2>err ||
		fail "exit code $?: $(cat err)"
	expect_equal "$("$metrics" value "$aligned" run.json)" 12 "allocations of parent and child"
}

vfork_loops_leave_the_parent_alone() {
	printf '%s\n' 'import subprocess' 'for i in range(50):' '    subprocess.run(["true"], close_fds=True)' \
		'print(sorted(__import__("os").listdir("/proc/self/fd"))[:3])' >loop.py
	expect_transparent python3 -B loop.py
}

for way in fork _Fork forkpty clone vfork fork-exec posix_spawn posix_spawnp system popen daemon; do
	test_case each_counts_for_itself "$way"
done
for way in fork _Fork clone vfork posix_spawn system; do
	test_case the_tree_counts_both "$way"
done
test_case vfork_loops_leave_the_parent_alone
test_done
