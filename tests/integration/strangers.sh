#!/bin/bash
# Programs that are not for the shim to observe: privileged ones, and those that another loader loads, or none.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

a_setuid_program_ignores_our_variables() {
	need setpriv
	((EUID == 0)) || skip "making a program setuid needs root"
	chmod 755 "$test_root" .
	compile program <<<'#include <stdio.h>
	#include <unistd.h>
	int main(void) { printf("%d\n", geteuid()); return 0; }'
	chmod 4755 program
	findmnt -no OPTIONS -T . | grep -q nosuid && skip "set-user-id programs do not work in ${TMPDIR:-/tmp}"
	run setpriv --reuid 65534 --clear-groups env LD_PRELOAD="$OTELUE_PRELOAD" OTELUE_CONFIG=/nowhere ./program
	expect_code 0
	expect_output 0
	[[ $errors != *otelue:* ]] || fail "$errors"
}

# The whole machine's list loads us into set-user-id programs too: what the user has set counts for nothing there.
a_setuid_program_of_the_global_list_obeys_no_user() {
	need setpriv unshare
	((EUID == 0)) || skip "making a program setuid needs root"
	local kind
	findmnt -no OPTIONS -T . | grep -q nosuid && skip "set-user-id programs do not work in ${TMPDIR:-/tmp}"
	open_to_others storm
	compile plain <<<'#include <stdio.h>
	#include <unistd.h>
	int main(void) { printf("%d\n", geteuid()); return 0; }'
	cp plain setuid
	chmod 4755 setuid
	mkdir etc
	cp /etc/{ld.so.cache,passwd,group,nsswitch.conf} etc
	echo "$OTELUE_PRELOAD" >etc/ld.so.preload
	for kind in plain setuid; do
		# shellcheck disable=SC2016 # for the inner shell
		run unshare -m sh -c 'mount --bind etc /etc && exec setpriv --reuid 65534 --clear-groups env "$@"' sh \
			OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/$kind.jsonl" "./$kind"
		expect_code 0
		expect_output "$([[ $kind == plain ]] && echo 65534 || echo 0)"
		expect_equal "$errors" ""
	done
	[[ -s plain.jsonl ]] || fail "the list does not load the shim"
	[[ ! -e setuid.jsonl ]] || fail "root wrote what a user told it to"
}

# musl's loader ends a program whose preload it cannot link; a path that it does not find it passes over.
a_program_of_musl_runs_with_a_path_that_is_libcs_own() {
	need musl-gcc
	local path
	musl-gcc -x c -o program - <<<'#include <stdio.h>
	int main(void) { puts("musl"); return 3; }'
	path=$(/lib64/ld-linux-x86-64.so.2 --list-diagnostics | sed -n 's/^dl_dst_lib="\(.*\)"/\1/p')
	mkdir -p "${path:?the loader does not say what it makes of LIB}"
	ln -s "$OTELUE_PRELOAD" "$path"
	run env LD_PRELOAD="$PWD/\$LIB/libotelue_preload.so" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" \
		bash -c './program; echo $?'
	expect_output $'musl\n3'
	expect_equal "$errors" ""
	[[ -s otlp.jsonl ]] || fail "the shim was not loaded into bash"
	run env LD_PRELOAD="$PWD/\$LIB/libotelue_preload.so" "$OTELUE_BUILD/otelue" run --json --output run.json -- \
		bash -c './program; echo $?'
	expect_output $'musl\n3'
	(($("$metrics" value libc.memory.allocations run.json) > 100)) || fail "bash was not counted"
}

a_program_of_32_bits_runs() {
	[[ -e /lib32/libc.so.6 ]] || skip "no libc for 32 bits on this machine"
	gcc -w -m32 -nostdlib -fno-pic -no-pie -fno-stack-protector -o program -x c - -x none /lib32/libc.so.6 \
		-Wl,-dynamic-linker,/lib/ld-linux.so.2 <<<'int puts(const char *); void exit(int);
	__attribute__((force_align_arg_pointer)) void _start(void) { puts("32 bits"); exit(3); }'
	run shim ./program
	expect_code 3
	expect_output "32 bits"
	[[ $errors == "ERROR: ld.so: "*"wrong ELF class"* ]] || fail "$errors"
}

a_static_program_runs() {
	gcc -x c -static -o program - <<<'#include <stdio.h>
	int main(void) { puts("static"); return 3; }'
	expect_transparent ./program
	expect_code 3
}

test_case a_setuid_program_ignores_our_variables
test_case a_setuid_program_of_the_global_list_obeys_no_user
if [[ $(uname -m) == x86_64 ]]; then
	test_case a_program_of_musl_runs_with_a_path_that_is_libcs_own
	test_case a_program_of_32_bits_runs
fi
test_case a_static_program_runs
test_done
