/* Looking for functions that come before ours; see winners.h. In the constructor: the loader may be
 * asked there. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include "base/memory.h"
#include "hooks/hook.h"
#include "hooks/lookup.h"
#include "hooks/memory.h"
#include "preload/shim.h"
#include "preload/winners.h"

/* The linker's: where our object begins and ends. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static uint32_t lost; /* bit 1 << enum HOOK_FAMILY */

/* A program that is not position-independent and takes a function's address is given the address of
 * its own jump to it: an undefined symbol with a value. */
static bool is_jump(const void *address)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	return dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol &&
	       symbol->st_shndx == SHN_UNDEF;
}

/* Bit i: callers of names[i] reach another function. */
static uint32_t find_lost(const char *const names[], int count)
{
	const char *found;
	uint32_t others;

	if (lookup_before(names, count, &others))
		return others;
	others = 0;
	for (int i = 0; i < count; i++) {
		found = dlsym(RTLD_DEFAULT, names[i]);
		if ((found < __ehdr_start || found >= _end) && !is_jump(found))
			others |= 1u << i;
	}
	return others;
}

static uint32_t count_ours(int family)
{
	uint32_t ours = 0;
	const char *name;

	for (int id = 0; id < HOOK_COUNT; id++) {
		name = hook_rows[id].name;
		ours += hook_family_of[id] == family && !find_lost(&name, 1);
	}
	return ours;
}

/* The first of the family in hooks.def. */
static enum hook_id sample_of(int family)
{
	int id = 0;

	while (hook_family_of[id] != family)
		id++;
	return (enum hook_id)id;
}

void winners_find(void)
{
	const char *names[HOOK_FAMILY_COUNT]; /* as sample_of() says, in one pass */

	for (int id = HOOK_COUNT - 1; id >= 0; id--) {
		shim.hooks_active[hook_family_of[id]]++;
		names[hook_family_of[id]] = hook_rows[id].name;
	}
	lost = find_lost(names, HOOK_FAMILY_COUNT);
	for (int family = 0; family < HOOK_FAMILY_COUNT; family++) {
		if (lost & 1u << family)
			shim.hooks_active[family] = count_ours(family);
	}
	if (lost & 1u << HOOK_FAMILY_MEMORY)
		__atomic_or_fetch(&memory_mode, MEMORY_OFF, __ATOMIC_RELAXED);
	if (relaxed_load(&memory_mode) & MEMORY_OFF) /* or a sanitizer's allocator */
		shim.hooks_active[HOOK_FAMILY_MEMORY] = 0;
}

void winners_tell(void)
{
	char line[160];

	for (int family = 0; family < HOOK_FAMILY_COUNT; family++) {
		size_t n;

		if (!(lost & 1u << family))
			continue;
		n = string_copy(line, sizeof(line), hook_rows[sample_of(family)].name);
		string_copy(
			line + n, sizeof(line) - n,
			" of the program, or of an object preloaded before us, comes before ours: "
			"such calls are not seen");
		shim_log(LOG_LEVEL_WARN, line);
	}
}
