/*
 * Look-ups of a name server's names through every function that asks one: see
 * tests/integration/name_server.py for the names and resolver.sh for the sums.
 *
 *	resolver all|FUNCTION THREADS ROUNDS LABEL...
 *
 * Each thread (0: the main one, which also prints what each call gave) asks ROUNDS times through
 * each function, or this one, for LABEL.test. Then stands what the program itself saw: outcome and
 * number.
 */
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/nameser.h>
#include <errno.h>

#if defined(__x86_64__)
#define FIRST_VERSION "GLIBC_2.2.5"
#else
#define FIRST_VERSION "GLIBC_2.17"
#endif

/* The names that programs of before glibc 2.34 were linked to. */
#define OLD(name, parameters)      \
	int old_##name parameters; \
	__asm__(".symver old_" #name ", __" #name "@" FIRST_VERSION)

OLD(res_query, (const char *, int, int, unsigned char *, int));
OLD(res_search, (const char *, int, int, unsigned char *, int));
OLD(res_querydomain, (const char *, const char *, int, int, unsigned char *, int));
OLD(res_nquery, (res_state, const char *, int, int, unsigned char *, int));
OLD(res_nsearch, (res_state, const char *, int, int, unsigned char *, int));
OLD(res_nquerydomain, (res_state, const char *, const char *, int, int, unsigned char *, int));

/* h_errno and EAI_* share no numbers: the ones are above zero, the others below. */
static const struct outcome {
	int code;
	const char *name;
} outcomes[] = {
	{0, "found"},
	{HOST_NOT_FOUND, "HOST_NOT_FOUND"},
	{TRY_AGAIN, "TRY_AGAIN"},
	{NO_RECOVERY, "NO_RECOVERY"},
	{NO_DATA, "NO_DATA"},
	{EAI_NONAME, "EAI_NONAME"},
	{EAI_AGAIN, "EAI_AGAIN"},
	{EAI_FAIL, "EAI_FAIL"},
	{EAI_NODATA, "EAI_NODATA"},
};

#define OUTCOMES (sizeof(outcomes) / sizeof(*outcomes))

static unsigned long seen[OUTCOMES], rounds;
static const char *const *labels, *only;
static int talkative;

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(2);
}

static void see(int code)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (outcomes[i].code == code) {
			__atomic_add_fetch(&seen[i], 1, __ATOMIC_RELAXED);
			return;
		}
	}
	die("an outcome that has no name");
}

#define ANSWER(call)                       \
	({                                 \
		unsigned char answer[512]; \
		call < 0 ? h_errno : 0;    \
	})
#define STATE(call)                                    \
	({                                             \
		struct __res_state state = {0};        \
		int code;                              \
		if (res_ninit(&state) != 0)            \
			die("res_ninit");              \
		code = ANSWER(call);                   \
		if (code && state.res_h_errno != code) \
			die("res_h_errno");            \
		res_nclose(&state);                    \
		code;                                  \
	})
#define ASK(how, expression)                                      \
	static int ask_##how(const char *name, const char *label) \
	{                                                         \
		(void)name, (void)label;                          \
		return (expression);                              \
	}
#define REST C_IN, T_A, answer, sizeof(answer)

ASK(res_query, ANSWER(res_query(name, REST)))
ASK(res_search, ANSWER(res_search(name, REST)))
ASK(res_querydomain, ANSWER(res_querydomain(label, "test.", REST)))
ASK(old_query, ANSWER(old_res_query(name, REST)))
ASK(old_search, ANSWER(old_res_search(name, REST)))
ASK(old_querydomain, ANSWER(old_res_querydomain(label, "test.", REST)))
ASK(res_nquery, STATE(res_nquery(&state, name, REST)))
ASK(res_nsearch, STATE(res_nsearch(&state, name, REST)))
ASK(res_nquerydomain, STATE(res_nquerydomain(&state, label, "test.", REST)))
ASK(old_nquery, STATE(old_res_nquery(&state, name, REST)))
ASK(old_nsearch, STATE(old_res_nsearch(&state, name, REST)))
ASK(old_nquerydomain, STATE(old_res_nquerydomain(&state, label, "test.", REST)))

static const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

static int ask_getaddrinfo(const char *name, const char *label)
{
	struct addrinfo *list;
	int error = getaddrinfo(name, NULL, &hints, &list);

	(void)label;
	if (!error)
		freeaddrinfo(list);
	return error;
}

