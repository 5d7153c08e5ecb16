/* Looking a function up in the vDSO, a small ELF object; see vdso.h. */
#include "base/vdso.h"
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"

#if defined(__x86_64__)
#define CLOCK_GETTIME "__vdso_clock_gettime"
#else
#define CLOCK_GETTIME "__kernel_clock_gettime"
#endif

struct tables {
	const Elf64_Sym *symbols;
	const char *names;
	const uint32_t *hash; /* NULL: this kernel's has none of the old kind */
};

static void read_tables(struct tables *ret, const Elf64_Dyn *dynamic, uintptr_t bias)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *at = (const void *)(bias + dynamic->d_un.d_ptr);

		if (dynamic->d_tag == DT_SYMTAB)
			ret->symbols = at;
		else if (dynamic->d_tag == DT_STRTAB)
			ret->names = at;
		else if (dynamic->d_tag == DT_HASH)
			ret->hash = at;
	}
}

/* The table's length stands in the hash table; else the names, which follow it, tell. */
static size_t count_symbols(const struct tables *tables)
{
	if (tables->hash)
		return tables->hash[1];
	if (tables->names < (const char *)tables->symbols)
		return 0;
	return (size_t)(tables->names - (const char *)tables->symbols) / sizeof(Elf64_Sym);
}

vdso_clock_gettime_type *vdso_clock_gettime(const void *image)
{
	const Elf64_Ehdr *header = image;
	const Elf64_Phdr *segment;
	const Elf64_Dyn *dynamic = NULL;
	struct tables tables = {NULL, NULL, NULL};
	uintptr_t bias = (uintptr_t)image;

	if (!image || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	segment = (const Elf64_Phdr *)((uintptr_t)image + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++, segment++) {
		if (segment->p_type == PT_LOAD)
			bias = (uintptr_t)image + segment->p_offset - segment->p_vaddr;
		else if (segment->p_type == PT_DYNAMIC)
			dynamic = (const Elf64_Dyn *)((uintptr_t)image + segment->p_offset);
	}
	if (dynamic)
		read_tables(&tables, dynamic, bias);
	if (!tables.symbols || !tables.names)
		return NULL;
	for (size_t i = count_symbols(&tables); i-- > 0;) {
		const Elf64_Sym *symbol = &tables.symbols[i];

		if (symbol->st_shndx != SHN_UNDEF &&
		    string_equal(tables.names + symbol->st_name, CLOCK_GETTIME))
			return (vdso_clock_gettime_type *)(bias + symbol->st_value);
	}
	return NULL;
}
