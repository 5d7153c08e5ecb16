#!/bin/bash
# The guest's first process (tests/vm/run puts a copy beside the job's description). Mounts what a program expects,
# runs the job with its output on the virtio port, reports the exit code on the console and ends the machine.
# When anything here fails, bash ends, the kernel panics and the host sees no exit code: a failure.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Fresh mounts cover the machine's /tmp and /run; the job's own directories come back from behind them.
mount_file_systems() {
	local directory
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
	mkdir -p /dev/pts /dev/shm
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
	mount -t devpts -o ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	mount --bind / /mnt
	mount -t tmpfs -o mode=755 tmpfs /run
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	for directory in "${job_hidden[@]}"; do
		mkdir -p "$directory"
		mount --bind "/mnt$directory" "$directory"
	done
	umount /mnt
	mount -t tracefs tracefs /sys/kernel/tracing
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

mount_share() {
	mkdir -p /run/otelue-share /tmp/home
	[[ -z $job_has_share ]] ||
		mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=mmap share /run/otelue-share
}

output_port() {
	local name
	for name in /sys/class/virtio-ports/*/name; do
		[[ $(<"$name") != otelue.out ]] || basename "$(dirname "$name")"
	done
}

# A daemon that the job left behind would hold the output open.
kill_leftovers() {
	local process pid
	for process in /proc/[0-9]*/exe; do
		pid=${process//[!0-9]/}
		[[ $pid == 1 || $pid == "$1" ]] || ! readlink "$process" >/dev/null 2>&1 || kill -KILL "$pid" 2>/dev/null || true
	done
}

# The job writes to a pipe, not to the port: a port can be opened only once, and so /dev/stdout would not work.
run_job() {
	local port copier out code=0
	port=/dev/$(output_port)
	exec {out}> >(exec cat >"$port")
	copier=$!
	(
		cd "$job_directory" &&
			exec setsid -w env -i "${job_environment[@]}" OTELUE_SHARE=/run/otelue-share HOME=/tmp/home TMPDIR=/tmp \
				"${job_argv[@]}"
	) </dev/null >&"$out" 2>&1 {out}>&- || code=$?
	exec {out}>&-
	kill_leftovers "$copier"
	wait "$copier"
	job_code=$code
}

job_nonce='' job_directory='' job_has_share='' job_code=125
job_environment=() job_argv=() job_hidden=()
# shellcheck source=/dev/null
source "$(dirname "$0")/job"
mount_file_systems
mount_share
ip link set lo up
echo otelue-vm >/proc/sys/kernel/hostname
run_job
[[ -z $job_has_share ]] || umount /run/otelue-share
# A kernel message is one line on the console, whole and at once, whatever else is printed.
echo "<1>otelue-vm-exit $job_nonce $job_code end" >/dev/kmsg
echo b >/proc/sysrq-trigger
sleep 60
