#!/bin/bash
# Control that leaves a hooked call by another way than its return, and calls from where little is allowed: jumps out
# of signal handlers, cancelled threads, exceptions. What comes after is counted as if nothing had been.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

# counted NUMBER COMMAND...: same behaviour as without the shim, and this number of aligned allocations.
counted() {
	expect_transparent "${@:2}"
	expect_code 0
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "${@:2}" >out
	expect_equal "$("$metrics" value "$aligned" run.json)" "$1" "aligned allocations"
}

jumps_out_of_a_handler_over_hooked_calls() {
	compile program <<-'END'
	#include <setjmp.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/time.h>
	#include <unistd.h>
	static sigjmp_buf back;
	static void handler(int signal) { siglongjmp(back, 1); }
	int main(void)
	{
		const struct itimerval soon = {{0, 0}, {0, 2000}};
		volatile int jumps = 0;
		int ends[2];
		char byte;

		pipe(ends);
		signal(SIGALRM, handler);
		if (sigsetjmp(back, 1))
			jumps++;
		if (jumps < 50) {
			setitimer(ITIMER_REAL, &soon, NULL);
			for (;;) {
				if (jumps % 2)
					read(ends[0], &byte, 1);
				else
					poll(NULL, 0, -1);
			}
		}
		for (int i = 0; i < 1000; i++)
			free(aligned_alloc(16, 64));
		printf("%d jumps\n", jumps);
		return 0;
	}
	END
	counted 1000 ./program
}

# The handler adds to the same words as what it interrupts; a spinlock never leaves the program's own code.
interrupts_lose_no_count() {
	compile program -pthread <<-'END'
	#include <pthread.h>
	#include <signal.h>
	#include <stdio.h>
	#include <sys/time.h>
	static pthread_spinlock_t one, other;
	static volatile long ticks;
	static void use(pthread_spinlock_t *lock) { pthread_spin_trylock(lock); pthread_spin_unlock(lock); }
	static void handler(int signal) { use(&other); ticks++; }
	int main(void)
	{
		const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
		struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
		long rounds = 0;

		pthread_spin_init(&one, 0), pthread_spin_init(&other, 0);
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		for (; ticks < 3000; rounds++)
			use(&one);
		setitimer(ITIMER_REAL, &never, NULL);
		printf("%ld\n", rounds + ticks);
		return 0;
	}
	END
	run timeout -s KILL 60 "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_equal "$("$metrics" value 'libc.lock.acquisitions{libc.lock.type=spinlock}' run.json)" "$output" "locks taken"
}

threads_are_cancelled_in_hooked_calls() {
	compile program -pthread <<-'END'
	#include <poll.h>
	#include <pthread.h>
	#include <semaphore.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	static int ends[2];
	static sem_t never;
	static void cleaned(void *number) { free(aligned_alloc(16, 64)); }
	static void *work(void *argument)
	{
		char byte;
		pthread_cleanup_push(cleaned, NULL);
		switch ((long)argument % 4) {
		case 0: read(ends[0], &byte, 1); break;
		case 1: poll(NULL, 0, -1); break;
		case 2: sem_wait(&never); break;
		default: pause();
		}
		pthread_cleanup_pop(0);
		return NULL;
	}
	int main(void)
	{
		pthread_t threads[40];
		int cancelled = 0;
		void *result;

		pipe(ends);
		sem_init(&never, 0, 0);
		for (long i = 0; i < 40; i++)
			pthread_create(&threads[i], NULL, work, (void *)i);
		usleep(20000);
		for (int i = 0; i < 40; i++)
			pthread_cancel(threads[i]);
		for (int i = 0; i < 40; i++) {
			pthread_join(threads[i], &result);
			cancelled += result == PTHREAD_CANCELED;
		}
		printf("%d cancelled\n", cancelled);
		return 0;
	}
	END
	counted 40 ./program
}

