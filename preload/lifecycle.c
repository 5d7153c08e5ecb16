/* Fork, exec, exit: who owns the counts and when they are handed over. See hooks/lifecycle.h and
 * lifecycle.h. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/single_threaded.h>
#include <time.h>
#include "base/clock.h"
#include "base/memory.h"
#include "base/ticks.h"
#include "hooks/descriptor.h"
#include "hooks/hook.h"
#include "hooks/lifecycle.h"
#include "hooks/own_calls.h"
#include "hooks/process.h"
#include "metrics/collect.h"
#include "metrics/session.h"
#include "preload/emitter.h"
#include "preload/lifecycle.h"
#include "preload/shim.h"
#include "preload/tree.h"

#define EXIT_BOUND_NS UINT64_C(1000000000)
#define EXEC_BOUND_NS UINT64_C(50000000)
#define TREE_LOOK_NS  UINT64_C(1000000000) /* is the tree's exporter still there? */

/* What pthread_atfork is: that one is not in libc.so, but linked in, far from all that is used. */
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *dso);
extern void *__dso_handle __attribute__((visibility("hidden")));
extern int __cxa_atexit(void (*function)(void *), void *argument, void *dso);
extern int __cxa_at_quick_exit(void (*function)(void *), void *dso);

static struct process_values last_totals LARGE_MEMORY;
static uint32_t books_closed
	FORK_MEMORY; /* totals were handed over; 1 also while an exec is on its way */
static bool exec_is_told FORK_MEMORY;
/* What the hook that is due does: both, if both. */
static bool calibration_is_due FORK_MEMORY, emitter_is_due FORK_MEMORY;

bool lifecycle_is_ours(void)
{
	return shim.counting && !hook_thread.passing && !own_calls_are_stopped() &&
	       (uint32_t)sys_call(SYS_getpid) == shim.owner_pid;
}

static struct observe_state window FORK_MEMORY; /* of what is observed on the program's threads */

static void hand_over(enum segment_state state)
{
	struct segment *segment = counting_segment();
	struct segment_header *header = segment->header;

	if (!header)
		return;
	if (shim.session) {
		if (!relaxed_load(&shim.confined))
			observe_usage(counting_observed(), &window, &shim.observed);
		if (header->messages_length)
			session_message(shim.session, header->program, header->pid,
			                header->messages);
		counting_totals(&last_totals);
		session_change_begin(shim.session);
		/* Killed in the middle, it is counted in part, never twice. */
		relaxed_store(&header->state, state);
		session_add(shim.session, &last_totals);
		session_change_end(shim.session);
		if (state == SEGMENT_EXEC)
			session_exec(shim.session, shim.directory, shim.pid_namespace);
		return;
	}
	relaxed_store(&header->state, state);
}

void lifecycle_close_books(void)
{
	struct segment *segment = counting_segment();

	if (__atomic_exchange_n(&books_closed, 1, __ATOMIC_RELAXED))
		return;
	hand_over(SEGMENT_EXPORTED);
	if (segment->header && relaxed_load(&segment->header->state) == SEGMENT_EXPORTED &&
	    !relaxed_load(&shim.confined))
		segment_unlink(segment);
}

bool lifecycle_is_threaded(void)
{
	return !__libc_single_threaded;
}

/* Once for all, and never again from this process. */
static bool export_all(bool *ret_wanted)
{
	*ret_wanted = emitter_flush(EXIT_BOUND_NS);
	return emitter_stop(EXIT_BOUND_NS);
}

void lifecycle_exit(void)
{
	/* Without a session it is left like a killed one's, for whoever salvages. */
	if (relaxed_load(&shim.confined) && shim.session && !hook_thread.passing)
		lifecycle_close_books();
	if (!lifecycle_is_ours() || relaxed_load(&books_closed))
		return;
	if (tree_is_one() && !relaxed_load(&shim.confined)) {
		lifecycle_close_books();
		tree_end(export_all);
		return;
	}
	emitter_flush(EXIT_BOUND_NS);
	lifecycle_close_books();
}

void lifecycle_thread_exit(void)
{
	if (lifecycle_is_threaded() || !lifecycle_is_ours() ||
	    (uint32_t)sys_call(SYS_gettid) != shim.owner_pid)
		return;
	lifecycle_exit();
	emitter_stop(EXIT_BOUND_NS);
}

