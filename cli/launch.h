/*
 * Runs a program as a child in the same process group and ends like it. While it runs: what the
 * terminal sends reaches the program by itself; INT, QUIT, TERM, HUP, USR1 and USR2 that a process
 * sends to otelue are passed on.
 */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#define LAUNCH_FAILED         125 /* otelue itself failed, as in env(1) */
#define LAUNCH_NOT_EXECUTABLE 126
#define LAUNCH_NOT_FOUND      127

/*
 * Runs argv (NULL at its end) with the present environment and waits. 0 and *ret_status as
 * waitpid() gives it; -errno: it could not be executed. look: called while it waits, a second after
 * the start, and again in as many milliseconds as it returns, or when a signal comes.
 */
int launch(char **argv, long (*look)(void *context), void *context, int *ret_status);

/* The exit code for what launch() could not execute. */
int launch_exit_code(int err);

/* Ends this process as that status says: same exit code, or killed by the same signal (without a
 * core dump of ours). */
_Noreturn void launch_end_like(int status);

#endif
