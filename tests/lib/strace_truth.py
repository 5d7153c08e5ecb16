#!/usr/bin/env python3
"""What a program asked of the kernel between two marks, as the file and socket metrics should have counted it.

  strace_truth.py PREFIX RESULT    compares PREFIX.TID (strace -ff -yy -o PREFIX) with the JSON of `otelue run --json`;
                                   prints each series that differs, exit code 1 if any does

The marks are write(-1, "begin", 5) and write(-1, "end", 3) of the main thread. Threads that it starts in between belong
to the program. Knows system calls and strace's output only.
"""
import collections
import glob
import json
import re
import sys

FILE_ERRORS = "ENOENT EACCES EEXIST EINTR EINVAL ENOSPC EIO EBADF EMFILE".split()
SOCKET_ERRORS = ("ECONNREFUSED ECONNRESET ETIMEDOUT EPIPE EHOSTUNREACH ENETUNREACH EADDRINUSE EINTR EMFILE EBADF").split()
WOULD_BLOCK = ("EAGAIN", "EWOULDBLOCK", "EINPROGRESS", "EALREADY")

READS = "read pread64 readv preadv preadv2".split()
WRITES = "write pwrite64 writev pwritev pwritev2".split()
RECEIVES = "recvfrom recvmsg recvmmsg".split()
SENDS = "sendto sendmsg sendmmsg".split()
TRANSFERS = "sendfile splice tee vmsplice copy_file_range".split()
SYNCS = "fsync fdatasync syncfs sync sync_file_range".split()
# Not fstat: the shim asks it, and the test program, but not this libc, whose fstat is a newfstatat.
METADATA = ("lseek truncate ftruncate fallocate fadvise64 readahead newfstatat stat lstat statx access faccessat faccessat2 unlink unlinkat "
            "rename renameat renameat2 link linkat symlink symlinkat mkdir mkdirat rmdir readlink readlinkat chmod fchmod "
            "fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat").split()
OPENS = {  # and the type of what they make
    "open": "file", "openat": "file", "creat": "file", "memfd_create": "file", "pipe": "pipe", "pipe2": "pipe",
    "eventfd": "event", "eventfd2": "event", "timerfd_create": "timer", "signalfd": "other", "signalfd4": "other",
    "inotify_init": "other", "inotify_init1": "other", "epoll_create": "epoll", "epoll_create1": "epoll",
    "pidfd_open": "other", "dup": None, "dup2": None, "dup3": None,
}

LINE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)$")
DESCRIPTOR = re.compile(r"(?<![\w.:-])(\d+)<((?:[\w-]+:\[(?:\[[^\]]*\]|[^\]])*\])|[^<>]*(?:<[^<>]*>)?)>")


class Descriptor:
    """What strace -yy says of one: a socket's transport and network type, else a file's type."""

    def __init__(self, number, text):
        self.number = number
        protocol = text.split(":[")[0]
        self.is_socket = bool(re.match(r"(TCP|UDP|UNIX|NETLINK|socket|RAW|PING)", protocol) and ":[" in text)
        self.network = {"network.type": "ipv6" if protocol.endswith("v6") else "ipv4"}
        if protocol[:3] in ("TCP", "UDP"):
            self.transport = protocol[:3].lower()
        else:
            self.transport, self.network = "unix" if protocol.startswith("UNIX") else "other", {}
        if text.startswith("pipe:["):
            self.file_type = "pipe"
        elif "<char " in text:
            self.file_type = "character_device"
        elif "<block " in text:
            self.file_type = "block_device"
        else:
            self.file_type = "regular" if text.startswith("/") else "other"


