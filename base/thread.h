/*
 * A kernel thread that libc does not know of: a raw clone that shares everything with the process.
 * After it, libc still takes the program for single-threaded. The new thread runs
 * function(argument) on the stack given, with a thread-control block of zeros; it may call nothing
 * of libc and must have all signals blocked by whoever makes it.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <sched.h>
#include <stdint.h>
#include "base/syscall.h"

#define THREAD_CLONE_FLAGS                                                                  \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_SETTLS | CLONE_PARENT_SETTID)

/*
 * Returns the new thread's tid or -errno. stack_end: 16-byte aligned end of its stack. *ret_tid is
 * written before the thread runs. The caller writes nothing to the stack, whose first page then
 * costs the new thread a fault, and not the start of a program.
 */
static inline long thread_clone(void (*function)(void *), void *argument, void *stack_end,
                                void *tls, uint32_t *ret_tid)
{
	long result;

#if defined(__x86_64__)
	register long r10 __asm__("r10") = 0;
	register void *r8 __asm__("r8") = tls;
	register void (*r12)(void *) __asm__("r12") = function;
	register void *r13 __asm__("r13") = argument;

	__asm__ volatile("syscall\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%ebp, %%ebp\n\t"
	                 "mov %%r13, %%rdi\n\t"
	                 "call *%%r12\n\t"
	                 "xor %%edi, %%edi\n\t"
	                 "mov %[exit], %%eax\n\t"
	                 "syscall\n\t"
	                 "hlt\n"
	                 "1:"
	                 : "=a"(result)
	                 : "a"((long)SYS_clone), "D"((long)THREAD_CLONE_FLAGS), "S"(stack_end),
	                   "d"(ret_tid), "r"(r10), "r"(r8), "r"(r12), "r"(r13), [exit] "i"(SYS_exit)
	                 : "rcx", "r11", "memory", "cc");
#else
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = THREAD_CLONE_FLAGS;
	register void *x1 __asm__("x1") = stack_end;
	register uint32_t *x2 __asm__("x2") = ret_tid;
	register void *x3 __asm__("x3") = tls;
	register long x4 __asm__("x4") = 0;
	register void (*x20)(void *) __asm__("x20") = function;
	register void *x21 __asm__("x21") = argument;

	__asm__ volatile("svc #0\n\t"
	                 "cbnz x0, 1f\n\t"
	                 "mov x29, xzr\n\t"
	                 "mov x30, xzr\n\t"
	                 "mov x0, x21\n\t"
	                 "blr x20\n\t"
	                 "mov x0, xzr\n\t"
	                 "mov x8, %[exit]\n\t"
	                 "svc #0\n\t"
	                 "brk #0\n"
	                 "1:"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x20),
	                   "r"(x21), [exit] "i"(SYS_exit)
	                 : "memory", "cc");
	result = x0;
#endif
	return result;
}

#endif
