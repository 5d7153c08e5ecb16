#!/bin/bash
# Children, mappings and names: every call, every outcome.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

value_of() { "$metrics" value "$1" run.json; }
count_of() { "$metrics" count "$1" run.json; }
expect_value() { expect_equal "$(value_of "$1")" "$2" "$1"; }
expect_count() { expect_equal "$(count_of "$1")" "$2" "$1"; }

counted() {
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/system" "$1"
	expect_code 0
}

children_are_counted_by_how_they_ended() {
	counted 20
	expect_value 'libc.process.created{libc.process.operation=fork}' 180
	expect_value 'libc.process.reaped{libc.process.exit.reason=success}' 100
	expect_value 'libc.process.reaped{libc.process.exit.reason=failure}' 60
	expect_value 'libc.process.reaped{libc.process.exit.reason=signal}' 20
	expect_count libc.process.wait.duration 220
}

mapped_bytes_are_counted_in_pages() {
	local page
	page=$(getconf PAGESIZE)
	counted 20
	expect_value 'libc.mmap.mapped{libc.mmap.type=anonymous,libc.mmap.sharing=private}' $((100 * page))
	expect_value 'libc.mmap.mapped{libc.mmap.type=file,libc.mmap.sharing=shared}' $((80 * page))
	expect_value libc.mmap.unmapped $((180 * page))
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=mmap}' 60
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=munmap}' 60
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=mremap}' 20
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=mprotect}' 40
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=madvise}' 80
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=msync}' 20
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=mlock}' 80
	expect_value 'libc.mmap.errors{libc.mmap.operation=madvise,error.type=EINVAL}' 20
	expect_value libc.mmap.usage 0
	expect_value 'libc.mmap.errors{libc.mmap.operation=mmap,error.type=EINVAL}' 20
	expect_value 'libc.mmap.errors{libc.mmap.operation=munmap,error.type=EINVAL}' 20
	expect_value 'libc.mmap.errors{libc.mmap.operation=madvise,error.type=ENOMEM}' 20
}

# Numbers of pages beside each call: mapped, and unmapped without a munmap.
what_takes_the_place_of_a_mapping_unmaps_it() {
	local page
	page=$(getconf PAGESIZE)
	compile program <<-'END'
	#include <stdio.h>
	#include <sys/mman.h>
	#include <unistd.h>
	static long page;
	static char *map(char *at, long pages, int fixed)
	{
		return mmap(at, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
	}
	int main(void)
	{
		page = sysconf(_SC_PAGESIZE);
		char *room = map(NULL, 100, 0), *left, *moved;                        /* 100 */
		for (int i = 0; i < 5; i++)
			if (map(room + 10 * page, 7, MAP_FIXED) == MAP_FAILED) return 1;  /* 35, 35 */
		if (map(room, 3, MAP_FIXED_NOREPLACE) != MAP_FAILED) return 2;
		if (map(room + page + 1, 3, MAP_FIXED) != MAP_FAILED) return 3;
		munmap(room, 20 * page);                                              /* 0, 20 */
		map(room, 20, MAP_FIXED);                                             /* 20 */
		left = map(NULL, 6, 0);                                               /* 6 */
		if (mremap(left, 6 * page, 6 * page, MREMAP_MAYMOVE | MREMAP_FIXED, room + 50 * page) == MAP_FAILED) return 4; /* 0, 6 */
		left = map(NULL, 9, 0);                                               /* 9 */
		if (mremap(left, 9 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, room + 60 * page) == MAP_FAILED) return 5; /* 0, 9 */
		left = map(NULL, 8, 0);                                               /* 8 */
		moved = mremap(left, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL); /* 8 */
		if (moved == MAP_FAILED) return 6;
		munmap(room, 100 * page), munmap(left, 8 * page);                     /* 0, 108 */
		return munmap(moved, 8 * page);                                       /* 0, 8 */
	}
	END
	expect_transparent ./program
	expect_code 0
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_value libc.mmap.mapped $((186 * page))
	expect_value libc.mmap.unmapped $((186 * page))
	expect_value libc.mmap.usage 0
}

the_heaps_end_and_shared_segments_are_counted() {
	counted 20
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=brk}' 60
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=shmat}' 40
	expect_count 'libc.mmap.operation.duration{libc.mmap.operation=shmdt}' 40
	expect_value 'libc.mmap.errors{libc.mmap.operation=brk,error.type=ENOMEM}' 20
	expect_value 'libc.mmap.errors{libc.mmap.operation=shmat,error.type=EINVAL}' 20
	expect_value 'libc.mmap.errors{libc.mmap.operation=shmdt,error.type=EINVAL}' 20
}

