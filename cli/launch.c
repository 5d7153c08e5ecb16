/* See launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cli/launch.h"

static const int forwarded[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

#define FIRST_LOOK_MS 1000

#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

static volatile pid_t child; /* 0: not there yet, or waited for */

struct signal_state {
	struct sigaction forwarded[FORWARDED], child;
	sigset_t mask;
};

/* What the terminal sends (si_code > 0: the kernel) goes to the whole process group anyway. */
static void forward(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (info->si_code <= 0 && child > 0)
		kill(child, signal);
	errno = saved;
}

/* Signals stay blocked until there is a child to forward them to. */
static void take_signals(struct signal_state *before)
{
	struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before->mask);
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < FORWARDED; i++)
		sigaction(forwarded[i], &action, &before->forwarded[i]);
	sigaction(SIGCHLD, &normal, &before->child); /* ignored, wait would tell nothing */
}

static void give_back_signals(const struct signal_state *before)
{
	for (size_t i = 0; i < FORWARDED; i++)
		sigaction(forwarded[i], &before->forwarded[i], NULL);
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static _Noreturn void execute(char **argv, const struct signal_state *before, int report)
{
	int err;

	give_back_signals(before);
	execvp(argv[0], argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(LAUNCH_FAILED);
	_exit(launch_exit_code(-err));
}

/* The pipe closes with a successful exec, else the child's errno comes through it. */
static int await_exec(int report)
{
	int err = 0;
	ssize_t n;

	do
		n = read(report, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(err) ? -err : 0;
}

/* SIGCHLD is blocked: one that comes between the two calls ends the second. */
static int await_end(pid_t pid, long (*look)(void *context), void *context, int *ret_status)
{
	long wait_ms = FIRST_LOOK_MS;
	sigset_t only;
	pid_t ended;

	sigemptyset(&only);
	sigaddset(&only, SIGCHLD);
	while ((ended = waitpid(pid, ret_status, WNOHANG)) == 0) {
		const struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};

		if (sigtimedwait(&only, NULL, &wait) < 0)
			wait_ms = look(context);
	}
	return ended < 0 ? -errno : 0;
}

int launch(char **argv, long (*look)(void *context), void *context, int *ret_status)
{
	struct signal_state before;
	int report[2], err, ended;
	sigset_t waiting;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	take_signals(&before);
	pid = fork();
	if (pid == 0)
		execute(argv, &before, report[1]);
	err = pid < 0 ? -errno : 0;
	close(report[1]);
	if (pid > 0) {
		child = pid;
		waiting = before.mask;
		sigaddset(&waiting, SIGCHLD);
		sigprocmask(SIG_SETMASK, &waiting, NULL);
		err = await_exec(report[0]);
		ended = await_end(pid, look, context, ret_status);
		child = 0;
		sigprocmask(SIG_SETMASK, &before.mask, NULL);
		if (!err)
			err = ended;
	} else {
		give_back_signals(&before);
	}
	close(report[0]);
	return err;
}

int launch_exit_code(int err)
{
	switch (err) {
	case -ENOENT:
		return LAUNCH_NOT_FOUND;
	case -EAGAIN:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return LAUNCH_FAILED;
	default:
		return LAUNCH_NOT_EXECUTABLE;
	}
}

void launch_end_like(int status)
{
	struct rlimit none = {0, 0};
	sigset_t only;
	int number;

	fflush(NULL);
	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	number = WTERMSIG(status);
	/* The second says no where a core goes to a program, which the limit does not stop. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
	exit(128 + number); /* a signal that does not end a process */
}
