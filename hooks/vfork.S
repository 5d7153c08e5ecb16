/*
 * vfork and __vfork. They cannot be wrapped in C: the child returns from the wrapper first and overwrites its frame, which
 * the parent then needs. So the system call is made here, with the return address kept in a register, and the child
 * runs with this thread's `passing` flag set and without its shard: hooks let it through and count nothing.
 *
 * Offsets are those of struct hook_thread (counting.h): values 0, passing 17; counting.c asserts them.
 */
#if defined(__x86_64__)

	.text
	.globl	vfork
	.globl	__vfork
	.type	vfork, @function
	.type	__vfork, @function
	.p2align 4
vfork:
__vfork:
	.cfi_startproc
	endbr64
	popq	%rdi				/* return address: the kernel keeps rdi */
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rdi
	movq	hook_thread@gottpoff(%rip), %rsi
	movq	%fs:0(%rsi), %r8		/* both are restored from registers: the kernel keeps these */
	movzbl	%fs:17(%rsi), %r9d
	movq	$0, %fs:0(%rsi)
	movb	$1, %fs:17(%rsi)
	movl	$58, %eax			/* __NR_vfork */
	syscall
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	.cfi_offset %rip, -8
	testq	%rax, %rax
	jz	1f				/* the child */
	movb	%r9b, %fs:17(%rsi)
	movq	%r8, %fs:0(%rsi)
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	movq	%rax, %rdi
	call	vfork_returned			/* the stack is aligned: two words since the call */
	popq	%rax
	.cfi_adjust_cfa_offset -8
	testq	%rax, %rax
	js	2f
1:	ret
2:	pushq	%rax
	.cfi_adjust_cfa_offset 8
	call	*__errno_location@GOTPCREL(%rip)
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	negl	%edx
	movl	%edx, (%rax)
	movq	$-1, %rax
	ret
	.cfi_endproc
	.size	vfork, .-vfork
	.size	__vfork, .-__vfork

#elif defined(__aarch64__)

	.text
	.globl	vfork
	.globl	__vfork
	.type	vfork, %function
	.type	__vfork, %function
	.p2align 2
vfork:
__vfork:
	.cfi_startproc
	mrs	x9, tpidr_el0
	adrp	x10, :gottprel:hook_thread
	ldr	x10, [x10, :gottprel_lo12:hook_thread]
	add	x9, x9, x10			/* &hook_thread */
	ldr	x11, [x9]			/* both are restored from registers: the kernel keeps all but x0 */
	ldrb	w12, [x9, 17]
	str	xzr, [x9]
	mov	w14, 1
	strb	w14, [x9, 17]
	mov	x13, x30
	mov	x0, 0x4111			/* CLONE_VFORK | CLONE_VM | SIGCHLD */
	mov	x1, 0
	mov	x8, 220				/* __NR_clone */
	svc	0
	mov	x30, x13
	cbz	x0, 1f				/* the child */
	strb	w12, [x9, 17]
	str	x11, [x9]
	stp	x0, x30, [sp, -16]!
	.cfi_adjust_cfa_offset 16
	.cfi_rel_offset x30, 8
	bl	vfork_returned
	ldp	x0, x30, [sp], 16
	.cfi_adjust_cfa_offset -16
	.cfi_restore x30
	cmp	x0, 0
	b.lt	2f
1:	ret
2:	stp	x0, x30, [sp, -16]!
	.cfi_adjust_cfa_offset 16
	.cfi_rel_offset x30, 8
	bl	__errno_location
	ldp	x1, x30, [sp], 16
	.cfi_adjust_cfa_offset -16
	.cfi_restore x30
	neg	w1, w1
	str	w1, [x0]
	mov	x0, -1
	ret
	.cfi_endproc
	.size	vfork, .-vfork
	.size	__vfork, .-__vfork

#endif
	.section .note.GNU-stack, "", %progbits
