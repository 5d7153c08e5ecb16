#!/bin/bash
# All ways to end a process: it ends as without the shim, with its own exit code, and its counts are exported, or stay
# in its segment for whoever looks after the dead.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

# exported COMMAND...: with the last export in otlp.jsonl, and segments in a directory that no other program knows.
exported() {
	rm -rf otlp.jsonl shm
	mkdir shm
	cat >otelue.json <<-END
	{"file_format": "1.1",
	 "meter_provider": {"readers": [{"periodic": {"exporter": {
	   "otlp_file/development": {"output_stream": "file://$PWD/otlp.jsonl"}}}}]},
	 "distribution": {"otelue": {"segment": {"directory": "$PWD/shm"}}}}
	END
	chmod 600 otelue.json
	run timeout -s KILL 20 env LD_PRELOAD="$OTELUE_PRELOAD" OTELUE_CONFIG="$PWD/otelue.json" "$@"
	[[ -e otlp.jsonl ]] || : >otlp.jsonl
}

segments_left() { find shm -type f | wc -l; }

# it_ends CODE EXPORTED LEFT COUNTED COMMAND...: exit code; aligned allocations in the last export; segments left
# behind; allocations that `otelue run` tells.
it_ends() {
	expect_transparent timeout -s KILL 20 "${@:5}"
	expect_code "$1"
	exported "${@:5}"
	expect_code "$1"
	expect_equal "$("$metrics" value "$aligned" otlp.jsonl)" "$2" exported
	expect_equal "$(segments_left)" "$3" "segments left behind"
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- timeout -s KILL 20 "${@:5}"
	expect_code "$1"
	expect_equal "$("$metrics" value "$aligned" run.json)" "$4" counted
}

it_ends_by() { it_ends "${@:2}" "$programs/ends" "$1" 100; }

# A C++ program whose exception nobody catches.
it_ends_by_an_exception() {
	local compiler
	read -ra compiler <<<"${CXX:-g++}"
	"${compiler[@]}" -x c++ -o program - <<<'#include <cstdlib>
	int main() { for (int i = 0; i < 100; i++) std::free(std::aligned_alloc(16, 112)); throw 1; }'
	ulimit -c 0
	it_ends 134 100 1 100 ./program
}

# compile_early: a library that a program needs is begun before those that are preloaded.
compile_early() {
	compile early.so -shared -fPIC -pthread "$@"
	compile program -Wl,--no-as-needed ./early.so -Wl,-rpath,. <<<'int main(void) { return 9; }'
}

# Nothing is counted yet, and nothing is in the way.
it_ends_before_we_begin() {
	compile_early -Dmain=ends_main "$OTELUE_SRC/tests/integration/programs/ends.c" <<-'END'
	#include <stdlib.h>
	int ends_main(int, char **);
	__attribute__((constructor)) static void begin(int argc, char **argv)
	{
		if (argc == 3) exit(ends_main(argc, argv));
	}
	END
	expect_transparent timeout -s KILL 20 ./program "$1" 100
	expect_code "$2"
	exported ./program "$1" 100
	expect_code "$2"
	[[ $1 == exec || ! -s otlp.jsonl ]] || fail "we had begun: $(head -c 300 otlp.jsonl)"
	expect_equal "$(segments_left)" 0 "segments left behind"
}

# What libraries do in their destructors, which may run when ours would have run.
the_last_words_of_libraries_are_counted() {
	compile_early <<-'END'
	#include <stdlib.h>
	__attribute__((constructor)) static void begin(void) { for (int i = 0; i < 3; i++) free(aligned_alloc(16, 112)); }
	__attribute__((destructor)) static void end(void) { for (int i = 0; i < 7; i++) free(aligned_alloc(16, 112)); }
	END
	it_ends 9 10 0 10 ./program
}

# A handler older than ours runs after the last export, and ends the process once more.
an_end_within_the_end_counts_once() {
	compile_early <<-'END'
	#include <stdlib.h>
	#include <unistd.h>
	static void again(int code, void *unused) { _exit(code + 2); }
	__attribute__((constructor)) static void begin(void) { free(aligned_alloc(16, 112)); on_exit(again, NULL); }
	END
	it_ends 11 1 0 1 ./program
}

# Threads that are left alone by the main one. Nothing but SIGKILL ends a process that waits for ours.
ends_and_is_counted() {
	expect_transparent timeout -s KILL 20 "$programs/end" "$1"
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- timeout -s KILL 20 "$programs/end" "$1"
	expect_equal "$("$metrics" value "$aligned" run.json)" 100 allocations
}

# The way; exit code; aligned allocations exported; segments left behind; what `otelue run` tells.
while read -r way code exported left told <&3; do
	test_case it_ends_by "$way" "$code" "$exported" "$left" "$told"
	[[ $way == pthread_exit* || $way == thread || $way == raw-exit ]] || test_case it_ends_before_we_begin "$way" "$code"
done 3<<'END'
return             4 100 0 100
exit               3 100 0 100
atexit             3 101 0 101
_exit              3 100 0 100
_Exit              3 100 0 100
quick_exit         3 100 0 100
exit_group         3 100 0 100
thread             6 100 0 100
pthread_exit       0 100 0 100
pthread_exit-later 0 101 0 101
raw-exit           0 100 0 100
exec               0 100 0 100
failed-exec        4 100 0 100
failed-exec-foreseen 4 100 0 100
abort            134 100 1 100
exit_group-raw     3 0 1 100
SIGTERM          143 0 1 100
SIGSEGV          139 0 1 100
SIGKILL          137 0 1 100
END
test_case it_ends_by_an_exception
test_case the_last_words_of_libraries_are_counted
test_case an_end_within_the_end_counts_once
for way in alone alone-by-libc main-first main-first-raw; do
	test_case ends_and_is_counted "$way"
done
test_done