class Truth:
    def __init__(self):
        self.series = collections.Counter()
        self.types, self.connections = {}, {}  # by descriptor number

    def add(self, amount, name, **attributes):
        key = name, tuple(sorted((k.replace("__", "."), v) for k, v in attributes.items()))
        self.series[key] += amount

    def file_call(self, operation, error, timed=True):
        if timed:
            self.add(1, "libc.file.operation.duration", libc__file__operation=operation)
        waits = operation in ("read", "write", "transfer", "lock")
        if waits and error in WOULD_BLOCK:
            self.add(1, "libc.io.would_block", libc__io__operation=operation)
        elif error:
            self.add(1, "libc.file.operation.errors", libc__file__operation=operation,
                     error__type=error if error in FILE_ERRORS else "_OTHER")

    def socket_call(self, operation, transport, error, timed=True):
        if timed:
            self.add(1, "libc.socket.operation.duration", libc__socket__operation=operation, network__transport=transport)
        if error in WOULD_BLOCK:
            self.add(1, "libc.io.would_block", libc__io__operation=operation)
        elif error:
            self.add(1, "libc.socket.operation.errors", libc__socket__operation=operation, network__transport=transport,
                     error__type=error if error in SOCKET_ERRORS else "_OTHER")

    def moved(self, descriptor, direction, n):
        """Bytes read from or written to what a descriptor stands for."""
        if descriptor.is_socket:
            self.add(n, "libc.socket.io", network__io__direction={"read": "receive", "write": "transmit"}[direction],
                     network__transport=descriptor.transport, **{k.replace(".", "__"): v for k, v in descriptor.network.items()})
        else:
            self.add(n, "libc.file.io", disk__io__direction=direction, libc__file__type=descriptor.file_type)

    def opened(self, fd, kind, role=None):
        self.add(1, "libc.fd.opened", libc__fd__type=kind)
        self.types[fd] = kind
        if role:
            self.connected(fd, *role)

    def closed(self, fd):
        self.add(1, "libc.fd.closed", libc__fd__type=self.types.pop(fd, "other"))
        self.disconnected(fd)

    def connected(self, fd, role, transport):
        self.connections[fd] = role, transport
        for name in ("libc.socket.connections", "libc.socket.connection.count"):
            self.add(1, name, libc__socket__role=role, network__transport=transport)

    def disconnected(self, fd):
        if fd in self.connections:
            role, transport = self.connections.pop(fd)
            self.add(-1, "libc.socket.connection.count", libc__socket__role=role, network__transport=transport)

    def io(self, call, arguments, descriptors, n, error):
        direction = "read" if call in READS + RECEIVES else "write"
        descriptor = descriptors[0] if descriptors else Descriptor(-1, "")
        if not descriptor.is_socket and call in READS + WRITES:
            self.file_call(direction, error)
            if not error:
                self.series["libc.file.io.size", (("disk.io.direction", direction),)] += n
                self.series["count of libc.file.io.size", (("disk.io.direction", direction),)] += 1
        else:
            if call in READS + WRITES:
                self.add(1, "libc.socket.plain_calls", disk__io__direction=direction)
            self.socket_call({"read": "receive", "write": "send"}[direction], descriptor.transport, error)
            if call.endswith("mmsg") and not error:
                n = sum(int(length) for length in re.findall(r"msg_len=(\d+)", arguments)[:n])
            if "MSG_PEEK" in arguments:
                n = 0
        if not error:
            self.moved(descriptor, direction, n)

    def transfer(self, call, arguments, descriptors, n, error):
        self.file_call("transfer", error)
        if error or n == 0:
            return
        ends = descriptors[::-1] if call == "sendfile" else descriptors
        if call == "vmsplice":  # the test program says which end by a flag that does nothing
            self.moved(ends[0], "read" if "SPLICE_F_MORE" in arguments else "write", n)
            return
        if call != "tee":
            self.moved(ends[0], "read", n)
        self.moved(ends[1], "write", n)

    def open(self, call, arguments, result, error):
        self.file_call("open", error)
        if error or (call == "signalfd4" and not arguments.startswith("-1,")):
            return
        if call.startswith("pipe"):
            for end in re.match(r"\[(\d+)<.*?>, (\d+)<", arguments).groups():
                self.opened(int(end), "pipe")
            return
        kind = OPENS[call]
        if kind == "file" and "O_DIRECTORY" in arguments and "O_TMPFILE" not in arguments:
            kind = "directory"
        if kind is None:
            old = int(re.match(r"\d+", arguments)[0])
            if old == result:
                return
            if result in self.types:
                self.closed(result)
            kind = self.types[old]
        self.opened(result, kind)

    def fcntl(self, arguments, result, error):
        command = re.match(r"-?\d+(?:<.*?>)?, (\w+)", arguments)[1]
        if command.startswith("F_DUPFD"):
            self.open("dup", arguments, result, error)
        else:
            self.file_call("lock" if "LK" in command else "metadata", error)

    def socket(self, call, arguments, descriptors, result, error):
        transport = descriptors[0].transport if descriptors else "other"
        if call in ("socket", "socketpair"):
            if error:
                transport = "unix" if "AF_UNIX" in arguments else "other"
                if re.match(r"AF_INET6?, SOCK_STREAM", arguments):
                    transport = "tcp"
                self.socket_call("open", transport, error, timed=False)
            for fd in [result] if call == "socket" else [d.number for d in descriptors]:
                if not error:
                    self.opened(fd, "socket")
        elif call in ("bind", "listen", "shutdown"):
            self.socket_call(call, transport, error, timed=False)
        elif call == "connect":
            self.socket_call("connect", transport, error)
            if not error and "AF_UNSPEC" in arguments:
                self.disconnected(descriptors[0].number)
            elif not error and transport != "udp":
                self.connected(descriptors[0].number, "client", transport)
        else:
            self.socket_call("accept", transport, error)
            if not error:
                self.opened(result, "socket", ("server", transport))

    def line(self, line):
        match = LINE.match(line)
        if not match:
            return
        call, arguments, result, rest = match.groups()
        error = re.match(r" (E\w+) ", rest)
        error = error[1] if error else None
        result = -1 if result == "?" else int(result, 0)
        descriptors = [Descriptor(int(d[1]), d[2]) for d in DESCRIPTOR.finditer(arguments)]
        if call in READS + WRITES + RECEIVES + SENDS:
            self.io(call, arguments, descriptors, result, error)
        elif call in TRANSFERS:
            self.transfer(call, arguments, descriptors, result, error)
        elif call in OPENS:
            self.open(call, arguments, result, error)
        elif call in ("close", "close_range"):
            self.file_call("close", error)
            if call == "close" and not error:
                self.closed(int(re.match(r"\d+", arguments)[0]))
        elif call in ("socket", "socketpair", "bind", "listen", "shutdown", "connect", "accept", "accept4"):
            self.socket(call, arguments, descriptors, result, error)
        elif call == "fcntl":
            self.fcntl(arguments, result, error)
        elif call in SYNCS + METADATA:
            self.file_call("sync" if call in SYNCS else "metadata", error)
        elif call == "flock":
            self.file_call("lock", error)
        elif call == "ioctl":
            self.file_call("metadata", error, timed=False)