static void exit_handler(void *argument)
{
	(void)argument;
	lifecycle_exit();
}

/* The signal may be caught: the segment stays as it is, for whoever looks after the dead. */
void lifecycle_abort(void)
{
	if (lifecycle_is_ours() && !relaxed_load(&books_closed) && tree_is_exporter())
		emitter_flush(EXIT_BOUND_NS);
}

static void count_exec(uint64_t amount)
{
	counting_add(counting_here(HOOK_FAMILY_PROCESS), PLACE(PROCESS_EXECS), 0, amount);
}

bool lifecycle_exec_finds(int directory, const char *path, int flags)
{
	long err;

	if (!lifecycle_is_ours() || shim.restricted)
		return true;
	/* As who asks exec, not as the real user. What else it wants of a file is its to say, and
	 * all of it where an older kernel does not know the call. */
	err = sys_call(SYS_faccessat2, directory, path, 1 /* X_OK */, flags | AT_EACCESS);
	return err != -ENOENT && err != -ENOTDIR && err != -EACCES && err != -ELOOP &&
	       err != -EBADF;
}

void lifecycle_exec_begin(void)
{
	if (!lifecycle_is_ours() || __atomic_exchange_n(&books_closed, 1, __ATOMIC_RELAXED))
		return;
	/* Of most fork children it would be the only count, and take a page. */
	exec_is_told = shim.session || emitter_reaches_somebody();
	if (exec_is_told)
		count_exec(1);
	if (exec_is_told && tree_is_exporter())
		emitter_flush(EXEC_BOUND_NS);
	hand_over(SEGMENT_EXEC);
	/* The program that follows may be one that we cannot see. */
	if (tree_is_one() && tree_is_exporter() && emitter_stop(EXEC_BOUND_NS))
		tree_resign();
	if (counting_segment()->header)
		segment_exec_begin(counting_segment());
}

/* The next timed hook that ends later than this does what is due. */
static void due_after(const struct clock_pair *from, uint64_t delay_ns)
{
	uint64_t multiplier = relaxed_load(&hook_ticks_multiplier);
	uint64_t due = from->ns + delay_ns;

	if (multiplier) /* delay in ticks: units << 32 / multiplier, kept within 64 bits */
		due = from->ticks +
		      (ns_to_units(delay_ns) << 16) / (multiplier >> 16 ? multiplier >> 16 : 1);
	relaxed_store(&hook_due, due);
}

/* Starts the emitter, or looks after the tree's. */
void lifecycle_emitter_in(uint64_t delay_ns)
{
	struct clock_pair now = clock_pair_now();

	emitter_is_due = true;
	due_after(&now, delay_ns);
}

static void calibrate_later(void)
{
	calibration_is_due = !relaxed_load(&hook_ticks_multiplier);
	if (calibration_is_due)
		due_after(&shim.start, CLOCK_WINDOW_NS);
}

static uint64_t start_delay_ns(void)
{
	return (uint64_t)shim.settings->start_delay_ms * 1000000;
}

/* In a fork child, most of which exec, and in a process that does not export for its tree. */
static void start_emitter_later(void)
{
	emitter_is_due = true;
	if (!calibration_is_due)
		due_after(&shim.start, start_delay_ns());
}

static void take_back(struct segment *segment)
{
	bool handed = shim.session && relaxed_load(&segment->header->state) == SEGMENT_EXEC;

	if (handed) {
		session_change_begin(shim.session);
		session_subtract(shim.session, &last_totals);
	}
	segment_exec_failed(segment);
	if (handed)
		session_change_end(shim.session);
}

void lifecycle_exec_failed(void)
{
	struct segment *segment = counting_segment();

	if (!lifecycle_is_ours() || !relaxed_load(&books_closed))
		return;
	if (segment->header)
		take_back(segment);
	if (exec_is_told)
		count_exec(UINT64_MAX);
	relaxed_store(&books_closed, 0);
	if (tree_is_one())
		start_emitter_later();
}

static void start_clocks(void)
{
	shim.owner_pid = (uint32_t)sys_call(SYS_getpid);
	shim.start = clock_pair_now();
	shim.start_time_ns = clock_read_ns(CLOCK_REALTIME);
}

