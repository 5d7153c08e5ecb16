/* Who exports for a tree of processes; see tree.h. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/counting.h"
#include "hooks/hook.h"
#include "metrics/segment_list.h"
#include "preload/shim.h"
#include "preload/tree.h"

#define END_NS     UINT64_C(3000000000)
#define END_ROUNDS 10 /* processes may end while the last export is made */

static uint64_t collected; /* changes of the session in the last export */

/* "OTELUE_SESSION=<path>" in place of one that is there already, or after all others. */
static void set_variable(char **variables, char *entry)
{
	const size_t name = sizeof(SESSION_VARIABLE "=") - 1;

	while (*variables && memcmp(*variables, SESSION_VARIABLE "=", name) != 0)
		variables++;
	if (!*variables)
		variables[1] = NULL;
	*variables = entry;
}

/*
 * Names the session to the programs that will be executed. The list of variables is copied, not
 * extended by setenv(), which would allocate: the program's allocations are counted.
 */
static void publish(char *const *envp, const char *path)
{
	char ***environ_pointer = (char ***)dlsym(RTLD_DEFAULT, "environ");
	size_t count = 0, list, size, n;
	char *entry;
	long base;

	/* A library that was begun before us may have set some. */
	if (environ_pointer && *environ_pointer)
		envp = *environ_pointer;
	while (envp && envp[count])
		count++;
	list = (count + 2) * sizeof(char *);
	size = list + sizeof(SESSION_VARIABLE "=") + SESSION_PATH;
	base = environ_pointer ? sys_call(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
	                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
	                       : -1;
	if ((unsigned long)base > -4096ul)
		return;
	entry = (char *)base + list;
	n = string_copy(entry, size - list, SESSION_VARIABLE "=");
	string_copy(entry + n, size - list - n, path);
	if (count)
		memcpy((void *)base, envp, count * sizeof(char *));
	set_variable((char **)base, entry);
	*environ_pointer = (char **)base;
}

void tree_join(char *const *envp)
{
	enum session_own own = shim.session ? SESSION_WITHIN : SESSION_OF_TREE;
	struct session_accumulator *session;
	char path[SESSION_PATH];

	if (shim.settings->segment_scope != SCOPE_TREE ||
	    (shim.session && relaxed_load(&shim.session->own) != SESSION_OF_RUN))
		return;
	if (own == SESSION_OF_TREE)
		session_sweep(shim.directory);
	if (session_make(shim.directory, own, path) || session_open(path, &session)) {
		shim_log(LOG_LEVEL_WARN, "no session for the process tree can be made: each "
		                         "process is exported by itself");
		return;
	}
	shim.session = session;
	string_copy(shim.directory, sizeof(shim.directory), path);
	publish(envp, path);
}

bool tree_is_one(void)
{
	return shim.session && relaxed_load(&shim.session->own) != SESSION_OF_RUN;
}

static uint64_t own_namespace(void)
{
	const struct segment_header *header = counting_segment()->header;

	return header ? header->pid_namespace : 0;
}

/* Pids of another namespace say nothing here. */
static bool knows_exporter(void)
{
	uint64_t unset = 0, own = own_namespace();

	if (!own)
		return false;
	__atomic_compare_exchange_n(&shim.session->pid_namespace, &unset, own, false,
	                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return relaxed_load(&shim.session->pid_namespace) == own;
}

bool tree_is_exporter(void)
{
	return !tree_is_one() ||
	       (knows_exporter() &&
	        __atomic_load_n(&shim.session->exporter, __ATOMIC_SEQ_CST) == shim.owner_pid);
}

/*
 * Has the process ended? One that waits for its parent has no memory any more; nor has the leader
 * of one whose other threads go on, the emitter among them. Without a descriptor: this is asked
 * while the program runs.
 */
static bool is_gone(uint32_t pid)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};
	uint32_t tid = relaxed_load(&shim.session->emitter_tid);

	if (sys_call(SYS_kill, pid, 0) == -ESRCH)
		return true;
	if (shim.restricted) /* the filter may kill who asks */
		return false;
	return sys_call(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) == -ESRCH &&
	       (!tid || sys_call(SYS_tgkill, pid, tid, 0) == -ESRCH);
}

bool tree_take_over(void)
{
	uint32_t exporter;

	if (!tree_is_one())
		return true;
	if (!knows_exporter())
		return false;
	exporter = __atomic_load_n(&shim.session->exporter, __ATOMIC_SEQ_CST);
	if (exporter == shim.owner_pid)
		return true;
	if (exporter && !is_gone(exporter))
		return false;
	if (!__atomic_compare_exchange_n(&shim.session->exporter, &exporter, shim.owner_pid, false,
	                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	relaxed_store(&shim.session->emitter_tid, 0);
	if (!shim.session->leader)
		shim.session->leader = shim.owner_pid;
	return true;
}

uint32_t tree_pid(void)
{
	return shim.session->leader;
}

void tree_emitter(uint32_t tid)
{
	if (tree_is_one() && tree_is_exporter()) {
		relaxed_store(&shim.session->emitter_tid, tid);
		relaxed_store(&shim.session->ticks_multiplier,
		              relaxed_load(&hook_ticks_multiplier));
	}
}

void tree_look(void)
{
	if (!relaxed_load(&hook_ticks_multiplier))
		hook_ticks_trust(relaxed_load(&shim.session->ticks_multiplier));
}

void tree_resign(void)
{
	uint32_t own = shim.owner_pid;

	if (tree_is_one())
		__atomic_compare_exchange_n(&shim.session->exporter, &own, 0, false,
		                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static uint64_t changes(void)
{
	return __atomic_load_n(&shim.session->changes_begun, __ATOMIC_SEQ_CST);
}

/* The last one of the tree removes its session; one that is just starting finds none and makes its
 * own. */
static void close_session(void)
{
	static struct segment_list list LARGE_MEMORY;

	if (relaxed_load(&shim.session->own) != SESSION_OF_TREE ||
	    !segment_list_empty(&list, shim.directory))
		return;
	session_let_go(shim.session);
	session_remove(shim.directory);
}

void tree_collected(uint64_t changes)
{
	relaxed_store(&collected, changes);
}

/*
 * Who hands its totals over and finds an exporter may go: that one either sees them in its last
 * export, or sees afterwards that there was a change, and exports again.
 */
void tree_end(bool (*export_all)(bool *ret_wanted))
{
	uint64_t end = clock_read_ns(CLOCK_MONOTONIC) + END_NS;
	bool wanted;

	for (int round = 0; round < END_ROUNDS && clock_read_ns(CLOCK_MONOTONIC) < end &&
	                    tree_take_over() && tree_is_one();
	     round++) {
		relaxed_store(&collected, UINT64_MAX);
		if (!export_all(&wanted))
			return;
		tree_resign();
		if (!wanted || changes() == relaxed_load(&collected)) {
			close_session();
			return;
		}
	}
}
