#!/bin/bash
# Runs scenarios one after the other in one boot; tests/vm/scenarios starts it and reads what it prints:
# one line a scenario, `PASS name seconds` or `FAIL name seconds (why)`, and the log's end of one that failed. In the VM
# a warning from the kernel is a failure too; a scenario that provokes one looks for it and clears it (dmesg --clear).
#
#	loop.sh SECONDS SCENARIO...
#
# Each has a directory, a mount namespace and tracing for itself; what it leaves running is killed.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=lib.sh
source "$here/lib.sh"
trap - EXIT
limit_s=$1
shift

# The processes that carry the scenario's mark in their environment, daemons too.
marked() { grep -lzxF "OTELUE_SCENARIO=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3; }

kill_marked() {
	local pids
	for _ in {1..50}; do
		mapfile -t pids < <(marked "$1")
		((${#pids[@]} > 0)) || return 0
		kill -KILL "${pids[@]}" 2>/dev/null
		sleep 0.1
	done
	echo "loop.sh: processes that cannot be killed: ${pids[*]}" >&2
}

# Only in a kernel of our own are all its messages about us.
forget_kernel_messages() {
	[[ $OTELUE_KERNEL == vm ]] || return 0
	dmesg --clear
	mount -t debugfs debugfs /sys/kernel/debug
	echo 1 >/sys/kernel/debug/clear_warn_once
	umount /sys/kernel/debug
}

kernel_complains() {
	[[ $OTELUE_KERNEL == vm ]] && dmesg | grep -qE 'WARNING:|BUG:|Oops:'
}

run_scenario() {
	local script=$1 name=$2 mark work log code=0 started=$EPOCHREALTIME why='' seconds
	work=$(mktemp -d "$TMPDIR/$name.XXXXXX")
	mark=${work##*/}
	log=$OTELUE_SHARE/$name.log
	chmod 755 "$work"
	reset_tracing
	forget_kernel_messages
	(cd "$work" && OTELUE_SCENARIO=$mark TMPDIR=$work HOME=$work timeout -k 5 "$limit_s" unshare --mount \
		bash "$script") </dev/null >"$log" 2>&1 || code=$?
	kill_marked "$mark"
	seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $started }")
	((code == 0)) || why="exit code $code"
	((code != 124)) || why="no end within $limit_s s"
	if kernel_complains; then
		why="kernel warning"
		dmesg >>"$log"
	fi
	[[ -z $why ]] && echo "PASS $name $seconds s" || echo "FAIL $name $seconds s ($why)"
	[[ -z $why && -z ${OTELUE_VERBOSE:-} ]] || tail -n 60 "$log" | cut -c 1-400 | sed 's/^/  | /'
	rm -rf -- "$work"
	[[ -z $why ]]
}

failed=0
for script; do
	name=$(basename "$script" .sh)
	run_scenario "$script" "${name#scenario_}" || failed=1
done
reset_tracing
exit "$failed"
