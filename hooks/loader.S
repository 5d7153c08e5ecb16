/*
 * dlopen, dlmopen and dlclose. glibc takes the caller's RUNPATH and namespace from the return address, which must
 * therefore be the program's: each counts (loader.c) and jumps to the real function, with stack and arguments as they
 * were. That holds for every compiler and its flags only in assembly.
 */
#if defined(__x86_64__)

	.macro	hook name
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
	endbr64
	pushq	%rdi				/* three words and the return address: the stack is aligned */
	.cfi_adjust_cfa_offset 8
	pushq	%rsi
	.cfi_adjust_cfa_offset 8
	pushq	%rdx
	.cfi_adjust_cfa_offset 8
	call	loader_\name
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	popq	%rsi
	.cfi_adjust_cfa_offset -8
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jmp	*%rax
	.cfi_endproc
	.size	\name, .-\name
	.endm

#elif defined(__aarch64__)

	.macro	hook name
	.globl	\name
	.type	\name, %function
	.p2align 2
\name:
	.cfi_startproc
	hint	34				/* bti c */
	stp	x0, x30, [sp, -32]!
	.cfi_adjust_cfa_offset 32
	.cfi_rel_offset x30, 8
	stp	x1, x2, [sp, 16]
	bl	loader_\name
	mov	x16, x0
	ldp	x1, x2, [sp, 16]
	ldp	x0, x30, [sp], 32
	.cfi_adjust_cfa_offset -32
	.cfi_restore x30
	br	x16
	.cfi_endproc
	.size	\name, .-\name
	.endm

#endif
	.text
	hook	dlopen
	hook	dlmopen
	hook	dlclose
	.section .note.GNU-stack, "", %progbits