lookups_are_counted_by_their_error() {
	counted 20
	expect_count dns.lookup.duration 120
	for error in EAI_NONAME EAI_FAMILY EAI_SERVICE; do
		expect_count "dns.lookup.duration{error.type=$error}" 20
	done
}

addresses_are_looked_up_where_that_is_asked_for() {
	counted 20
	expect_count libc.dns.reverse_lookup.duration 0
	echo '{"file_format": "1.1", "distribution": {"otelue": {"hooks": {"dns": {"duration": true}}}}}' >reverse.json
	OTELUE_CONFIG=$PWD/reverse.json counted 20
	expect_count libc.dns.reverse_lookup.duration 80
	expect_count dns.lookup.duration 120
}

# Names that are in no other test.
names_beside_the_usual_ones_are_counted() {
	compile program -pthread <<-'END'
	#include <malloc.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <sys/wait.h>
	#include <unistd.h>
	extern pid_t __fork(void);
	extern FILE *_IO_popen(const char *, const char *);
	static pthread_barrier_t barrier;
	static void *end(void *unused) { return pthread_barrier_wait(&barrier), unused; }
	int main(void)
	{
		pthread_t thread;
		pid_t child;
		int early, calls = 2;
		child = __fork();
		if (child == 0) _exit(0);
		waitpid(child, NULL, 0);
		pclose(_IO_popen("exit 3", "r"));
		pthread_barrier_init(&barrier, NULL, 2);
		pthread_create(&thread, NULL, end, NULL);
		early = pthread_tryjoin_np(thread, NULL) == 0;
		pthread_barrier_wait(&barrier);
		for (; pthread_tryjoin_np(thread, NULL) != 0; calls++) usleep(1000);
		for (int i = 0; i < 5; i++) free(pvalloc(1));
		printf("%d\n", calls);
		return early;
	}
	END
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_value 'libc.process.created{libc.process.operation=fork}' 1
	expect_value 'libc.process.created{libc.process.operation=popen}' 1
	expect_value 'libc.process.reaped{libc.process.exit.reason=failure}' 1
	expect_count libc.thread.join.duration "$output"
	expect_value 'libc.memory.allocations{libc.memory.operation=aligned}' 5
}

# libc has them for old programs alone, no header knows them.
names_of_old_programs_are_counted() {
	compile program <<-'END'
	#include <fcntl.h>
	#include <stdarg.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	#define OLD(name) __asm__(".symver old_" #name ", " #name "@GLIBC_2.2.5")
	void old_cfree(void *);
	off_t old_llseek(int, off_t, int);
	int old__IO_vfscanf(FILE *, const char *, va_list, int *);
	OLD(cfree);
	OLD(llseek);
	OLD(_IO_vfscanf);
	static int scan(FILE *stream, int *ret_failed, const char *format, ...)
	{
		va_list rest;
		va_start(rest, format);
		int n = old__IO_vfscanf(stream, format, rest, ret_failed);
		va_end(rest);
		return n;
	}
	int main(int argc, char **argv)
	{
		int failed = 7, number = 0, fd = open("file", O_RDWR);
		FILE *stream = fdopen(fd, "r");
		for (int i = 0; i < 5000; i++) old_cfree(malloc(100));
		for (int i = 0; i < 300; i++) printf("%ld ", (long)old_llseek(fd, i % 7 - 3, SEEK_SET));
		rewind(stream);
		printf("%d %d ", scan(stream, NULL, "%d", &number), number);
		printf("%d %d ", scan(stream, &failed, "%d", &number), number);
		printf("%d\n", failed);
		printf("%d", scan(stream, &failed, "%d", &number));
		printf(" %d\n", failed);
		return 0;
	}
	END
	echo 42 43 >file
	expect_transparent ./program
	expect_equal "$(tail -n 1 .shim.out)" "-1 1" "what the last scan says"
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	(($("$metrics" value 'libc.memory.deallocations{libc.memory.operation=free}' run.json) >= 5000)) || fail "blocks are not freed"
	expect_count 'libc.file.operation.duration{libc.file.operation=metadata}' 300
	expect_value 'libc.file.operation.errors{libc.file.operation=metadata,error.type=EINVAL}' 129
	expect_value 'libc.stdio.operations{libc.stdio.operation=read}' 3
}

