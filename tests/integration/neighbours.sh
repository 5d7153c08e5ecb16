#!/bin/bash
# The shim beside other preloaded objects, before and after them: programs behave as with those alone.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

libraries=/usr/lib/$(gcc -print-multiarch)

# beside LIBRARY COMMAND...: the same output with it alone, and with the shim on either side of it.
beside() {
	local library=$libraries/$1 order
	shift
	[[ -e $library ]] || skip "no $library on this machine"
	LD_PRELOAD=$library run "$@"
	expected=$output expected_errors=$errors expected_code=$code
	for order in "$OTELUE_PRELOAD $library" "$library $OTELUE_PRELOAD"; do
		LD_PRELOAD=$order run "$@"
		expect_code "$expected_code"
		expect_output "$expected"
		expect_equal "$errors" "$expected_errors" "stderr with $order"
	done
}

cat >"$test_root/threads.py" <<'EOT'
import threading
def work(): return [str(i) * 9 for i in range(20000)]
threads = [threading.Thread(target=work) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(len(work()))
EOT

# libfaketime opens files before it tells the time for the first time: our hooks may not ask it.
the_time_may_be_faked() {
	need faketime
	run faketime '2020-01-01 00:00:00' date +%Y
	expect_output 2020
	expect_transparent faketime '2020-01-01 00:00:00' date +%Y
	expect_transparent faketime '2020-01-01 00:00:00' python3 -c 'import time; print(time.gmtime().tm_year)'
}

# A clock that runs 1000 times as fast is the program's, not ours. The child sleeps past all preloads.
our_time_is_not_faked() {
	need faketime
	compile program <<-'END'
	#include <sys/syscall.h>
	#include <sys/wait.h>
	#include <time.h>
	#include <unistd.h>
	int main(void)
	{
		struct timespec moment = {0, 30000000};
		pid_t child = fork();
		if (child == 0)
			syscall(SYS_nanosleep, &moment, NULL), _exit(0);
		return waitpid(child, NULL, 0) != child;
	}
	END
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- faketime -f '@2020-01-01 00:00:00 x1000' ./program
	expect_code 0
	expect_between 30 "$("$metrics" value libc.process.wait.duration run.json |
		awk '{ print int($1 * 1000) }')" 20000 "ms that were waited for the children"
}

the_user_may_be_faked() {
	need fakeroot
	expect_transparent fakeroot sh -c 'id -u; touch a; chown 5:6 a; stat -c %u:%g a; rm a'
}

syncing_may_be_left_out() {
	need eatmydata
	expect_transparent eatmydata sqlite3 :memory: 'create table t(a); insert into t values(1); select * from t;'
}

# What comes before us takes the calls, and we say so; what comes after us is called by us.
an_allocator_is_counted_where_it_comes_after() {
	local library=$libraries/$1 active='otelue.hooks.active{otelue.hook.family=memory}'
	[[ -e $library ]] || skip "no $library on this machine"
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/after.jsonl LD_PRELOAD="$OTELUE_PRELOAD $library" \
		run "$programs/ends" exit 100
	expect_code 3
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' after.jsonl)" 100 allocations
	expect_between 11200 "$("$metrics" value 'libc.memory.allocated{libc.memory.operation=aligned}' after.jsonl)" 25600 bytes
	expect_equal "$("$metrics" value "$active" after.jsonl)" "$(grep -c '^HOOK(MEMORY,' "$OTELUE_SRC/hooks/hooks.def")" active
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/before.jsonl LD_PRELOAD="$library $OTELUE_PRELOAD" \
		run "$programs/ends" exit 100
	expect_code 3
	expect_equal "$("$metrics" value libc.memory.allocations before.jsonl)" 0 allocations
	expect_equal "$("$metrics" value "$active" before.jsonl)" 0 active
}

# in_both_orders COMMAND... -- PROGRAM...: COMMAND preloads something of its own; we come before it and after it.
in_both_orders() {
	local command=()
	while [[ $1 != -- ]]; do
		command+=("$1")
		shift
	done
	shift
	run "${command[@]}" "$@"
	expected=$output expected_errors=$errors expected_code=$code
	[[ $code == 0 && -n $output ]] || fail "$output$errors"
	# shellcheck disable=SC2016 # for the inner shells
	for order in '"$0 $LD_PRELOAD"' '"$LD_PRELOAD $0"'; do
		run "${command[@]}" sh -c "LD_PRELOAD=$order exec \"\$@\"" "$OTELUE_PRELOAD" "$@"
		expect_code "$expected_code"
		expect_output "$expected"
		expect_equal "$errors" "$expected_errors" "stderr with $order"
	done
}

wrappers_come_in_both_orders() {
	need fakeroot faketime eatmydata
	in_both_orders fakeroot -- sh -c 'id -u; touch a; chown 5:6 a; stat -c %u:%g a; rm a'
	in_both_orders faketime '2020-01-01 00:00:00' -- python3 -c 'import time; print(time.gmtime().tm_year, int(time.time()) > 0)'
	in_both_orders eatmydata -- sqlite3 :memory: 'create table t(a); insert into t values(1); select * from t;'
	in_both_orders fakeroot eatmydata -- sh -c 'id -u; sort /etc/passwd | wc -l'
}

# The sanitizer's runtime comes after the shim, its allocator is asked for memory before it has begun.
a_program_may_have_a_sanitizer() {
	need gcc
	printf '#include <stdlib.h>\nint main(void) { free(malloc(9)); return 7; }\n' >main.c
	gcc -fsanitize=thread -o main main.c 2>/dev/null || skip "gcc has no ThreadSanitizer"
	run ./main
	[[ $code == 7 ]] || skip "ThreadSanitizer does not run here"
	expect_transparent ./main
}

for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	test_case beside "$library" python3 "$test_root/threads.py"
	test_case an_allocator_is_counted_where_it_comes_after "$library"
done
test_case a_program_may_have_a_sanitizer
test_case the_time_may_be_faked
test_case our_time_is_not_faked
test_case the_user_may_be_faked
test_case syncing_may_be_left_out
test_case wrappers_come_in_both_orders
test_done
