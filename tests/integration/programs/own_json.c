/* Exports functions named like jansson's, which must not take their place in the shim. Prints who
 * called. */
#include <stdio.h>
#include <stdlib.h>

#define TAKEN(name)                       \
	void *name(void);                 \
	void *name(void)                  \
	{                                 \
		puts("hijacked: " #name); \
		exit(99);                 \
	}

TAKEN(json_loadb)
TAKEN(json_loads)
TAKEN(json_delete)
TAKEN(json_object)
TAKEN(json_object_get)
TAKEN(json_object_iter)
TAKEN(json_string_value)
TAKEN(jsonp_malloc)

int main(void)
{
	puts("program");
	return 0;
}
