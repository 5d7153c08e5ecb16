#!/bin/bash
# Locks: number of acquisitions, contentions and errors by type, results as without the shim; threads and their lives.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

counted() {
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$@"
	expect_code 0
}
value_of() { "$metrics" value "$1" run.json; }
count_of() { "$metrics" count "$1" run.json; }
expect_acquisitions() { expect_equal "$(value_of "libc.lock.acquisitions{libc.lock.type=$1}")" "$2" "acquisitions of $1"; }

# every_lock_is_counted THREADS ROUNDS
every_lock_is_counted() {
	local times=$((($1 ? $1 : 1) * $2))
	counted "$programs/locks" free "$@"
	expect_acquisitions mutex $((21 * times))
	expect_acquisitions rwlock_read $((2 * times))
	expect_acquisitions rwlock_write $((2 * times))
	expect_acquisitions spinlock $((2 * times))
	expect_acquisitions semaphore $((3 * times))
	expect_equal "$(value_of 'libc.lock.errors{libc.lock.type=mutex,error.type=EDEADLK}')" "$times" "relocks of a mutex"
	expect_equal "$(value_of 'libc.lock.errors{libc.lock.type=rwlock_read,error.type=EDEADLK}')" "$times" "relocks for reading"
	expect_equal "$(value_of libc.lock.errors)" $((2 * times)) "all errors"
	expect_equal "$(value_of 'libc.lock.contentions{libc.lock.type=semaphore}')" "$times" "semaphores at 0"
	expect_equal "$(value_of libc.thread.created)" "$1" "threads"
	expect_equal "$(value_of libc.thread.terminated)" "$1" "threads that ended"
	expect_equal "$(count_of libc.thread.duration)" "$1" "lives of threads"
	expect_equal "$(count_of libc.thread.join.duration)" "$1" "joins"
}

a_held_lock_is_waited_for_once() {
	local type
	counted "$programs/locks" held
	for type in mutex rwlock_read rwlock_write spinlock semaphore; do
		expect_equal "$(value_of "libc.lock.contentions{libc.lock.type=$type}")" 1 "contentions of $type"
		expect_equal "$(count_of "libc.lock.wait.duration{libc.lock.type=$type}")" 1 "waits for $type"
		python3 -c 'import sys; sys.exit(not 0.03 < float(sys.argv[1]) < 5)' \
			"$(value_of "libc.lock.wait.duration{libc.lock.type=$type}")" || fail "$type was not waited for 50 ms"
	done
	expect_equal "$(count_of 'libc.lock.wait.duration{libc.lock.type=barrier}')" 12 "waits at the barrier"
	expect_equal "$(count_of 'libc.lock.wait.duration{libc.lock.type=condition}')" 2 "waits for the condition"
	expect_equal "$(value_of 'libc.lock.errors{libc.lock.type=condition,error.type=ETIMEDOUT}')" 1 "waits that timed out"
}

# results_are_the_same alone | threaded | realtime: of ordinary use and of misuse.
results_are_the_same() {
	expect_transparent timeout -s KILL 60 "$programs/lock_results" "$1" # a lock that is kept is waited for in vain
	expect_code 0
	(($(wc -l <.plain.out) > 800)) || fail "only $(wc -l <.plain.out) lines of results"
}

# contentions_are_the_programs_own ROUNDS
contentions_are_the_programs_own() {
	local number metric
	counted "$programs/contention" "$1"
	mv .output made
	expect_equal "$(wc -l <made)" 10 "lines of numbers"
	while read -r number metric; do
		expect_equal "$(value_of "$metric")" "$number" "$metric"
	done <made
	expect_equal "$(value_of libc.lock.errors)" 0 "errors"
}

