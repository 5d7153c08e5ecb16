/* The types that hooks.def's parameters need. No header may rename functions here: no
 * _FILE_OFFSET_BITS, no fortify. */
#ifndef HOOKS_TYPES_H
#define HOOKS_TYPES_H

#include <dirent.h>
#include <grp.h>
#include <linux/capability.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <spawn.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>
#include <utime.h>
#include <time.h>

/* Macros besides functions, when optimising. */
#undef fread_unlocked
#undef fwrite_unlocked

#endif
