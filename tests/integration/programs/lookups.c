/*
 * Look-ups of known number: see tests/integration/lookups.sh for the sums. No name server is asked.
 *
 *	lookups THREADS ROUNDS NAMES exit|fork|kill
 *
 * Each thread (0: the main one) asks for each of NAMES addresses, 10.9.0.0 and so on, ROUNDS times.
 *Then, with fork, a child asks for three more names, and with kill the program kills itself.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long rounds, names;

static void expect(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(2);
}

static int ask(const char *name)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list;
	int error = getaddrinfo(name, NULL, &hints, &list);

	if (!error)
		freeaddrinfo(list);
	return error;
}

static int ask_as_host(const char *name, unsigned long how)
{
	struct hostent host, *found = NULL;
	char buffer[1024];
	int h_error;

	if (how)
		gethostbyname_r(name, &host, buffer, sizeof(buffer), &found, &h_error);
	else
		gethostbyname2_r(name, AF_INET, &host, buffer, sizeof(buffer), &found, &h_error);
	return found == NULL;
}

static void *ask_all(void *unused)
{
	char name[20];

	for (unsigned long i = 0; i < rounds * names; i++) {
		snprintf(name, sizeof(name), "10.9.0.%lu", i % names);
		expect((i % 3 ? ask_as_host(name, i % 2) : ask(name)) == 0, name);
	}
	return unused;
}

/* 6 look-ups, of which 4 are of names that no other process asks for. */
static void ask_more(void)
{
	char name[300];
	struct hostent *host;

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	expect(ask("10.9.0.0") == 0, "10.9.0.0");
	expect(ask("no number") == EAI_NONAME, "no number");
	expect(ask("K\xc3\xb6ln") == EAI_NONAME, "a name of other bytes");
	expect(ask(name) != 0, "a name that is too long");
	host = gethostbyname("10.9.1.1");
	expect(host != NULL, "10.9.1.1");
	/* What is asked for stands where the answer will. */
	expect(gethostbyname(host->h_name) != NULL, "the last answer");
}

int main(int argc, char **argv)
{
	pthread_t thread[64];
	unsigned long threads;

	expect(argc == 5, "usage");
	threads = strtoul(argv[1], NULL, 10);
	rounds = strtoul(argv[2], NULL, 10);
	names = strtoul(argv[3], NULL, 10);
	if (threads == 0)
		ask_all(NULL);
	for (unsigned long i = 0; i < threads; i++)
		expect(pthread_create(&thread[i], NULL, ask_all, NULL) == 0, "pthread_create");
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	if (strcmp(argv[4], "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			ask_more();
			exit(0);
		}
		expect(pid > 0 && waitpid(pid, NULL, 0) == pid, "fork");
	}
	if (strcmp(argv[4], "kill") == 0)
		raise(SIGKILL);
	puts("done");
	return 0;
}