# Names that nothing can be linked to any more, but for programs that were.
old_names_are_counted_as_the_new_ones() {
	compile program -pthread -DFIRST="\"$([[ $(uname -m) == x86_64 ]] && echo GLIBC_2.2.5 || echo GLIBC_2.17)\"" <<-'END'
	#include <errno.h>
	#include <pthread.h>
	#define OLD(name, type) int old_##name(type *); __asm__(".symver old_" #name ", __pthread_" #name "@" FIRST)
	OLD(mutex_lock, pthread_mutex_t);
	OLD(mutex_trylock, pthread_mutex_t);
	OLD(rwlock_rdlock, pthread_rwlock_t);
	OLD(rwlock_tryrdlock, pthread_rwlock_t);
	OLD(rwlock_wrlock, pthread_rwlock_t);
	OLD(rwlock_trywrlock, pthread_rwlock_t);
	int main(void)
	{
		pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
		pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
		if (old_mutex_lock(&mutex) || old_mutex_trylock(&mutex) != EBUSY) return 1;
		pthread_mutex_unlock(&mutex);
		if (old_mutex_trylock(&mutex)) return 2;
		if (old_rwlock_rdlock(&lock) || old_rwlock_tryrdlock(&lock)) return 3;
		if (old_rwlock_trywrlock(&lock) != EBUSY) return 4;
		pthread_rwlock_unlock(&lock), pthread_rwlock_unlock(&lock);
		if (old_rwlock_wrlock(&lock) || old_rwlock_tryrdlock(&lock) != EBUSY) return 5;
		pthread_rwlock_unlock(&lock);
		return old_rwlock_trywrlock(&lock);
	}
	END
	counted ./program
	expect_acquisitions mutex 2
	expect_acquisitions rwlock_read 2
	expect_acquisitions rwlock_write 2
	expect_equal "$(value_of libc.lock.errors)" 0 "errors"
}

# A program of before 2003 waits and signals with versions whose conditions are others. It must not do the one in theirs and
# the other in ours.
conditions_of_old_programs_work() {
	compile program -pthread <<-'END'
	#include <pthread.h>
	#include <stdio.h>
	#define OLD(name) __asm__(".symver pthread_cond_" #name ", pthread_cond_" #name "@GLIBC_2.2.5");
	OLD(init) OLD(destroy) OLD(signal) OLD(broadcast) OLD(wait) OLD(timedwait)
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t turned = PTHREAD_COND_INITIALIZER, over;
	static int turns, ended;
	static void *take_turns(void *own)
	{
		struct timespec far = {4000000000, 0};
		pthread_mutex_lock(&mutex);
		while (turns < 20) {
			while (turns < 20 && turns % 2 != (own != NULL)) pthread_cond_wait(&turned, &mutex);
			turns++;
			pthread_cond_signal(&turned);
		}
		ended++;
		pthread_cond_broadcast(&over);
		while (ended < 2) pthread_cond_timedwait(&over, &mutex, &far);
		pthread_mutex_unlock(&mutex);
		return NULL;
	}
	int main(void)
	{
		pthread_t other;
		pthread_cond_init(&over, NULL);
		pthread_create(&other, NULL, take_turns, &mutex);
		take_turns(NULL);
		pthread_join(other, NULL);
		printf("%d ended, %d\n", ended, pthread_cond_destroy(&over));
		return 0;
	}
	END
	nm -D program | grep -q 'pthread_cond_wait@GLIBC_2.2.5' || fail "$(nm -D program)"
	expect_transparent timeout 20 ./program
	expect_code 0
}

test_case old_names_are_counted_as_the_new_ones
if [[ $(uname -m) == x86_64 ]]; then # the oldest of all others is younger
	test_case conditions_of_old_programs_work
fi
test_case results_are_the_same alone
test_case results_are_the_same threaded
test_case results_are_the_same realtime
test_case contentions_are_the_programs_own 3
test_case every_lock_is_counted 0 50
test_case every_lock_is_counted 8 200
test_case a_held_lock_is_waited_for_once
test_case expect_transparent "$programs/locks" free 4 20
test_case expect_transparent "$programs/locks" held
test_done
