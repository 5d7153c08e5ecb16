/*
 * The look-up of a real function in the middle of a hook: takes enum hook_id in eax, returns the function in rax, and
 * keeps the registers that arguments are in. To the compiler it is no call: a hook need not keep its arguments over it,
 * which would cost each call some ten instructions, not only the first.
 */
#if defined(__x86_64__)

	.text
	.globl	real_resolve_keeping
	.hidden	real_resolve_keeping
	.type	real_resolve_keeping, @function
	.p2align 4
real_resolve_keeping:
	.cfi_startproc
	endbr64
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	andq	$-16, %rsp			/* a hook that calls nothing else keeps no alignment */
	movl	%eax, %edi
	call	real_resolve
	movq	-8(%rbp), %rdi
	movq	-16(%rbp), %rsi
	movq	-24(%rbp), %rdx
	movq	-32(%rbp), %rcx
	movq	-40(%rbp), %r8
	movq	-48(%rbp), %r9
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	real_resolve_keeping, .-real_resolve_keeping

#endif

	.section .note.GNU-stack, "", %progbits
