/*
 * The least that any preloaded object costs: exports what the shim exports (hooks.def) and does
 * nothing but jump on to the real function. Each name is an indirect jump over a slot; the first
 * call finds its slot pointing at code that looks the function up, keeping every register that may
 * hold an argument. Not installed; only bench/ uses it.
 */
#include <dlfcn.h>
#include <stdlib.h>

/* Called by the assembly below. */
void *forward_lookup(const char *name) __attribute__((used, visibility("hidden")));

void *forward_lookup(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

#if defined(__x86_64__)

#define FORWARD(name)                                         \
	__asm__(".pushsection .text\n"                        \
	        ".globl " #name "\n"                          \
	        ".type " #name ", @function\n" #name ":\n"    \
	        "jmp *.Lslot_" #name "(%rip)\n"               \
	        ".size " #name ", . - " #name "\n"            \
	        ".Lfirst_" #name ":\n"                        \
	        "lea .Lslot_" #name "(%rip), %r11\n"          \
	        "lea .Lname_" #name "(%rip), %r10\n"          \
	        "jmp forward_first\n.popsection\n"            \
	        ".pushsection .data.rel.local,\"aw\"\n"       \
	        ".balign 8\n"                                 \
	        ".Lslot_" #name ": .quad .Lfirst_" #name "\n" \
	        ".popsection\n.pushsection .rodata\n"         \
	        ".Lname_" #name ": .asciz \"" #name "\"\n.popsection\n");

/* The slot in r11, the name in r10. Integer and vector arguments, and al, survive. */
__asm__(".pushsection .text\n"
        "forward_first:\n"
        "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\npush %r11\n"
        "sub $136, %rsp\n"
        "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\n"
        "movups %xmm2, 32(%rsp)\nmovups %xmm3, 48(%rsp)\n"
        "movups %xmm4, 64(%rsp)\nmovups %xmm5, 80(%rsp)\n"
        "movups %xmm6, 96(%rsp)\nmovups %xmm7, 112(%rsp)\n"
        "mov %r10, %rdi\n"
        "call forward_lookup\n"
        "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\n"
        "movups 32(%rsp), %xmm2\nmovups 48(%rsp), %xmm3\n"
        "movups 64(%rsp), %xmm4\nmovups 80(%rsp), %xmm5\n"
        "movups 96(%rsp), %xmm6\nmovups 112(%rsp), %xmm7\n"
        "add $136, %rsp\n"
        "pop %r11\n"
        "mov %rax, (%r11)\n"
        "pop %rax\npop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\n"
        "jmp *(%r11)\n.popsection\n");

#else /* aarch64 */

#define FORWARD(name)                                         \
	__asm__(".pushsection .text\n"                        \
	        ".globl " #name "\n"                          \
	        ".type " #name ", %function\n" #name ":\n"    \
	        "adrp x16, .Lslot_" #name "\n"                \
	        "ldr x17, [x16, :lo12:.Lslot_" #name "]\n"    \
	        "br x17\n"                                    \
	        ".size " #name ", . - " #name "\n"            \
	        ".Lfirst_" #name ":\n"                        \
	        "add x16, x16, :lo12:.Lslot_" #name "\n"      \
	        "adrp x17, .Lname_" #name "\n"                \
	        "add x17, x17, :lo12:.Lname_" #name "\n"      \
	        "b forward_first\n.popsection\n"              \
	        ".pushsection .data.rel.local,\"aw\"\n"       \
	        ".balign 8\n"                                 \
	        ".Lslot_" #name ": .quad .Lfirst_" #name "\n" \
	        ".popsection\n.pushsection .rodata\n"         \
	        ".Lname_" #name ": .asciz \"" #name "\"\n.popsection\n");

/* The slot in x16, the name in x17. */
__asm__(".pushsection .text\n"
        "forward_first:\n"
        "stp x29, x30, [sp, #-224]!\n"
        "stp x0, x1, [sp, #16]\nstp x2, x3, [sp, #32]\nstp x4, x5, [sp, #48]\n"
        "stp x6, x7, [sp, #64]\nstp x8, x16, [sp, #80]\n"
        "stp q0, q1, [sp, #96]\nstp q2, q3, [sp, #128]\n"
        "stp q4, q5, [sp, #160]\nstp q6, q7, [sp, #192]\n"
        "mov x0, x17\n"
        "bl forward_lookup\n"
        "mov x17, x0\n"
        "ldp q0, q1, [sp, #96]\nldp q2, q3, [sp, #128]\n"
        "ldp q4, q5, [sp, #160]\nldp q6, q7, [sp, #192]\n"
        "ldp x0, x1, [sp, #16]\nldp x2, x3, [sp, #32]\nldp x4, x5, [sp, #48]\n"
        "ldp x6, x7, [sp, #64]\nldp x8, x16, [sp, #80]\n"
        "ldp x29, x30, [sp], #224\n"
        "str x17, [x16]\n"
        "br x17\n.popsection\n");

#endif

#define HOOK(family, need, type, name, parameters) FORWARD(name)
#define ASSEMBLY_HOOK(family, name)                FORWARD(name)
#include "hooks/hooks.def"
