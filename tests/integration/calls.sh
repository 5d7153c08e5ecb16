#!/bin/bash
# Every hooked call of files and sockets: its results are libc's, and it is counted as strace saw it.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# llseek, which new programs cannot name, is system.sh's.
the_program_makes_every_hooked_call() {
	sed -n 's/^HOOK(\(FILE\|SOCKET\), [A-Z]*, [^,]*, \([A-Za-z0-9_]*\), (.*/\2/p' "$OTELUE_SRC/hooks/hooks.def" |
		grep -vx llseek | sort >hooked
	"$programs/calls" --list | sort >called
	(($(wc -l <hooked) > 100)) || fail "hooks.def could not be read"
	expect_same hooked called
}

# Every return value and errno, in the way of calling that is given. The calls leave files behind.
results_are_the_same_with_the_shim() {
	# shellcheck disable=SC2016 # for the inner shell
	expect_transparent sh -c 'rm -rf work && mkdir work && cd work && exec "$@"' sh "$programs/calls" "$@"
	(($(wc -l <.plain.out) > 2000)) || fail "only $(wc -l <.plain.out) lines of results"
}

# traced PREFIX RESULT COMMAND...: runs it under strace and otelue.
traced() {
	local prefix=$1 result=$2
	shift 2
	mkdir -p work
	(cd work && strace -ff -yy -o "../$prefix" "$OTELUE_BUILD/otelue" run --json --output "../$result" -- "$@") >out 2>err </dev/null ||
		fail "exit code $?: $(cat err)"
}

counts_are_straces() {
	need strace
	traced trace run.json "$@"
	run python3 -B "$OTELUE_SRC/tests/lib/strace_truth.py" trace run.json
	((code == 0)) || fail "$output" "$errors"
	note "$output"
}

# Those that libc makes of one system call; the others are counted by metadata.sh.
every_plain_call_counts_as_strace_saw_it() {
	local plain
	mapfile -t plain < <("$programs/calls" --list |
		grep -vxE 'openpty|remove|lchmod|e(uid)?access|__fxstat(64)?|realpath|__realpath_chk|canonicalize_file_name|(fd)?opendir|readdir(64)?(_r)?|closedir|scandir(at)?(64)?|n?ftw(64)?|glob(64)?')
	((${#plain[@]} > 150)) || fail "only ${#plain[@]} calls"
	counts_are_straces "$programs/calls" "${plain[@]}"
}

# The comparison itself: with the trace of a program that did one round more.
a_call_too_few_is_noticed() {
	need strace
	traced trace few.json "$programs/traffic" 1 2
	rm trace.*
	traced trace many.json "$programs/traffic" 1 3
	run python3 -B "$OTELUE_SRC/tests/lib/strace_truth.py" trace few.json
	expect_code 1
	[[ $output == *"libc.file.operation.duration {'libc.file.operation': 'read'}"* ]] || fail "$output"
}

imports() { nm -D --undefined-only "$1" | sed 's/^ *[Uw] //; s/@.*//'; }

# Other names for the same calls, according to how a program is compiled.
each_build_imports_its_names() {
	imports "$programs/traffic-fortified" >fortified
	imports "$programs/traffic-large" >large
	imports "$programs/traffic" >plain
	for name in __read_chk __pread_chk __recv_chk __recvfrom_chk __open_2; do
		grep -qx -- "$name" fortified || fail "the fortified build has no $name"
	done
	for name in open64 pread64 pwrite64 lseek64 ftruncate64 fcntl64; do
		grep -qx -- "$name" large || fail "the build for large files has no $name"
	done
	for name in open pread read recv recvfrom lseek ftruncate fcntl; do
		grep -qx -- "$name" plain || fail "the plain build has no $name"
	done
}

test_case the_program_makes_every_hooked_call
test_case results_are_the_same_with_the_shim
test_case results_are_the_same_with_the_shim --signal-stack
test_case results_are_the_same_with_the_shim --small-thread
test_case every_plain_call_counts_as_strace_saw_it
test_case each_build_imports_its_names
for build in traffic traffic-fortified traffic-large; do
	test_case counts_are_straces "$programs/$build" 0 5
	test_case counts_are_straces "$programs/$build" 8 5
done
test_case a_call_too_few_is_noticed
test_done