# A program that is bound to the oldest version of FUNCTION, which does something else than the present one.
# old_versions_do_what_they_did FUNCTION
old_versions_do_what_they_did() {
	local oldest=2.17
	[[ $(uname -m) != x86_64 ]] || oldest=2.2.5
	[[ $1 != sched_setaffinity ]] || oldest=2.3.3
	cat >program.c <<-'END'
	#define _GNU_SOURCE
	#include <errno.h>
	#include <fcntl.h>
	#include <ftw.h>
	#include <glob.h>
	#include <sched.h>
	#include <spawn.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static int followed_link(const char *path, struct stat *status) { return puts("followed"), stat(path, status); }
	static int own_link(const char *path, struct stat *status) { return lstat(path, status); }
	static int visit(const char *path, const struct stat *status, int type, struct FTW *place) { return 0; }
	int main(void)
	{
		char *words[] = {"script", NULL};
		cpu_set_t set;
		glob_t found = {.gl_stat = (void *)followed_link, .gl_lstat = (void *)own_link};
		pid_t child;
		int status = 0, end;
		for (int i = 0; i < 2; i++) {
			int error = i ? posix_spawn(&child, "./script", NULL, NULL, words, words + 1)
			              : posix_spawnp(&child, "./script", NULL, NULL, words, words + 1);
			if (!error) waitpid(child, &status, 0);
			printf("%d %d\n", error, WEXITSTATUS(status));
		}
		printf("%d\n", fmemopen(NULL, 0, "r+") != NULL);
		printf("%d\n", realpath("/", NULL) != NULL);
		printf("%d %d\n", nftw("script", visit, 5, 1 << 20), nftw64("script", (void *)visit, 5, 1 << 20));
		CPU_ZERO(&set);
		CPU_SET(0, &set);
		errno = 0;
		printf("%d\n", ((int (*)(pid_t, size_t, void *))sched_setaffinity)(0, (size_t)&set, NULL));
		printf("%d\n", glob("script", GLOB_ALTDIRFUNC, NULL, &found));
		return 0;
	}
	END
	echo 'exit 3' >script
	chmod 755 script
	compile plain <program.c
	sed "/^int main/i __asm__(\".symver $1, $1@GLIBC_$oldest\");" program.c | compile program
	nm -D program | grep -q " $1@GLIBC_$oldest\$" || fail "$(nm -D program)"
	expect_transparent ./plain
	mv .plain.out present
	expect_transparent ./program
	! cmp -s present .plain.out || fail "nothing is different"
}

if [[ $(uname -m) == x86_64 ]]; then # the oldest of all others is younger
	for function in posix_spawn posix_spawnp realpath nftw nftw64 sched_setaffinity; do
		test_case old_versions_do_what_they_did "$function"
	done
fi
for function in fmemopen glob; do
	test_case old_versions_do_what_they_did "$function"
done
if [[ $(uname -m) == x86_64 ]]; then # the oldest of all others is younger
	test_case names_of_old_programs_are_counted
fi
test_case children_are_counted_by_how_they_ended
test_case mapped_bytes_are_counted_in_pages
test_case what_takes_the_place_of_a_mapping_unmaps_it
test_case the_heaps_end_and_shared_segments_are_counted
test_case addresses_are_looked_up_where_that_is_asked_for
test_case names_beside_the_usual_ones_are_counted
test_case lookups_are_counted_by_their_error
test_case expect_transparent "$programs/system" 3
test_done