exceptions_pass_through_a_program_in_c() {
	local compiler
	read -ra compiler <<<"${CXX:-g++}"
	printf '%s\n' '#include <stdexcept>' '#include <cstdio>' '#include <cstdlib>' 'static void thrower(int n) { if (n) thrower(n - 1);' \
		'else { std::free(std::aligned_alloc(16, 64)); throw std::runtime_error("thrown"); } }' \
		'extern "C" void play(void) { for (int i = 0; i < 100; i++) try { thrower(20); } catch (std::exception &e) { if (i == 99) std::puts(e.what()); } }' |
		"${compiler[@]}" -x c++ -shared -fPIC -o library.so -
	compile program -ldl <<-'END'
	#include <dlfcn.h>
	int main(void)
	{
		void *library = dlopen("./library.so", RTLD_NOW);
		void (*play)(void) = library ? dlsym(library, "play") : 0;
		if (!play) return 1;
		play();
		return dlclose(library);
	}
	END
	counted 100 ./program
}

a_library_that_binds_to_itself_is_left_alone() {
	compile library.so -shared -fPIC <<<'#include <stdlib.h>
	char *give(void) { char *p = malloc(100); p = realloc(p, 5000); return p; }'
	compile program -ldl <<<'#include <dlfcn.h>
	#include <stdlib.h>
	#include <stdio.h>
	int main(void)
	{
		void *l = dlopen("./library.so", RTLD_NOW | RTLD_DEEPBIND), *other = dlmopen(LM_ID_NEWLM, "./library.so", RTLD_NOW);
		char *(*give)(void) = l ? dlsym(l, "give") : 0;
		if (!give || !other) return 1;
		for (int i = 0; i < 100; i++) free(give());
		free(aligned_alloc(16, 64));
		puts("given");
		return 0;
	}'
	counted 1 ./program
}

memory_may_be_locked() {
	compile program <<<'#include <stdio.h>
	#include <stdlib.h>
	#include <sys/mman.h>
	int main(void) { printf("%d\n", mlockall(MCL_CURRENT | MCL_FUTURE)); for (int i = 0; i < 10; i++) free(aligned_alloc(16, 64)); return 0; }'
	counted 10 ./program
}

# Programs compiled so that libc's functions have other names: the same reads and writes are counted.
builds_count_alike() {
	cat >io.c <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		char buffer[4096];
		int fd = open("/dev/zero", O_RDONLY + argc - 1), out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		for (int i = 0; i < 100; i++) {
			ssize_t n = read(fd, buffer, sizeof(buffer) / argc);
			n = pread(fd, buffer, n, 0);
			pwrite(out, buffer, n, i);
		}
		lseek(out, 0, SEEK_SET);
		return ftruncate(out, 5) || close(fd) || close(out);
	}
	END
	compile plain -O2 -U_FORTIFY_SOURCE <io.c
	compile fortified -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 <io.c
	compile large -O2 -U_FORTIFY_SOURCE -D_FILE_OFFSET_BITS=64 -D_LARGEFILE64_SOURCE <io.c
	compile both -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_FILE_OFFSET_BITS=64 <io.c
	local build
	nm -D fortified | grep -q __pread_chk || fail "the fortified build calls pread: $(nm -D fortified)"
	for build in plain fortified large both; do
		"$OTELUE_BUILD/otelue" run --json --output "$build.json" -- "./$build"
		"$metrics" list "$build.json" | grep -E '^libc\.(file\.io |fd\.)' | cut -d ' ' -f 1-3 >"$build.list"
		"$metrics" count libc.file.operation.duration "$build.json" >>"$build.list"
		expect_same plain.list "$build.list"
	done
	expect_equal "$("$metrics" value 'libc.file.io{disk.io.direction=read}' plain.json)" 819200 "bytes read"
	expect_equal "$("$metrics" value 'libc.file.io{disk.io.direction=write}' plain.json)" 409600 "bytes written"
}

test_case jumps_out_of_a_handler_over_hooked_calls
test_case interrupts_lose_no_count
test_case threads_are_cancelled_in_hooked_calls
test_case exceptions_pass_through_a_program_in_c
test_case a_library_that_binds_to_itself_is_left_alone
test_case memory_may_be_locked
test_case builds_count_alike
test_done