def program_lines(prefix):
    """Lines of the program's threads: the main one's between the marks, then all of the others."""
    texts = {path.rsplit(".", 1)[1]: open(path, encoding="utf-8", errors="replace").read() for path in glob.glob(prefix + ".*")}
    mains = [t for t in texts.values() if 'write(-1, "begin", 5)' in t]
    if len(mains) != 1:
        sys.exit(f"{len(mains)} threads with a mark")
    main = mains[0].split('write(-1, "begin", 5)')[1].split('write(-1, "end", 3)')[0].splitlines()[1:]
    # The shim's own question, which end of a pipe vmsplice is given.
    main = [line for line, after in zip(main, main[1:] + [""]) if not ("F_GETFL" in line and after.startswith("vmsplice"))]
    yield from main
    for line in main:
        clone = re.search(r"^clone3?\(.*CLONE_THREAD.*?\)\s+= (\d+)$", line)
        if clone:
            yield from texts[clone[1]].splitlines()


def counted(path):
    series = collections.Counter()
    for metric in json.load(open(path, encoding="utf-8"))["metrics"]:
        name, key = metric["name"], tuple(sorted(metric["attributes"].items()))
        if not re.match(r"libc\.(file|fd|socket|io)\.", name):
            continue
        if name.endswith(".duration"):
            series[name, key] += metric["count"]
        elif name == "libc.file.io.size":
            series[name, key] += int(metric["sum"])
            series["count of " + name, key] += metric["count"]
        else:
            series[name, key] += metric["value"]
    return series


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    truth = Truth()
    for line in program_lines(sys.argv[1]):
        truth.line(line)
    ours = counted(sys.argv[2])
    differences = 0
    for key in sorted(set(truth.series) | set(ours)):
        if truth.series[key] != ours[key]:
            differences += 1
            print(key[0], dict(key[1]), "counted:", ours[key], "strace:", truth.series[key])
    calls = sum(v for k, v in truth.series.items() if k[0].endswith(".duration"))
    print(f"{calls} calls, {len(truth.series)} series, {differences} differ")
    sys.exit(differences > 0 or calls == 0)


main()