static void start_emitter_now(void)
{
	emitter_is_due = false;
	if (tree_take_over()) {
		emitter_start();
	} else {
		tree_look();
		observe_usage(counting_observed(), &window, &shim.observed);
		lifecycle_emitter_in(TREE_LOOK_NS);
	}
}

/* False: something else does it. */
static bool take_what_is_due(void)
{
	return __atomic_exchange_n(&hook_due, UINT64_MAX, __ATOMIC_RELAXED) != UINT64_MAX;
}

/* No system call, whoever it is: the program may have a filter that it has not told of. */
static void calibrate_now(void)
{
	if (!take_what_is_due())
		return;
	calibration_is_due = false;
	clock_calibrate_early(&shim.start);
	if (emitter_is_due)
		start_emitter_later();
}

static void do_what_is_due(void)
{
	if (calibration_is_due) {
		calibrate_now();
		if (!emitter_is_due || hook_clock_ns() < shim.start.ns + start_delay_ns())
			return;
	}
	if (lifecycle_is_ours() && take_what_is_due())
		start_emitter_now();
}

void hook_do_what_is_due(void)
{
	if (!own_calls_begin())
		return;
	do_what_is_due();
	own_calls_end();
}

void lifecycle_prefork(void)
{
	if (shim.counting)
		counting_prefork();
}

void lifecycle_postfork_parent(void)
{
	if (shim.counting)
		counting_postfork_parent();
}

/* Asking the kernel costs a fork child more than all else of its segment. */
static void note_namespace(void)
{
	const struct segment_header *header = counting_segment()->header;

	shim.pid_namespace = header ? header->pid_namespace : 0;
}

void lifecycle_postfork_child(void)
{
	struct segment_identity identity = {.directory = shim.directory,
	                                    .program = shim.program,
	                                    .session = shim.session != NULL};
	uint32_t parent = shim.owner_pid;

	/* Memory of its own, also where a child of vfork forks. */
	relaxed_store(&hook_thread.passing, 0);
	relaxed_store(&hook_thread.leaving, 0);
	own_calls_postfork_child();
	if (!shim.counting)
		return;
	if (own_calls_are_stopped()) {
		counting_postfork_frozen_child();
		return;
	}
	hook_clock_resume(); /* forked while another thread was about to stop it */
	start_clocks();
	/* The first process of another namespace does not see its parent. */
	if ((uint32_t)sys_call(SYS_getppid) == parent)
		identity.pid_namespace = shim.pid_namespace;
	/* A new process starts with nothing used. */
	memset(&shim.observed, 0, sizeof(shim.observed));
	shim.observed.calls_known = true;
	relaxed_store(&books_closed, 0);
	emitter_postfork_child();
	identity.start_time_ns = shim.start_time_ns;
	counting_postfork_child(&identity);
	note_namespace();
	descriptor_postfork_child();
	if (shim.restricted)
		return;
	calibrate_later();
	start_emitter_later();
}

/* In daemon() this is the last that is seen of the parent, unless the fork has failed. */
static void after_fork(void)
{
	bool failed = errno != 0;

	lifecycle_postfork_parent();
	if (!hook_thread.leaving || failed)
		return;
	process_created(PROCESS_OPERATION_FORK, 0, 0);
	lifecycle_exit();
}

static void before_fork(void)
{
	real_resolve_for_children();
	lifecycle_prefork();
}

void lifecycle_begin(void)
{
	struct segment_identity identity = {.directory = shim.directory,
	                                    .program = shim.program,
	                                    .session = shim.session != NULL};

	start_clocks();
	observe_begin(&shim.observed);
	segment_exec_sweep(shim.directory, shim.owner_pid, shim.session);
	identity.start_time_ns = shim.start_time_ns;
	counting_start(&identity);
	note_namespace();
	if (shim.restricted)
		counting_freeze_begin();
	__register_atfork(before_fork, after_fork, lifecycle_postfork_child, __dso_handle);
	/* Without a DSO: runs after the destructors of all libraries, not among them. */
	__cxa_atexit(exit_handler, NULL, NULL);
	__cxa_at_quick_exit(exit_handler, NULL);
	if (shim.restricted)
		return;
	calibrate_later();
	if (!tree_take_over()) {
		start_emitter_later();
	} else if (emitter_start()) {
		observe_calls_begin(&shim.observed, NULL, 0);
		shim_log(LOG_LEVEL_WARN,
		         "no emitter thread (limit of processes?): exported at exit only");
	}
}
