/*
 * Where the shim's parts are put together: its constructor. Fails open: whatever goes wrong, the
 * program runs as if we were not there; one line on stderr when the configuration is bad, nothing
 * else ever.
 */
#include <errno.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/path.h"
#include "base/syscall.h"
#include "config/settings_load.h"
#include "hooks/descriptor.h"
#include "hooks/hook.h"
#include "hooks/loader.h"
#include "hooks/memory.h"
#include "metrics/session.h"
#include "preload/emitter.h"
#include "preload/lifecycle.h"
#include "preload/shim.h"
#include "preload/tree.h"
#include "preload/winners.h"

struct shim shim FORK_MEMORY;

void shim_log(uint32_t level, const char *text)
{
	if (level >= shim.settings->log_level)
		segment_message(counting_segment(), text);
}

static const char *variable(char *const *envp, const char *name)
{
	size_t length = string_length(name);

	for (; envp && *envp; envp++) {
		if (memcmp(*envp, name, length) == 0 && (*envp)[length] == '=' &&
		    (*envp)[length + 1])
			return *envp + length + 1;
	}
	return NULL;
}

/* The one line that we may print, in one piece: other processes may print theirs. */
static void complain(const struct settings_error *error)
{
	static const char prefix[] = "otelue: ", suffix[] = " (nothing is counted)\n";
	struct iovec pieces[] = {
		{(void *)(uintptr_t)prefix, sizeof(prefix) - 1},
		{(void *)(uintptr_t)error->text, string_length(error->text)},
		{(void *)(uintptr_t)suffix, sizeof(suffix) - 1},
	};

	sys_call(SYS_writev, 2, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* Is it the interpreter that runs, and not the file that was executed? The kernel then hands that
 * on as an argument, behind those of the "#!" lines. */
static bool is_argument(char *const *argv, const char *file)
{
	for (int i = 1; argv[0] && argv[i] && i <= 16; i++) {
		if (string_equal(argv[i], file))
			return true;
	}
	return false;
}

/* What /proc/self/exe says. To ask it costs a start 11 us: the kernel makes what it finds there for
 * each process anew. */
static void find_program(char *const *argv)
{
	const char *file = (const char *)getauxval(AT_EXECFN);

	if (shim.restricted || !file || !getauxval(AT_BASE) || is_argument(argv, file) ||
	    !path_resolve(file, shim.program, sizeof(shim.program))) {
		memset(shim.program, 0, sizeof(shim.program));
		sys_call(SYS_readlinkat, -100, "/proc/self/exe", shim.program,
		         sizeof(shim.program) - 1);
	}
}

static bool load_settings(char *const *argv, char *const *envp, bool secure)
{
	static struct settings settings LARGE_MEMORY;
	static struct settings_error error LARGE_MEMORY;
	static char path[256];
	struct settings_environment environment = {
		.variables = envp,
		.secure = secure,
		.open_json = jansson_open_library,
		.blob_directory = shim.restricted || settings_user_directory("/dev/shm", path,
	                                                                     sizeof(path)) < 0
	                                  ? NULL
	                                  : path,
	};
	int err;

	if (settings_are_given(&environment)) {
		err = settings_load(&environment, &settings, &error);
		if (err && err != -EOVERFLOW)
			complain(&error);
		if (err)
			return false;
		shim.settings = &settings;
	}
	if (shim.settings->disabled)
		return false;
	find_program(argv);
	return settings_program_selected(shim.settings, shim.program);
}

static void find_directory(char *const *envp, bool secure)
{
	const char *session = secure ? NULL : variable(envp, SESSION_VARIABLE);

	/* A session that is no more, or another user's, is none. */
	if (session && *session == '/' && string_length(session) < sizeof(shim.directory) &&
	    session_open(session, &shim.session) == 0) {
		string_copy(shim.directory, sizeof(shim.directory), session);
	} else if (settings_user_directory(shim.settings->segment_directory, shim.directory,
	                                   sizeof(shim.directory)) < 0) {
		shim.directory[0] = '\0';
	}
}

/* Nothing is counted; the hooks only forward, and make no system call of their own: a filter that
 * the program sets may kill for it. */
static void stand_aside(void)
{
	relaxed_store(&descriptor_lookups, false);
	relaxed_store(&hook_families, 0);
	hook_clock_off();
	__atomic_or_fetch(&memory_mode, MEMORY_OFF, __ATOMIC_RELAXED);
}

/* -EINVAL: the kernel knows no filters. */
static bool is_filtered(void)
{
	long mode = sys_call(SYS_prctl, PR_GET_SECCOMP);

	return mode != 0 && mode != -EINVAL;
}

__attribute__((constructor)) static void otelue_start(int argc, char **argv, char **envp)
{
	bool secure = getauxval(AT_SECURE) != 0;
	int saved = errno;

	(void)argc;
	/* First of all a write to either page: one that is read first is faulted twice. */
	relaxed_store(&hook_due, UINT64_MAX);
	relaxed_store(&loader_tells, false);
	shim.settings = &settings_default;
	memory_resolve();
	/* Under a filter we make no system call that the program might not: it could be killed for
	 * it. */
	shim.restricted = is_filtered();
	relaxed_store(&descriptor_lookups, !shim.restricted);
	shim.counting = load_settings(argv, envp, secure);
	if (shim.counting) {
		hook_clock_begin((const void *)getauxval(AT_SYSINFO_EHDR));
		shim.page_size = (uint32_t)getauxval(AT_PAGESZ);
		shim.loader = &_r_debug;
		shim.vdso = getauxval(AT_SYSINFO_EHDR);
		find_directory(envp, secure);
		tree_join(envp);
		winners_find();
		loader_tells = shim.settings->log_level <= LOG_LEVEL_WARN;
		counting_names = shim.settings->dns_question_name;
		counting_reverse =
			settings_metric_enabled(shim.settings, METRIC_DNS_REVERSE_DURATION);
		relaxed_store(&hook_families, shim.settings->families);
		if (!settings_family_enabled(shim.settings, HOOK_FAMILY_MEMORY))
			__atomic_or_fetch(&memory_mode, MEMORY_OFF, __ATOMIC_RELAXED);
		if (settings_metric_enabled(shim.settings, METRIC_MEMORY_ALLOCATION_DURATION))
			memory_take_time();
		if (shim.restricted)
			emitter_confine();
		lifecycle_begin();
		winners_tell();
	} else {
		stand_aside();
	}
	errno = saved;
}
