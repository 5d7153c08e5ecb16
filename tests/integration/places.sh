#!/bin/bash
# Programs where less is there than usual: no /proc, no /dev/shm, nothing that can be written, another root, the first
# process of its namespace. They run as they do there without the shim.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
((EUID == 0)) || test_case skip "mounting needs root"
((EUID == 0)) || test_done

# What makes each place, in a mount namespace of its own; the command follows.
declare -A places=(
	[without_proc]='mount -t tmpfs -o ro tmpfs /proc && exec "$@"'
	[with_hidden_processes]='mount -t proc -o hidepid=2 proc /proc && exec "$@"'
	[on_a_root_that_is_read_only]='mount -o bind,remount,ro / && mount -t tmpfs -o ro tmpfs /dev/shm &&
		mount -t tmpfs -o ro tmpfs /run && exec "$@"'
	[where_files_may_not_be_executed]='mount -t tmpfs -o noexec,nosuid,nodev tmpfs /dev/shm && exec "$@"'
	[in_another_root]='mkdir root && mount --rbind / root && mount -t tmpfs -o ro tmpfs root/dev && umount -l root/proc &&
		exec chroot root "$@"'
	[as_the_first_process]='exec unshare -p --fork "$@"'
	[as_the_first_process_with_its_proc]='exec unshare -p --fork --mount-proc "$@"'
)

in_place() { unshare -m sh -c "${places[$1]}" sh "${@:2}"; }

# place_is WHERE: the place is what it is called; told by a program without the shim.
place_is() {
	case $1 in
	without_proc | in_another_root) run in_place "$1" sh -c '[ ! -e /proc/self ]' ;;
	on_a_root_that_is_read_only) run in_place "$1" sh -c '! touch /otelue-test /dev/shm/otelue-test' ;;
	as_the_first_process*) run in_place "$1" sh -c '[ $$ = 1 ]' ;;
	*) return 0 ;;
	esac
	expect_code 0
}

programs_run() {
	place_is "$1"
	expect_transparent unshare -m sh -c "rmdir root 2>/dev/null; ${places[$1]}" sh "$programs/storm" 4 400 5
	expect_code 0
	expect_transparent unshare -m sh -c "rmdir root 2>/dev/null; ${places[$1]}" sh sort "$OTELUE_SRC/NEWS"
	expect_code 0
	expect_transparent unshare -m sh -c "rmdir root 2>/dev/null; ${places[$1]}" sh \
		sh -c 'seq 1000 | wc -l; (exit 3); echo $?; "$1" SIGKILL 10; echo $?' sh "$programs/ends"
	expect_code 0
}

# In another root the file has the same name.
counts_are_exported() {
	local file=$PWD/otlp.jsonl
	[[ $1 != on_a_root* ]] || return 0
	rm -f "$file"
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$file run shim unshare -m sh -c "rmdir root 2>/dev/null; ${places[$1]}" \
		sh "$programs/ends" exit 100
	expect_code 3
	expect_equal "$errors" ""
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' "$file")" 100 allocations
}

# Both have the number 1, and one directory for their segments.
first_processes_do_not_disturb_each_other() {
	"$OTELUE_BUILD/otelue" run --json --output run.json -- sh -c \
		'for i in 1 2 3 4 5 6 7 8; do unshare -p --fork "$1" exit 100 & done; wait' sh "$programs/ends"
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' run.json)" 800 allocations
}

# After that no thread can be started, the emitter no more than another. DELAY: it is there by then, or not.
one_whose_children_are_first_processes_is_exported_with_them() {
	cat >work.py <<-'PYTHON'
		import ctypes, os, sys
		libc, null = ctypes.CDLL(None), os.open("/dev/null", os.O_WRONLY)
		os.write(null, bytes(100))
		assert libc.unshare(0x20000000) == 0  # CLONE_NEWPID
		os.write(null, bytes(20))
		child = os.fork()
		if child == 0:
		    os.write(null, bytes(3))
		    os._exit(os.getpid())
		sys.exit(os.waitpid(child, 0)[1] >> 8)
	PYTHON
	cat >config.json <<-JSON
		{"file_format": "1.1", "distribution": {"otelue": {"export": {"start_delay": $1}}},
		 "meter_provider": {"readers": [{"periodic": {"exporter":
		   {"otlp_file/development": {"output_stream": "file://$PWD/%p.jsonl"}}}}]}}
	JSON
	OTELUE_CONFIG=$PWD/config.json run shim python3 work.py
	expect_code 1 # the child's number
	expect_equal "$errors" ""
	expect_equal "$(bytes_written 1.jsonl)" 3 "of the child"
	mv 1.jsonl child
	expect_equal "$(bytes_written ./*.jsonl)" 120 "of its parent"
	"$OTELUE_BUILD/otelue" run --json --output run.json -- python3 work.py || true
	expect_equal "$(bytes_written run.json)" 123 "of both"
}
bytes_written() { "$metrics" value 'libc.file.io{disk.io.direction=write,libc.file.type=character_device}' "$@"; }

for place in "${!places[@]}"; do
	test_case programs_run "$place"
	test_case counts_are_exported "$place"
done
test_case first_processes_do_not_disturb_each_other
for delay in 0 3600000; do test_case one_whose_children_are_first_processes_is_exported_with_them $delay; done
test_done