/* Its outcome comes when nobody looks: seen neither here nor by others. */
static void ask_without_waiting(const char *name)
{
	struct gaicb request = {.ar_name = name, .ar_request = &hints};
	struct gaicb *list[] = {&request};
	const struct gaicb *waited[] = {&request};

	if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
		die("getaddrinfo_a, not waiting");
	while (gai_error(&request) == EAI_INPROGRESS)
		gai_suspend(waited, 1, NULL);
	if (gai_error(&request) == 0)
		freeaddrinfo(request.ar_result);
}

/* Two requests, of which one is seen here. */
static int ask_getaddrinfo_a(const char *name, const char *label)
{
	struct gaicb request[2] = {{.ar_name = name, .ar_request = &hints}}, *list[3];

	(void)label;
	request[1] = request[0];
	list[0] = &request[0];
	list[1] = NULL;
	list[2] = &request[1];
	if (getaddrinfo_a(GAI_WAIT, list, 3, NULL) != 0)
		die("getaddrinfo_a");
	for (int i = 0; i < 2; i++) {
		if (gai_error(&request[i]) == 0)
			freeaddrinfo(request[i].ar_result);
	}
	ask_without_waiting(name);
	see(gai_error(&request[0]));
	return gai_error(&request[1]);
}

static int ask_gethostbyname_r(const char *name, const char *label)
{
	struct hostent host, *found;
	char buffer[1024];
	int h_error;

	(void)label;
	gethostbyname_r(name, &host, buffer, sizeof(buffer), &found, &h_error);
	return found ? 0 : h_error;
}

static int ask_gethostbyname2_r(const char *name, const char *label)
{
	struct hostent host, *found;
	char buffer[1024];
	int h_error;

	(void)label;
	gethostbyname2_r(name, AF_INET, &host, buffer, sizeof(buffer), &found, &h_error);
	return found ? 0 : h_error;
}

/* These keep what they found in one place for all threads. */
static int ask_gethostbyname(const char *name, const char *label)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int code;

	(void)label;
	pthread_mutex_lock(&lock);
	code = gethostbyname(name) ? 0 : h_errno;
	see(gethostbyname2(name, AF_INET) ? 0 : h_errno);
	pthread_mutex_unlock(&lock);
	return code;
}

#define HOW(how)                \
	{                       \
		ask_##how, #how \
	}

static const struct {
	int (*ask)(const char *name, const char *label);
	const char *name;
} hows[] = {
	HOW(getaddrinfo),      HOW(getaddrinfo_a),   HOW(gethostbyname),    HOW(gethostbyname_r),
	HOW(gethostbyname2_r), HOW(res_query),       HOW(res_search),       HOW(res_querydomain),
	HOW(res_nquery),       HOW(res_nsearch),     HOW(res_nquerydomain), HOW(old_query),
	HOW(old_search),       HOW(old_querydomain), HOW(old_nquery),       HOW(old_nsearch),
	HOW(old_nquerydomain),
};

static void ask_all(const char *label)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.test.", label);
	for (size_t i = 0; i < sizeof(hows) / sizeof(*hows); i++) {
		int code, kept;

		if (strcmp(only, "all") != 0 && strcmp(only, hows[i].name) != 0)
			continue;
		errno = 0;
		code = hows[i].ask(name, label);
		kept = errno;
		see(code);
		if (talkative)
			printf("%s %s %d %d %d\n", hows[i].name, label, code, h_errno, kept);
	}
}

static void *ask_rounds(void *unused)
{
	for (unsigned long i = 0; i < rounds; i++) {
		for (const char *const *label = labels; *label; label++)
			ask_all(*label);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread[64];
	unsigned long threads;

	if (argc < 5)
		die("usage");
	threads = strtoul(argv[2], NULL, 10);
	rounds = strtoul(argv[3], NULL, 10);
	labels = (const char *const *)argv + 4;
	only = argv[1];
	talkative = threads == 0;
	if (threads == 0)
		ask_rounds(NULL);
	for (unsigned long i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, ask_rounds, NULL) != 0)
			die("pthread_create");
	}
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < OUTCOMES; i++)
		printf("%s %lu\n", outcomes[i].name, seen[i]);
	return 0;
}
