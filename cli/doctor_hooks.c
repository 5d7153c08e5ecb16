/*
 * otelue doctor --hooks: where the name of each hook leads. The command executes itself with the
 * shim preloaded, in the environment as it is, and there asks the dynamic linker: which object do
 * callers reach by this name, and which one comes after the shim, where its real call goes.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/library.h"
#include "cli/memory.h"
#include "metrics/metric.h"

enum need { OPTIONAL, REQUIRED, ASSEMBLY };

static const struct row {
	const char *name;
	enum HOOK_FAMILY family;
	enum need need;
} rows[] = {
#define HOOK(family, need, type, name, parameters) {#name, HOOK_FAMILY_##family, need},
#define ASSEMBLY_HOOK(family, name)                {#name, HOOK_FAMILY_##family, ASSEMBLY},
#include "hooks/hooks.def"
#undef HOOK
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* An object of the process, in the order in which names are looked up. */
struct object {
	const struct link_map *map;
	void *handle;
	bool used; /* by a line of the table */
};

struct objects {
	struct object *all;
	size_t count, shim; /* shim: its number; count: it is not there */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct objects find_objects(void)
{
	struct objects objects = {NULL, 0, 0};
	struct link_map *first = NULL;
	void *program = dlopen(NULL, RTLD_LAZY);

	if (!program || dlinfo(program, RTLD_DI_LINKMAP, &first) != 0)
		return objects;
	for (const struct link_map *map = first; map; map = map->l_next)
		objects.count++;
	objects.all = memory_take(objects.count * sizeof(*objects.all));
	objects.shim = objects.count;
	for (size_t i = 0; i < objects.count; i++, first = first->l_next) {
		objects.all[i].map = first;
		objects.all[i].handle = dlopen(first->l_name, RTLD_LAZY | RTLD_NOLOAD);
		if (strcmp(base_name(first->l_name), LIBRARY_NAME) == 0)
			objects.shim = i;
	}
	return objects;
}

/* The object that the address is in; NULL: none. */
static struct object *object_of(const struct objects *objects, const void *address)
{
	struct link_map *map = NULL;
	Dl_info info;

	if (!address || !dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	for (size_t i = 0; i < objects->count; i++) {
		if (objects->all[i].map == map)
			return &objects->all[i];
	}
	return NULL;
}

/* What the shim's real call finds: the first object behind it that has the name itself, and not by
 * what it depends on. */
static struct object *next_object(const struct objects *objects, const char *name,
                                  void **ret_address)
{
	for (size_t i = objects->shim + 1; i < objects->count; i++) {
		struct object *object = &objects->all[i];

		*ret_address = object->handle ? dlsym(object->handle, name) : NULL;
		if (*ret_address && object_of(objects, *ret_address) == object)
			return object;
	}
	return NULL;
}

static uintptr_t dynamic_value(const struct link_map *map, ElfW(Sxword) tag)
{
	const ElfW(Dyn) *entry = map->l_ld;

	while (entry->d_tag != DT_NULL && entry->d_tag != tag)
		entry++;
	return entry->d_tag == tag ? entry->d_un.d_ptr : 0;
}

/* glibc has made addresses of some entries, of others they are offsets still. */
static uintptr_t dynamic_address(const struct link_map *map, ElfW(Sxword) tag)
{
	uintptr_t value = dynamic_value(map, tag);

	return value && value < map->l_addr ? value + map->l_addr : value;
}

/* The newest of the object's versions by which the name has this address: the default one. "": it
 * has none. */
static const char *version_of(const struct object *object, const char *name, const void *address)
{
	uintptr_t place = dynamic_address(object->map, DT_VERDEF);
	const char *strings = (const char *)dynamic_address(object->map, DT_STRTAB);
	uintptr_t count = dynamic_value(object->map, DT_VERDEFNUM);
	const char *newest = "";

	for (uintptr_t i = 0; place && strings && i < count; i++) {
		const ElfW(Verdef) *definition = (const ElfW(Verdef) *)place;
		const ElfW(Verdaux) *first = (const ElfW(Verdaux) *)(place + definition->vd_aux);
		const char *version = strings + first->vda_name;

		if (!(definition->vd_flags & VER_FLG_BASE) &&
		    dlvsym(object->handle, name, version) == address)
			newest = version;
		place += definition->vd_next;
	}
	return newest;
}

/* One line; false: the hook is not reached, or leads nowhere. */
static bool print_row(const struct objects *objects, const struct row *row)
{
	void *address = NULL;
	struct object *reached = object_of(objects, dlsym(RTLD_DEFAULT, row->name));
	struct object *next =
		row->need == ASSEMBLY ? NULL : next_object(objects, row->name, &address);

	printf("%-24s %-8s %-24s ", row->name,
	       attribute_value(&attribute_table[ATTRIBUTE_HOOK_FAMILY], row->family)->text,
	       reached ? base_name(reached->map->l_name) : "nothing");
	if (row->need == ASSEMBLY)
		printf("the kernel\n");
	else if (next)
		printf("%s %s\n", base_name(next->map->l_name),
		       version_of(next, row->name, address));
	else
		printf("nothing\n");
	if (reached)
		reached->used = true;
	if (next)
		next->used = true;
	return reached == &objects->all[objects->shim] && (next || row->need != REQUIRED);
}

static void print_objects(const struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++) {
		const char *path = objects->all[i].map->l_name;

		if (objects->all[i].used)
			printf("%-24s %s\n", base_name(path), *path ? path : "(this command)");
	}
}

int cli_hooks_here(int argc, char **argv)
{
	struct doctor doctor = {.settings = NULL};
	struct objects objects = find_objects();
	size_t well = 0;

	(void)argc;
	(void)argv;
	if (objects.shim == objects.count) {
		cli_error("doctor", "the dynamic linker did not load " LIBRARY_NAME);
		free(objects.all);
		return CLI_PROBLEM;
	}
	printf("%-24s %-8s %-24s %s\n", "HOOK", "FAMILY", "CALLERS REACH", "REAL CALL GOES TO");
	for (size_t i = 0; i < ROWS; i++)
		well += print_row(&objects, &rows[i]);
	putchar('\n');
	print_objects(&objects);
	if (well == ROWS)
		doctor_ok("hooks: %zu, and callers reach all of them", ROWS);
	else
		doctor_problem(&doctor,
		               "another object comes first, or libc lacks the function; move the "
		               "shim to the front of " LIBRARY_VARIABLE,
		               "hooks: %zu of %zu are not reached or lead nowhere", ROWS - well,
		               ROWS);
	free(objects.all);
	return cli_finish_output("doctor", doctor.problems ? CLI_PROBLEM : CLI_OK);
}

int doctor_show_hooks(void)
{
	char *const arguments[] = {(char[]){"otelue"}, (char[]){HOOKS_VERB}, NULL};
	const char *before = getenv(LIBRARY_VARIABLE);
	char path[PATH_MAX] = "", *preload;

	if (library_find(path, sizeof(path)) < 0) {
		cli_error("doctor", LIBRARY_NAME " is not beside this command");
		return CLI_PROBLEM;
	}
	preload = library_preload(before, path);
	if (!preload) {
		cli_error("doctor", "%s: " LIBRARY_VARIABLE " takes no spaces and colons", path);
		return CLI_PROBLEM;
	}
	setenv(LIBRARY_VARIABLE, preload, 1);
	free(preload);
	execv("/proc/self/exe", arguments);
	cli_error("doctor", "cannot execute this command again: %s", strerror(errno));
	return CLI_PROBLEM;
}
