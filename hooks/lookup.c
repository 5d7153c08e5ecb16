/* See lookup.h. Reads what the loader has mapped and relocated: the list of objects and their
 * symbol tables, by the hash of GNU's linkers. */
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "hooks/lookup.h"

#define WORD_BITS      (8 * sizeof(ElfW(Addr)))
#define VERSION_HIDDEN 0x8000 /* not the default one */
#define VERSION_FIRST  2      /* 0 and 1: local, global without version */

struct table {
	const uint32_t *hash;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;
};

/* Of an object that is there from the start on: it is never unloaded. */
static const struct link_map *last;

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* glibc has made addresses of the offsets, save where the section is read-only. */
static const void *address_in(const struct link_map *map, ElfW(Addr) value)
{
	return (const void *)(value < map->l_addr ? value + map->l_addr : value);
}

static bool table_of(const struct link_map *map, struct table *ret)
{
	const ElfW(Dyn) *hash = NULL, *symbols = NULL, *strings = NULL, *versions = NULL;

	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_GNU_HASH)
			hash = entry;
		else if (entry->d_tag == DT_SYMTAB)
			symbols = entry;
		else if (entry->d_tag == DT_STRTAB)
			strings = entry;
		else if (entry->d_tag == DT_VERSYM)
			versions = entry;
	}
	if (!hash || !symbols || !strings)
		return false;
	ret->hash = address_in(map, hash->d_un.d_ptr);
	ret->symbols = address_in(map, symbols->d_un.d_ptr);
	ret->strings = address_in(map, strings->d_un.d_ptr);
	ret->versions = versions ? address_in(map, versions->d_un.d_ptr) : NULL;
	return true;
}

static bool is_default(const struct table *table, uint32_t index)
{
	uint32_t version = table->versions ? table->versions[index] : 0;

	return !(version & VERSION_HIDDEN) || (version & ~VERSION_HIDDEN) < VERSION_FIRST;
}

static bool is_it(const struct table *table, uint32_t index, const char *name)
{
	const ElfW(Sym) *symbol = &table->symbols[index];

	return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 && is_default(table, index) &&
	       string_equal(table->strings + symbol->st_name, name);
}

static const ElfW(Sym) * find(const struct table *table, const char *name, uint32_t hash)
{
	uint32_t buckets = table->hash[0], first = table->hash[1], words = table->hash[2];
	const ElfW(Addr) *filter = (const ElfW(Addr) *)(table->hash + 4);
	const uint32_t *bucket = (const uint32_t *)(filter + words), *chain = bucket + buckets;
	ElfW(Addr) word = filter[hash / WORD_BITS & (words - 1)];
	uint32_t index;

	if (!(word >> hash % WORD_BITS & word >> (hash >> table->hash[3]) % WORD_BITS & 1))
		return NULL;
	index = bucket[hash % buckets];
	if (index < first)
		return NULL;
	for (;; index++) {
		uint32_t link = chain[index - first];

		if ((link | 1) == (hash | 1) && is_it(table, index, name))
			return &table->symbols[index];
		if (link & 1)
			return NULL;
	}
}

/* The object that we are in; *ret_last: the last of those that were there at the first look-up. */
static const struct link_map *own_object(const struct link_map **ret_last)
{
	const struct link_map *own = _r_debug.r_map, *end = relaxed_load(&last);

	while (own && own->l_ld != _DYNAMIC)
		own = own->l_next;
	if (!end) {
		for (end = own; end && end->l_next; end = end->l_next)
			;
		relaxed_store(&last, end);
	}
	*ret_last = end;
	return own;
}

enum lookup lookup_next(const char *name, void **ret_function)
{
	const struct link_map *end, *map = own_object(&end);
	uint32_t hash = hash_of(name);
	const ElfW(Sym) * symbol;
	struct table table;

	if (!map || map == end)
		return LOOKUP_UNKNOWN;
	while (map != end) {
		map = map->l_next;
		if (!table_of(map, &table))
			return LOOKUP_UNKNOWN;
		symbol = find(&table, name, hash);
		if (!symbol)
			continue;
		if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
			return LOOKUP_UNKNOWN;
		*ret_function = (void *)(map->l_addr + symbol->st_value);
		return LOOKUP_FOUND;
	}
	return LOOKUP_ABSENT;
}

/* The kernel's: in the list, but nobody's calls are bound to it. */
static bool is_vdso(const struct link_map *map)
{
	return map->l_addr && map->l_addr == getauxval(AT_SYSINFO_EHDR);
}

bool lookup_before(const char *const names[], int count, uint32_t *ret_defined)
{
	const struct link_map *end, *own = own_object(&end), *map = _r_debug.r_map;
	struct table table;

	*ret_defined = 0;
	for (; own && map != own; map = map->l_next) {
		if (is_vdso(map))
			continue;
		if (!table_of(map, &table))
			return false;
		for (int i = 0; i < count; i++) {
			if (find(&table, names[i], hash_of(names[i])))
				*ret_defined |= 1u << i;
		}
	}
	return own != NULL;
}
