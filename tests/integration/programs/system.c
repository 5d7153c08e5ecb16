/*
 * Children, mappings and names of known number and outcome, ROUNDS times: see
 * tests/integration/system.sh for the sums. Results and errno are compared with what they are
 * without a shim.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed;

#define EXPECT(what, right)                                                                 \
	do {                                                                                \
		long result_ = (long)(what);                                                \
		if (result_ != (long)(right)) {                                             \
			fprintf(stderr, "%s: %ld (%s)\n", #what, result_, strerror(errno)); \
			failed = 1;                                                         \
		}                                                                           \
	} while (0)

static pid_t child(int code)
{
	pid_t pid = fork();

	if (pid == 0 && code < 0)
		raise(SIGKILL);
	if (pid == 0)
		_exit(code);
	return pid;
}

extern void *__sbrk(intptr_t);
extern pid_t __wait(int *), __waitpid(pid_t, int *, int);

/* 5 end well, 3 badly, 1 by a signal; 1 call finds none. */
static void wait_for_children(void)
{
	siginfo_t info;
	int status = -1;
	pid_t pid = child(0);

	EXPECT(waitpid(pid, NULL, 0), pid);
	pid = child(3);
	EXPECT(__waitpid(pid, &status, 0), pid);
	EXPECT(WEXITSTATUS(status), 3);
	pid = child(0);
	EXPECT(__wait(NULL), pid);
	pid = child(4);
	EXPECT(wait3(&status, 0, NULL), pid);
	pid = child(-1);
	EXPECT(wait4(pid, &status, 0, NULL), pid);
	EXPECT(WTERMSIG(status), SIGKILL);
	pid = child(0);
	EXPECT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	EXPECT(info.si_pid, pid);
	EXPECT(waitid(P_PID, (id_t)pid, NULL, WEXITED), 0);
	pid = child(5);
	EXPECT(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	EXPECT(info.si_status, 5);
	pid = child(0);
	EXPECT(waitpid(pid, &status, 0), pid);
	pid = child(0);
	EXPECT(wait(NULL), pid);
	EXPECT(wait(&status), -1);
	EXPECT(errno, ECHILD);
}

/* 3 + 2 pages anonymous and private, 4 of a file and shared; all unmapped; 1 error of each of 3
 * kinds. */
static void map_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	FILE *file = tmpfile();
	char *block = mmap(NULL, 3 * page - 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	char *shared;

	EXPECT(block == MAP_FAILED, 0);
	EXPECT(mprotect(block, page, PROT_READ), 0);
	EXPECT(mprotect(block, page, PROT_READ | PROT_WRITE), 0);
	EXPECT(madvise(block, page, MADV_NORMAL), 0);
	block = mremap(block, 3 * page, 5 * page, MREMAP_MAYMOVE);
	EXPECT(block == MAP_FAILED, 0);
	EXPECT(munmap(block, 5 * page), 0);
	EXPECT(ftruncate(fileno(file), (off_t)(4 * page)), 0);
	shared = mmap64(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	EXPECT(shared == MAP_FAILED, 0);
	EXPECT(msync(shared, page, MS_SYNC), 0);
	EXPECT(mlock(shared, 1), 0);
	EXPECT(mlock2(shared, 1, MLOCK_ONFAULT), 0);
	EXPECT(munlock(shared, 1), 0);
	EXPECT(munlockall(), 0);
	EXPECT(posix_madvise(shared, page, POSIX_MADV_WILLNEED), 0);
	EXPECT(posix_madvise((void *)1, page, POSIX_MADV_WILLNEED), EINVAL);
	EXPECT(munmap(shared, 4 * page), 0);
	fclose(file);
	EXPECT(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
	EXPECT(errno, EINVAL);
	EXPECT(munmap((void *)1, page), -1);
	EXPECT(errno, EINVAL);
	EXPECT(madvise((void *)page, page, MADV_WILLNEED), -1);
	EXPECT(errno, ENOMEM);
}

/* 2 calls move the end of the heap and 1 fails to, 1 attaches a segment and 1 detaches it, 1 fails
 * of each kind. sbrk(0) asks nothing. */
static void map_otherwise(void)
{
	char *end = sbrk(0);
	int id = shmget(IPC_PRIVATE, 1, 0600);
	void *block;

	EXPECT(id < 0, 0);
	EXPECT(__sbrk(4096), end);
	EXPECT(brk(end), 0);
	EXPECT(sbrk(0), end);
	EXPECT(brk((void *)-1), -1);
	EXPECT(errno, ENOMEM);
	block = shmat(id, NULL, 0);
	EXPECT(block == (void *)-1, 0);
	EXPECT(shmdt(block), 0);
	EXPECT(shmdt(block), -1);
	EXPECT(errno, EINVAL);
	EXPECT(shmctl(id, IPC_RMID, NULL), 0);
	EXPECT(shmat(id, NULL, 0), -1);
	EXPECT(errno, EINVAL);
}

/* Names that no server is asked for: 3 found, 1 EAI_NONAME, 1 EAI_FAMILY, 1 EAI_SERVICE; 4 the
 * other way round. */
static void look_names_up(void)
{
	struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST}, strange = {.ai_family = 4711};
	struct addrinfo stream = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *list;
	struct sockaddr_in local = {.sin_family = AF_INET};
	struct hostent host, *found;
	char buffer[1024];
	int h_error;

	EXPECT(getaddrinfo("127.0.0.1", NULL, &numeric, &list), 0);
	freeaddrinfo(list);
	EXPECT(gethostbyname("127.0.0.2") != NULL, 1);
	EXPECT(gethostbyname_r("127.0.0.3", &host, buffer, 8, &found, &h_error), ERANGE);
	EXPECT(gethostbyname_r("127.0.0.3", &host, buffer, sizeof(buffer), &found, &h_error), 0);
	EXPECT(getnameinfo((struct sockaddr *)&local, sizeof(local), buffer, sizeof(buffer), NULL,
	                   0, NI_NUMERICHOST),
	       0);
	EXPECT(getnameinfo((struct sockaddr *)&local, 1, buffer, sizeof(buffer), NULL, 0, 0),
	       EAI_FAMILY);
	EXPECT(gethostbyaddr("", 0, AF_INET) == NULL, 1);
	EXPECT(gethostbyaddr_r("", 0, AF_INET, &host, buffer, sizeof(buffer), &found, &h_error) !=
	               0,
	       1);
	EXPECT(getaddrinfo("no-number", NULL, &numeric, &list), EAI_NONAME);
	EXPECT(getaddrinfo("127.0.0.1", NULL, &strange, &list), EAI_FAMILY);
	EXPECT(getaddrinfo("127.0.0.1", "no-such-service", &stream, &list), EAI_SERVICE);
}

int main(int argc, char **argv)
{
	for (int i = argc > 1 ? atoi(argv[1]) : 1; i > 0; i--) {
		wait_for_children();
		map_memory();
		map_otherwise();
		look_names_up();
	}
	return failed;
}
