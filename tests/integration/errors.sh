#!/bin/bash
# Every error that the catalogue names, produced once and counted under its name; those of look-ups are resolver.sh's.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# in_network COMMAND...: where nothing but 127.0.0.1 can be reached, and 10.1.0.0/16 is told to be unreachable.
in_network() {
	need unshare ip
	unshare -n true 2>/dev/null || skip "a network of one's own needs root"
	unshare -n sh -c 'ip link set lo up; ip route add unreachable 10.1.0.0/16 || exit 99; exec "$@"' sh "$@"
}

declare -A shown=([memory]=.)
# Metric, values of its attributes, number; blocks that could not be had while memory was short apart.
failures_of() {
	"$metrics" list run.json | awk '$1 ~ /errors$|would_block$|process.created$/ {
		gsub(/[a-z.]+=/, "", $2); print $1, $2, $3 }' | grep "${shown[$1]-^libc.[^m]\|^libc.mm}" | sort
}

declare -A told=(
	[memory]='libc.memory.allocation.errors EINVAL,aligned 1
libc.memory.allocation.errors ENOMEM,aligned 1
libc.memory.allocation.errors ENOMEM,calloc 1
libc.memory.allocation.errors ENOMEM,malloc 1
libc.memory.allocation.errors ENOMEM,realloc 1'
	[file]='libc.file.operation.errors EACCES,metadata 1
libc.file.operation.errors EBADF,sync 1
libc.file.operation.errors EEXIST,metadata 1
libc.file.operation.errors EINTR,read 1
libc.file.operation.errors EINVAL,metadata 1
libc.file.operation.errors EIO,read 1
libc.file.operation.errors EMFILE,open 1
libc.file.operation.errors ENOENT,open 1
libc.file.operation.errors ENOSPC,write 1
libc.file.operation.errors _OTHER,open 1'
	[socket]='libc.socket.operation.errors EADDRINUSE,bind,tcp 1
libc.socket.operation.errors EBADF,send,other 1
libc.socket.operation.errors ECONNREFUSED,connect,tcp 1
libc.socket.operation.errors ECONNRESET,receive,tcp 1
libc.socket.operation.errors EHOSTUNREACH,connect,tcp 1
libc.socket.operation.errors EINTR,receive,unix 1
libc.socket.operation.errors EMFILE,open,tcp 1
libc.socket.operation.errors ENETUNREACH,connect,tcp 1
libc.socket.operation.errors EPIPE,send,tcp 1
libc.socket.operation.errors ETIMEDOUT,connect,tcp 1
libc.socket.operation.errors _OTHER,listen,unix 1
libc.socket.operation.errors _OTHER,shutdown,tcp 1'
	[thread]='libc.thread.errors EAGAIN 1
libc.thread.errors EINVAL 1
libc.thread.errors EPERM 1'
	[process]='libc.process.created system 1
libc.process.errors E2BIG,exec 1
libc.process.errors EACCES,exec 1
libc.process.errors EAGAIN,fork 2
libc.process.errors EAGAIN,system 1
libc.process.errors EAGAIN,vfork 1
libc.process.errors ENOENT,exec 1
libc.process.errors ENOENT,posix_spawn 1
libc.process.errors ENOEXEC,exec 1
libc.process.errors ENOMEM,popen 1
libc.process.errors _OTHER,clone 1
libc.process.errors _OTHER,exec 1
libc.stdio.operation.errors _OTHER,open 1'
	[lock]='libc.lock.errors EDEADLK,mutex 1
libc.lock.errors EINTR,semaphore 1
libc.lock.errors EINVAL,mutex 1
libc.lock.errors EOWNERDEAD,mutex 1
libc.lock.errors ETIMEDOUT,mutex 1
libc.lock.errors _OTHER,mutex 1'
	[mapping]='libc.mmap.errors EACCES,mmap 1
libc.mmap.errors EAGAIN,mmap 1
libc.mmap.errors EINVAL,mmap 1
libc.mmap.errors EINVAL,mremap 1
libc.mmap.errors EINVAL,msync 1
libc.mmap.errors ENOMEM,mprotect 1
libc.mmap.errors EPERM,mlock 1
libc.mmap.errors EPERM,mmap 1
libc.mmap.errors _OTHER,mmap 1'
	[again]='libc.file.operation.errors EINVAL,transfer 1
libc.io.would_block accept 1
libc.io.would_block connect 1
libc.io.would_block lock 1
libc.io.would_block read 1
libc.io.would_block receive 1
libc.io.would_block send 1
libc.io.would_block transfer 1
libc.io.would_block write 1'
)

# The program may be root no more when it ends.
each_error_has_its_name() {
	chmod 755 "$test_root"
	chmod 777 .
	run in_network "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/errors" "$1"
	((code == skip_code)) && exit "$code"
	((code == 0)) || fail "exit code $code" "$errors"
	sort <<<"${told[$1]}" >expected
	failures_of "$1" >counted
	expect_same expected counted
}

# The names are the catalogue's.
no_name_is_left_out() {
	local metric name
	for metric in memory.allocation file.operation socket.operation thread process lock mmap; do
		for name in $("$OTELUE_BUILD/otelue" metrics --markdown |
			sed -n "s/^| \`libc\.$metric\.errors\`.*\`error\.type\` {\([^}]*\)}.*/\1/p" | sed 's/, _OTHER//; s/,//g'); do
			[[ "${told[*]}" == *"libc.$metric.errors $name"* ]] || fail "libc.$metric.errors: no $name"
		done
		[[ -n $name ]] || fail "no names of libc.$metric.errors"
		name=
	done
}

# And whatever the call leaves in errno is as without us.
nothing_of_it_changes() {
	# shellcheck disable=SC2016 # for the inner shell
	expect_transparent unshare -n sh -c 'ip link set lo up; ip route add unreachable 10.1.0.0/16
		rm -rf work && mkdir -m 777 work && cd work && for family; do "$0" "$family"; echo $?; done' \
		"$programs/errors" "${!told[@]}"
}

test_case no_name_is_left_out
for family in memory file socket thread process lock mapping again; do test_case each_error_has_its_name $family; done
test_case nothing_of_it_changes
test_done
