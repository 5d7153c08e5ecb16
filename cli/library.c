/* See library.h. */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/library.h"
#include "cli/memory.h"

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#endif

/* Relative to the directory that the command lies in; the last one is absolute. */
static const char *const places[] = {
	"../lib/", "../lib/" MULTIARCH "/", "../lib64/", ".libs/", "", LIBRARY_DIRECTORY "/",
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static bool own_directory(char *to, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", to, size - 1);

	if (n <= 0 || (size_t)n >= size - 1)
		return false;
	to[n] = '\0';
	*(strrchr(to, '/') + 1) = '\0';
	return true;
}

/* Is there a shim in this place? */
static bool find_in(const char *place, const char *own, char *to, size_t size)
{
	char *path = memory_text("%s%s" LIBRARY_NAME, place[0] == '/' ? "" : own, place);
	char real[PATH_MAX];
	bool found = realpath(path, real) && access(real, R_OK) == 0 && strlen(real) < size;

	if (found)
		strcpy(to, real);
	free(path);
	return found;
}

int library_find(char *to, size_t size)
{
	char own[PATH_MAX];

	if (!own_directory(own, sizeof(own)))
		strcpy(own, "");
	for (size_t i = 0; i < PLACES; i++) {
		if ((own[0] || places[i][0] == '/') && find_in(places[i], own, to, size))
			return 0;
	}
	return -ENOENT;
}

const char *library_places(void)
{
	static char *all;
	char own[PATH_MAX];

	if (all)
		return all;
	if (!own_directory(own, sizeof(own)))
		strcpy(own, "");
	all = memory_text("%s", "");
	for (size_t i = 0; i < PLACES; i++) {
		char *longer = memory_text("%s  %s%s" LIBRARY_NAME "\n", all,
		                           places[i][0] == '/' ? "" : own, places[i]);

		free(all);
		all = longer;
	}
	return all;
}

/* Is a shim, from whatever directory, named in the list? */
static bool is_named(const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ": ");
		const size_t name = sizeof(LIBRARY_NAME) - 1;

		if (length >= name && strncmp(list + length - name, LIBRARY_NAME, name) == 0 &&
		    (length == name || list[length - name - 1] == '/'))
			return true;
		list += length + (list[length] != '\0');
	}
	return false;
}

char *library_preload(const char *before, const char *path)
{
	if (path[strcspn(path, ": ")])
		return NULL;
	if (!before || !*before)
		return memory_text("%s", path);
	if (is_named(before))
		return memory_text("%s", before);
	return memory_text("%s:%s", before, path);
}

char *library_missing(const char *preload)
{
	size_t length;

	for (; *preload; preload += length) {
		char *path;

		preload += strspn(preload, " :");
		length = strcspn(preload, " :");
		path = memory_text("%.*s", (int)length, preload);
		if (strchr(path, '/') && !strchr(path, '$') && access(path, F_OK) < 0)
			return path;
		free(path);
	}
	return NULL;
}

bool library_is_object(const char *path)
{
	Elf64_Ehdr header;
	FILE *file = fopen(path, "re");
	bool whole = file && fread(&header, sizeof(header), 1, file) == 1;

	if (file)
		fclose(file);
	return whole && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_DYN;
}
