/*
 * descriptors list: after half a second (a helper thread has long done what it does at start)
 * prints each open descriptor with its target, and the lowest free one. descriptors
 * close|closefrom|range|dup2 FILE: takes away every descriptor above 2 in that way, opens as many
 * copies of FILE as it can get up to 20, and appends to it for half a second. Both work by system
 * calls, so that the kernel's word counts and not libc's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void list(void)
{
	char path[64], target[256];

	usleep(500000);
	for (int fd = 0; fd < 1024; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		printf("%d %.5s\n", fd, target);
	}
	printf("next: %d\n", dup(0));
}

static void take_away(const char *way)
{
	if (!strcmp(way, "close")) {
		for (int fd = 3; fd < 4096; fd++)
			close(fd);
	} else if (!strcmp(way, "closefrom")) {
		closefrom(3);
	} else if (!strcmp(way, "range")) {
		syscall(SYS_close_range, 3, ~0U, 0);
	} else if (!strcmp(way, "dup2")) {
		for (int fd = 3; fd < 256; fd++)
			dup2(1, fd);
		closefrom(3);
	} else {
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		list();
		return 0;
	}
	if (argc != 3)
		return 2;
	usleep(300000);
	take_away(argv[1]);
	for (int i = 0; i < 20; i++)
		open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600);
	for (int i = 0; i < 50; i++) {
		if (write(3, "mine\n", 5) != 5)
			return 3;
		free(malloc(100));
		usleep(10000);
	}
	return 0;
}
