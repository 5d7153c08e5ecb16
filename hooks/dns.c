/*
 * Names and addresses looked up. The time holds all that libc did for it: files, caches, name
 * servers. errno and h_errno stay as the real function left them.
 */
#include <string.h>
#include "hooks/hook.h"

static enum DNS_ERROR error_of_getaddrinfo(int error)
{
	switch (error) {
	case 0:
		return DNS_ERROR_NONE;
	case EAI_NONAME:
		return DNS_ERROR_EAI_NONAME_;
	case EAI_AGAIN:
		return DNS_ERROR_EAI_AGAIN_;
	case EAI_FAIL:
		return DNS_ERROR_EAI_FAIL_;
	case EAI_NODATA:
		return DNS_ERROR_EAI_NODATA_;
	case EAI_FAMILY:
		return DNS_ERROR_EAI_FAMILY_;
	case EAI_SERVICE:
		return DNS_ERROR_EAI_SERVICE_;
	case EAI_MEMORY:
		return DNS_ERROR_EAI_MEMORY_;
	case EAI_SYSTEM:
		return DNS_ERROR_EAI_SYSTEM_;
	default:
		return DNS_ERROR_OTHER;
	}
}

static enum DNS_ERROR error_of_gethostbyname(int error)
{
	switch (error) {
	case HOST_NOT_FOUND:
		return DNS_ERROR_EAI_NONAME_;
	case TRY_AGAIN:
		return DNS_ERROR_EAI_AGAIN_;
	case NO_RECOVERY:
		return DNS_ERROR_EAI_FAIL_;
	case NO_DATA:
		return DNS_ERROR_EAI_NODATA_;
	default:
		return DNS_ERROR_EAI_SYSTEM_;
	}
}

struct lookup {
	bool named;
	size_t length;
	char name[NAME_BYTES + 1]; /* one byte more than has a slot */
	struct hook_timer timer;
};

/* The name is taken first: it may stand in what the last look-up gave, which the next one frees. */
static void lookup_begin(struct lookup *lookup, const char *name)
{
	lookup->named = name && relaxed_load(&counting_names);
	if (lookup->named) {
		lookup->length = strnlen(name, sizeof(lookup->name));
		memcpy(lookup->name, name, lookup->length);
	}
	lookup->timer = hook_timer_start();
}

static void lookup_end(const struct lookup *lookup, enum DNS_ERROR error)
{
	uint64_t elapsed = hook_timer_elapsed(lookup->timer);
	struct counting here = counting_here(HOOK_FAMILY_DNS);

	if (lookup->named)
		counting_record_name(here, lookup->name, lookup->length, error, elapsed);
	else
		counting_record(here, PLACE(DNS_LOOKUP_DURATION), error, elapsed);
}

/* What is asked for is NAME.DOMAIN. */
static void lookup_begin_in(struct lookup *lookup, const char *name, const char *domain)
{
	size_t room;

	lookup_begin(lookup, name);
	if (!lookup->named || !domain || lookup->length == sizeof(lookup->name))
		return;
	lookup->name[lookup->length++] = '.';
	room = sizeof(lookup->name) - lookup->length;
	memcpy(lookup->name + lookup->length, domain, strnlen(domain, room));
	lookup->length += strnlen(domain, room);
}

static void reverse_end(struct hook_timer timer)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	if (relaxed_load(&counting_reverse))
		counting_record(counting_here(HOOK_FAMILY_DNS), PLACE(DNS_REVERSE_DURATION), 0,
		                elapsed);
}

/* A buffer that was too small is the caller's to enlarge: no failure of the look-up. */
static int lookup_r_end(const struct lookup *lookup, int result, const struct hostent *found,
                        const int *h_error)
{
	if (result != ERANGE)
		lookup_end(lookup, found ? DNS_ERROR_NONE : error_of_gethostbyname(*h_error));
	return result;
}

/* The resolver leaves h_errno of the thread like that of a state that it was given. */
static int query_end(const struct lookup *lookup, int length)
{
	lookup_end(lookup, length < 0 ? error_of_gethostbyname(h_errno) : DNS_ERROR_NONE);
	return length;
}

/* What came of the look-ups that libc's own threads made while the caller waited. When each of them
 * ended is not to be seen: it gets the time of all. */
static void requests_end(struct hook_timer timer, struct gaicb *const *list, int count)
{
	struct lookup lookup;

	for (int i = 0; i < count; i++) {
		if (!list[i])
			continue;
		lookup_begin(&lookup, list[i]->ar_name);
		lookup.timer = timer;
		lookup_end(&lookup, error_of_getaddrinfo(list[i]->__return));
	}
}

OTELUE_EXPORT int getaddrinfo(const char *restrict node, const char *restrict service,
                              const struct addrinfo *restrict hints,
                              struct addrinfo **restrict ret_list)
{
	struct lookup lookup;
	int error;

	lookup_begin(&lookup, node);
	error = REAL(getaddrinfo)(node, service, hints, ret_list);
	lookup_end(&lookup, error_of_getaddrinfo(error));
	return error;
}

/* With GAI_NOWAIT nothing tells when and how a look-up ends: not counted. After EAI_SYSTEM some
 * have not even begun, and no result. */
OTELUE_EXPORT int getaddrinfo_a(int mode, struct gaicb *list[restrict], int count,
                                struct sigevent *restrict event)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(getaddrinfo_a)(mode, list, count, event);

	if (mode == GAI_WAIT && error != EAI_SYSTEM)
		requests_end(timer, list, count);
	return error;
}

