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

# What stands before its blocks would be an absurd size. (libstdc++, which it may need, allocates too.)
sizes_are_asked_for_where_none_stand_before_the_blocks() {
	local library=$libraries/$1 sum
	[[ -e $library ]] || skip "no $library on this machine"
	compile program <<-'END'
	#include <malloc.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	int main(void)
	{
		static void *blocks[1000];
		size_t sum = 0;
		for (int i = 0; i < 1000; i++) {
			size_t usable = malloc_usable_size(blocks[i] = malloc(100));
			memset(blocks[i], 0x10, usable);
			sum += usable;
		}
		for (int i = 0; i < 1000; i++) free(blocks[i]);
		return printf("%zu\n", sum) < 0;
	}
	END
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl LD_PRELOAD="$OTELUE_PRELOAD $library" run ./program
	expect_code 0
	sum=$output
	expect_between 100000 "$sum" 150000 "usable bytes"
	expect_between "$sum" "$("$metrics" value 'libc.memory.allocated{libc.memory.operation=malloc}' otlp.jsonl)" $((sum + 1000000)) allocated
	expect_between "$sum" "$("$metrics" value 'libc.memory.freed{libc.memory.operation=free}' otlp.jsonl)" $((sum + 1000000)) freed
}

# The loader relocates the library before us, and asks its resolvers then.
a_resolver_of_another_library_may_allocate() {
	compile library.so -shared -fPIC <<-'END'
	#include <stdlib.h>
	#include <string.h>
	static int one(void) { return 1; }
	static int two(void) { return 2; }
	static void *pick(void)
	{
		char *block = malloc(40), *cleared = calloc(10, 4);
		int fine = block && cleared && !cleared[39];
		if (fine) block = realloc(memset(block, 1, 40), 4000);
		fine = fine && block && block[39] == 1;
		free(cleared);
		free(block);
		return fine ? one : two;
	}
	static int function(void) __attribute__((ifunc("pick")));
	int chosen(void) { return function(); }
	END
	compile program ./library.so <<-'END'
	#include <stdlib.h>
	int chosen(void);
	int main(void) { free(malloc(3)); return chosen(); }
	END
	local setting
	for setting in LD_BIND_NOW=1 OTEL_SDK_DISABLED=true "OTELUE_FILE=$PWD/otlp.jsonl"; do
		run env LD_PRELOAD="$OTELUE_PRELOAD" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=/dev/null "$setting" ./program
		expect_code 1
	done
	(($("$metrics" value 'libc.memory.allocations{libc.memory.operation=malloc}' otlp.jsonl) > 0)) || fail "nothing counted"
}

# An allocator that tells each failure, on stderr: it must be the program's own, each once, timed or not.
a_failed_allocation_is_not_tried_again() {
	local timed
	compile library.so -shared -fPIC <<-'END'
	#include <errno.h>
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	static void *refuse(const char *name) { write(2, name, strlen(name)); errno = ENOMEM; return NULL; }
	extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
	void *malloc(size_t size) { return size == 77777 ? refuse("malloc ") : __libc_malloc(size); }
	void *calloc(size_t n, size_t size) { return size == 77777 ? refuse("calloc ") : __libc_calloc(n, size); }
	void *realloc(void *old, size_t size) { return size == 77777 ? refuse("realloc ") : __libc_realloc(old, size); }
	END
	compile program <<-'END'
	#include <errno.h>
	#include <stdlib.h>
	int main(void)
	{
		char *block = NULL;
		for (int i = 0; i < 100; i++) /* until the shim knows the allocator */
			block = realloc(block, 100 + i);
		errno = 0;
		if (malloc(77777) || errno != ENOMEM) return 1;
		errno = 0;
		if (calloc(1, 77777) || errno != ENOMEM) return 2;
		errno = 0;
		if (realloc(block, 77777) || errno != ENOMEM) return 3;
		free(block);
		return 0;
	}
	END
	for timed in false true; do
		cat >settings.json <<-END
		{"file_format": "1.1", "distribution": {"otelue": {"hooks": {"memory": {"duration": $timed}}}},
		 "meter_provider": {"readers": [{"periodic": {"exporter": {
		   "otlp_file/development": {"output_stream": "file://$PWD/$timed.jsonl"}}}}]}}
		END
		run env "LD_PRELOAD=$OTELUE_PRELOAD $PWD/library.so" "OTELUE_CONFIG=$PWD/settings.json" ./program
		expect_code 0
		expect_equal "$errors" "malloc calloc realloc " "failures, timed: $timed"
		expect_equal "$("$metrics" value libc.memory.allocation.errors "$timed.jsonl")" 3 "counted, timed: $timed"
	done
}

