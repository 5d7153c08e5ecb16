/* Families with a path or two: names, locks of other kinds, mappings, the loader, sleeping,
 * waiting. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench/loops.h"

static void run_getaddrinfo(unsigned long calls)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list;

	for (unsigned long i = 0; i < calls; i++) {
		expect(getaddrinfo("127.0.0.1", NULL, &hints, &list) == 0, "getaddrinfo");
		freeaddrinfo(list);
	}
}

static void run_semaphore(unsigned long calls)
{
	sem_t semaphore;

	expect(sem_init(&semaphore, 0, 0) == 0, "sem_init");
	for (unsigned long i = 0; i < calls; i++) {
		sem_post(&semaphore);
		expect(sem_wait(&semaphore) == 0, "sem_wait");
	}
	sem_destroy(&semaphore);
}

/* Until a time that is over. */
static void run_condition(unsigned long calls)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	struct timespec past = {1, 0};

	pthread_mutex_lock(&mutex);
	for (unsigned long i = 0; i < calls; i++)
		expect(pthread_cond_timedwait(&condition, &mutex, &past) == ETIMEDOUT,
		       "pthread_cond_timedwait");
	pthread_mutex_unlock(&mutex);
}

static void run_rwlock(unsigned long calls)
{
	static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

	for (unsigned long i = 0; i < calls; i++) {
		pthread_rwlock_rdlock(&lock);
		pthread_rwlock_unlock(&lock);
	}
}

static void run_mmap(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		expect(page != MAP_FAILED, "mmap");
		munmap(page, 4096);
	}
}

/* The program itself: how long a library is looked for by name depends on where names of others
 * lie. */
static void run_dlopen(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *library = dlopen(NULL, RTLD_LAZY);

		expect(library, "dlopen");
		dlclose(library);
	}
}

static void run_sleep(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++)
		expect(sleep(0) == 0, "sleep");
}

static void run_waitpid(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++)
		expect(waitpid(-1, NULL, WNOHANG) == -1, "waitpid");
}

const struct path system_paths[] = {
	{"getaddrinfo", run_getaddrinfo, 5000, true, "getaddrinfo of 127.0.0.1, no server asked"},
	{"semaphore", run_semaphore, 50000, true, "sem_post and sem_wait"},
	{"condition", run_condition, 400, true, "pthread_cond_timedwait until a past time"},
	{"rwlock", run_rwlock, 50000, true, "pthread_rwlock_rdlock and unlock"},
	{"mmap", run_mmap, 5000, true, "mmap a page and munmap it"},
	{"dlopen", run_dlopen, 2000, true, "dlopen the program itself and dlclose"},
	{"sleep", run_sleep, 100, true, "sleep 0 s"},
	{"waitpid", run_waitpid, 5000, true, "waitpid where there is no child"},
	{NULL, NULL, 0, false, NULL},
};