OTELUE_EXPORT int getnameinfo(const struct sockaddr *restrict address, socklen_t length,
                              char *restrict host, socklen_t host_size, char *restrict service,
                              socklen_t service_size, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int error =
		REAL(getnameinfo)(address, length, host, host_size, service, service_size, flags);

	reverse_end(timer);
	return error;
}

OTELUE_EXPORT struct hostent *gethostbyname(const char *name)
{
	struct lookup lookup;
	struct hostent *found;

	lookup_begin(&lookup, name);
	found = REAL(gethostbyname)(name);
	lookup_end(&lookup, found ? DNS_ERROR_NONE : error_of_gethostbyname(h_errno));
	return found;
}

OTELUE_EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
	struct lookup lookup;
	struct hostent *found;

	lookup_begin(&lookup, name);
	found = REAL(gethostbyname2)(name, family);
	lookup_end(&lookup, found ? DNS_ERROR_NONE : error_of_gethostbyname(h_errno));
	return found;
}

OTELUE_EXPORT int gethostbyname_r(const char *restrict name, struct hostent *restrict ret_host,
                                  char *restrict buffer, size_t size,
                                  struct hostent **restrict ret_result, int *restrict ret_h_errno)
{
	struct lookup lookup;
	int result;

	lookup_begin(&lookup, name);
	result = REAL(gethostbyname_r)(name, ret_host, buffer, size, ret_result, ret_h_errno);
	return lookup_r_end(&lookup, result, *ret_result, ret_h_errno);
}

OTELUE_EXPORT int gethostbyname2_r(const char *restrict name, int family,
                                   struct hostent *restrict ret_host, char *restrict buffer,
                                   size_t size, struct hostent **restrict ret_result,
                                   int *restrict ret_h_errno)
{
	struct lookup lookup;
	int result;

	lookup_begin(&lookup, name);
	result = REAL(gethostbyname2_r)(name, family, ret_host, buffer, size, ret_result,
	                                ret_h_errno);
	return lookup_r_end(&lookup, result, *ret_result, ret_h_errno);
}

OTELUE_EXPORT struct hostent *gethostbyaddr(const void *address, socklen_t length, int type)
{
	struct hook_timer timer = hook_timer_start();
	struct hostent *found = REAL(gethostbyaddr)(address, length, type);

	reverse_end(timer);
	return found;
}

OTELUE_EXPORT int gethostbyaddr_r(const void *restrict address, socklen_t length, int type,
                                  struct hostent *restrict ret_host, char *restrict buffer,
                                  size_t size, struct hostent **restrict ret_result,
                                  int *restrict ret_h_errno)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(gethostbyaddr_r)(address, length, type, ret_host, buffer, size,
	                                   ret_result, ret_h_errno);

	reverse_end(timer);
	return result;
}

OTELUE_EXPORT int res_query(const char *name, int class, int type, unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin(&lookup, name);
	return query_end(&lookup, REAL(res_query)(name, class, type, answer, room));
}

OTELUE_EXPORT int __res_query(const char *name, int class, int type, unsigned char *answer,
                              int room)
{
	return res_query(name, class, type, answer, room);
}

OTELUE_EXPORT int res_search(const char *name, int class, int type, unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin(&lookup, name);
	return query_end(&lookup, REAL(res_search)(name, class, type, answer, room));
}

OTELUE_EXPORT int __res_search(const char *name, int class, int type, unsigned char *answer,
                               int room)
{
	return res_search(name, class, type, answer, room);
}

OTELUE_EXPORT int res_querydomain(const char *name, const char *domain, int class, int type,
                                  unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin_in(&lookup, name, domain);
	return query_end(&lookup, REAL(res_querydomain)(name, domain, class, type, answer, room));
}

OTELUE_EXPORT int __res_querydomain(const char *name, const char *domain, int class, int type,
                                    unsigned char *answer, int room)
{
	return res_querydomain(name, domain, class, type, answer, room);
}

OTELUE_EXPORT int res_nquery(res_state state, const char *name, int class, int type,
                             unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin(&lookup, name);
	return query_end(&lookup, REAL(res_nquery)(state, name, class, type, answer, room));
}

OTELUE_EXPORT int __res_nquery(res_state state, const char *name, int class, int type,
                               unsigned char *answer, int room)
{
	return res_nquery(state, name, class, type, answer, room);
}

OTELUE_EXPORT int res_nsearch(res_state state, const char *name, int class, int type,
                              unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin(&lookup, name);
	return query_end(&lookup, REAL(res_nsearch)(state, name, class, type, answer, room));
}

OTELUE_EXPORT int __res_nsearch(res_state state, const char *name, int class, int type,
                                unsigned char *answer, int room)
{
	return res_nsearch(state, name, class, type, answer, room);
}

OTELUE_EXPORT int res_nquerydomain(res_state state, const char *name, const char *domain, int class,
                                   int type, unsigned char *answer, int room)
{
	struct lookup lookup;

	lookup_begin_in(&lookup, name, domain);
	return query_end(&lookup,
	                 REAL(res_nquerydomain)(state, name, domain, class, type, answer, room));
}

OTELUE_EXPORT int __res_nquerydomain(res_state state, const char *name, const char *domain,
                                     int class, int type, unsigned char *answer, int room)
{
	return res_nquerydomain(state, name, domain, class, type, answer, room);
}