# It stands behind us and calls libc by other names, for which we are first again.
a_library_that_calls_the_other_names_is_no_circle() {
	compile library.so -shared -fPIC <<-'END'
	#include <stdint.h>
	#include <stdio.h>
	#include <sys/socket.h>
	#include <sys/types.h>
	extern ssize_t __read(int, void *, size_t), __write(int, const void *, size_t), __send(int, const void *, size_t, int);
	extern int __open(const char *, int, ...), __close(int), __dup2(int, int), __pipe(int *);
	extern int __connect(int, const struct sockaddr *, socklen_t);
	extern off_t __lseek(int, off_t, int);
	extern pid_t __fork(void), __waitpid(pid_t, int *, int);
	extern void *__sbrk(intptr_t);
	extern FILE *_IO_fopen(const char *, const char *);
	extern int _IO_fclose(FILE *), _IO_fputs(const char *, FILE *), _IO_fflush(FILE *);
	extern size_t _IO_fread(void *, size_t, size_t, FILE *);
	ssize_t read(int fd, void *to, size_t size) { return __read(fd, to, size); }
	ssize_t write(int fd, const void *from, size_t size) { return __write(fd, from, size); }
	ssize_t send(int fd, const void *from, size_t size, int flags) { return __send(fd, from, size, flags); }
	int open(const char *path, int flags, ...) { return __open(path, flags, 0600); }
	int close(int fd) { return __close(fd); }
	int dup2(int old, int fd) { return __dup2(old, fd); }
	int pipe(int ends[2]) { return __pipe(ends); }
	int connect(int fd, const struct sockaddr *to, socklen_t length) { return __connect(fd, to, length); }
	off_t lseek(int fd, off_t to, int how) { return __lseek(fd, to, how); }
	pid_t fork(void) { return __fork(); }
	pid_t waitpid(pid_t pid, int *status, int options) { return __waitpid(pid, status, options); }
	void *sbrk(intptr_t growth) { return __sbrk(growth); }
	FILE *fopen(const char *path, const char *mode) { return _IO_fopen(path, mode); }
	int fclose(FILE *stream) { return _IO_fclose(stream); }
	int fputs(const char *text, FILE *stream) { return _IO_fputs(text, stream); }
	int fflush(FILE *stream) { return _IO_fflush(stream); }
	size_t fread(void *to, size_t size, size_t count, FILE *from) { return _IO_fread(to, size, count, from); }
	END
	compile program <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <sys/socket.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(void)
	{
		struct sockaddr none = {AF_UNSPEC};
		char bytes[4];
		int ends[2], fd = open("data", O_RDWR | O_CREAT, 0600), status;
		FILE *stream;
		if (write(fd, "four", 4) != 4 || lseek(fd, 0, SEEK_SET) || read(fd, bytes, 4) != 4) return 1;
		if (pipe(ends) || dup2(ends[0], 50) != 50 || close(50)) return 2;
		if (send(fd, bytes, 1, 0) != -1 || connect(fd, &none, sizeof(none)) != -1) return 3;
		if (sbrk(8) == (void *)-1) return 4;
		stream = fopen("data", "r+");
		if (fread(bytes, 1, 4, stream) != 4 || fflush(stream) || fputs("more", stream) < 0 || fclose(stream)) return 5;
		if (fork() == 0) _exit(6);
		return waitpid(-1, &status, 0) < 0 ? 7 : WEXITSTATUS(status);
	}
	END
	run env LD_PRELOAD="$OTELUE_PRELOAD $PWD/library.so" ./program
	expect_code 6
}

for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	test_case beside "$library" python3 "$test_root/threads.py"
	test_case an_allocator_is_counted_where_it_comes_after "$library"
	test_case sizes_are_asked_for_where_none_stand_before_the_blocks "$library"
done
test_case a_resolver_of_another_library_may_allocate
test_case a_failed_allocation_is_not_tried_again
test_case a_library_that_calls_the_other_names_is_no_circle
test_case a_program_may_have_a_sanitizer
test_case the_time_may_be_faked
test_case our_time_is_not_faked
test_case the_user_may_be_faked
test_case syncing_may_be_left_out
test_case wrappers_come_in_both_orders
test_done
