/*
 * Threads: started, ended, joined. A thread begins in a function of ours, which notes the time; its
 * end is seen by the destructor of counting.c's key, which runs after return, pthread_exit and
 * cancellation alike.
 */
#include "base/memory.h"
#include "hooks/hook.h"
#include "hooks/thread.h"

struct thread_start {
	void *(*function)(void *);
	int (*c11_function)(void *);
	void *argument;
	uint8_t taken;
};

/* A thread that frees gets an arena of its own, 64 MiB of addresses: most threads find their start
 * here. */
#define STARTS 64
static struct thread_start starts[STARTS] LARGE_MEMORY;

/* When these are all taken, on the heap by the real allocator: it is none of the program's. */
static struct thread_start *find_start(void)
{
	for (int i = 0; i < STARTS; i++) {
		if (!__atomic_exchange_n(&starts[i].taken, 1, __ATOMIC_ACQUIRE))
			return &starts[i];
	}
	return real.malloc(sizeof(struct thread_start));
}

static void release_start(struct thread_start *start)
{
	if (start >= starts && start < starts + STARTS)
		release_store(&start->taken, 0);
	else
		real.free(start);
}

static struct thread_start *make_start(void *argument)
{
	static uint32_t resolved;
	struct thread_start *start;

	if (!__atomic_exchange_n(&resolved, 1, __ATOMIC_RELAXED))
		real_resolve_all();
	start = find_start();
	if (start) {
		start->function = NULL;
		start->c11_function = NULL;
		start->argument = argument;
	}
	return start;
}

static struct thread_start take_start(void *argument)
{
	struct thread_start start = *(struct thread_start *)argument;

	release_start(argument);
	counting_thread_begin();
	hook_thread.timer = hook_timer_start();
	return start;
}

static void *begin(void *argument)
{
	struct thread_start start = take_start(argument);

	return start.function(start.argument);
}

static int c11_begin(void *argument)
{
	struct thread_start start = take_start(argument);

	return start.c11_function(start.argument);
}

void thread_ended(void)
{
	struct counting here = counting_here(HOOK_FAMILY_THREAD);

	if (!hook_thread.timer.start)
		return; /* the main thread, or one that no hook started */
	counting_add(here, PLACE(THREAD_TERMINATED), 0, 1);
	counting_record(here, PLACE(THREAD_DURATION), 0, hook_timer_elapsed(hook_thread.timer));
}

static int count_created(int error)
{
	struct counting here = counting_here(HOOK_FAMILY_THREAD);

	if (error)
		counting_add(here, PLACE(THREAD_ERRORS),
		             hook_error_value(ATTRIBUTE_THREAD_ERROR, error), 1);
	else
		counting_add(here, PLACE(THREAD_CREATED), 0, 1);
	return error;
}

OTELUE_EXPORT int pthread_create(pthread_t *restrict ret_thread,
                                 const pthread_attr_t *restrict attributes,
                                 void *(*function)(void *), void *restrict argument)
{
	struct thread_start *start = make_start(argument);
	int error;

	if (!start)
		return count_created(EAGAIN);
	start->function = function;
	error = REAL(pthread_create)(ret_thread, attributes, begin, start);
	if (error)
		release_start(start);
	return count_created(error);
}

OTELUE_EXPORT int thrd_create(thrd_t *ret_thread, thrd_start_t function, void *argument)
{
	struct thread_start *start = make_start(argument);
	int result;

	if (!start || !REAL(thrd_create))
		return thrd_nomem;
	start->c11_function = function;
	result = real.thrd_create(ret_thread, c11_begin, start);
	if (result != thrd_success)
		release_start(start);
	count_created(result == thrd_success ? 0 : EAGAIN);
	return result;
}

static int join_end(struct hook_timer timer, int result)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	counting_record(counting_here(HOOK_FAMILY_THREAD), PLACE(THREAD_JOIN_DURATION), 0, elapsed);
	return result;
}

OTELUE_EXPORT int pthread_join(pthread_t thread, void **ret_result)
{
	struct hook_timer timer = hook_timer_start();

	return join_end(timer, REAL(pthread_join)(thread, ret_result));
}

OTELUE_EXPORT int pthread_tryjoin_np(pthread_t thread, void **ret_result)
{
	struct hook_timer timer = hook_timer_start();

	return join_end(timer, REAL(pthread_tryjoin_np)(thread, ret_result));
}

OTELUE_EXPORT int pthread_timedjoin_np(pthread_t thread, void **ret_result,
                                       const struct timespec *until)
{
	struct hook_timer timer = hook_timer_start();

	return join_end(timer, REAL(pthread_timedjoin_np)(thread, ret_result, until));
}

OTELUE_EXPORT int pthread_clockjoin_np(pthread_t thread, void **ret_result, clockid_t clock,
                                       const struct timespec *until)
{
	struct hook_timer timer = hook_timer_start();

	return join_end(timer, REAL(pthread_clockjoin_np)
	                               ? real.pthread_clockjoin_np(thread, ret_result, clock, until)
	                               : ENOSYS);
}

OTELUE_EXPORT int thrd_join(thrd_t thread, int *ret_result)
{
	struct hook_timer timer = hook_timer_start();

	return join_end(timer, REAL(thrd_join) ? real.thrd_join(thread, ret_result) : thrd_error);
}
