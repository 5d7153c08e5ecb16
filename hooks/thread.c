/* Threads started. A thread's shard is given back by its key's destructor (counting.c). */
#include "hooks/hook.h"

OTELUE_EXPORT int pthread_create(pthread_t *restrict ret_thread,
                                 const pthread_attr_t *restrict attributes,
                                 void *(*function)(void *), void *restrict argument)
{
	int error = REAL(pthread_create)(ret_thread, attributes, function, argument);
	struct counting here = counting_here(HOOK_FAMILY_THREAD);

	if (error)
		counting_add(here, PLACE(THREAD_ERRORS),
		             hook_error_value(ATTRIBUTE_THREAD_ERROR, error), 1);
	else
		counting_add(here, PLACE(THREAD_CREATED), 0, 1);
	return error;
}
