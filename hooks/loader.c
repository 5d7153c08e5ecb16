/*
 * What the hooks of the loader do before they jump to the real function: count, and say where that
 * is. Neither result nor time can be seen. loader.S tells why.
 */
#include "hooks/hook.h"

void *loader_dlopen(void) HOOK_HIDDEN;
void *loader_dlmopen(void) HOOK_HIDDEN;
void *loader_dlclose(void) HOOK_HIDDEN;

static void count(enum LOADER_OPERATION operation)
{
	counting_add(counting_here(HOOK_FAMILY_LOADER), PLACE(LOADER_OPERATIONS), operation, 1);
}

void *loader_dlopen(void)
{
	count(LOADER_OPERATION_DLOPEN);
	return (void *)REAL(dlopen);
}

void *loader_dlmopen(void)
{
	count(LOADER_OPERATION_DLOPEN);
	return (void *)REAL(dlmopen);
}

void *loader_dlclose(void)
{
	count(LOADER_OPERATION_DLCLOSE);
	return (void *)REAL(dlclose);
}
