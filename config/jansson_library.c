/*
 * libjansson.so.4 opened by hand: RTLD_LOCAL keeps its names from the program, RTLD_DEEPBIND the
 * program's from it, so that its mallocs go to libc and are not counted. Called from the
 * constructor, when nothing of the program runs yet; dlopen and dlsym may allocate.
 */
#include <dlfcn.h>
#include <errno.h>
#include "base/memory.h"
#include "config/jansson_api.h"

#define JANSSON_LIBRARY "libjansson.so.4"

static const struct {
	char symbol[24];
	uint32_t offset;
} functions[] = {
#define JSON_FUNCTION(result, name, parameters) {"json_" #name, offsetof(struct json_api, name)},
#include "config/jansson_api.def"
#undef JSON_FUNCTION
};

/* Their dlopen ends the program that asks for RTLD_DEEPBIND. */
static int program_is_sanitized(void)
{
	int found = dlsym(RTLD_DEFAULT, "__asan_init") || dlsym(RTLD_DEFAULT, "__tsan_init") ||
	            dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace");

	dlerror();
	return found;
}

/* The program's dlopen and dlclose may be hooked, and what they count is the program's. */
static void *open_library(const char *name, int mode)
{
	void *(*next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	return next ? next(name, mode) : NULL;
}

static void close_library(void *library)
{
	int (*next)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "dlclose");

	if (next)
		next(library);
}

static void explain(struct text *why, const char *what)
{
	const char *reason = dlerror();

	text_add(why, reason ? reason : what);
}

int jansson_open_library(struct json_api *ret_api, struct text *why)
{
	struct json_api api = {0};
	int sanitized = program_is_sanitized();

	api.library = open_library(JANSSON_LIBRARY,
	                           RTLD_NOW | RTLD_LOCAL | (sanitized ? 0 : RTLD_DEEPBIND));
	if (!api.library) {
		explain(why, JANSSON_LIBRARY);
		return -ENOENT;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(api.library, functions[i].symbol);

		if (!function) {
			explain(why, functions[i].symbol);
			close_library(api.library);
			return -ENOENT;
		}
		memcpy((char *)&api + functions[i].offset, &function, sizeof(function));
	}
	*ret_api = api;
	return 0;
}

void jansson_close(struct json_api *api)
{
	if (api->library)
		close_library(api->library);
}
