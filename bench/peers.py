"""Other tools that watch the same calls: how a loop is run under each, if it is installed."""
import os
import subprocess

from measure import installed

LTTNG = "liblttng-ust-libc-wrapper.so.1:liblttng-ust-pthread-wrapper.so.1"


class Peer:
    """needs: a command, or a library that the loader must find. divisor: how many times fewer
    rounds are run under it. paths: those of bench-loops that it sees."""

    def __init__(self, name, needs, divisor, paths, wrapper=(), preload=None):
        self.name, self.needs, self.divisor, self.paths = name, needs, divisor, paths
        self.wrapper, self.preload = wrapper, preload

    def is_installed(self):
        if not self.preload:
            return installed(self.needs)
        done = subprocess.run(["/bin/true"], env={"LD_PRELOAD": self.preload},
                              stderr=subprocess.PIPE, text=True, timeout=20)
        return "cannot be preloaded" not in done.stderr


def peers(scratch):
    """Those of doc/PERFORMANCE.md. Their output goes to files in a scratch directory."""
    out = os.path.join(scratch, "out")
    memory, start = "malloc_64", "posix_spawn"
    return [
        Peer("LTTng-UST wrappers, no session", LTTNG, 1, [memory, "mutex", start], preload=LTTNG),
        Peer("heaptrack", "heaptrack", 20, [memory, start], ["heaptrack", "--output", out]),
        Peer("uftrace", "uftrace", 50, [memory, "read", "mutex", start],
             ["uftrace", "record", "--force", "-d", os.path.join(scratch, "uftrace")]),
        Peer("valgrind --tool=dhat", "valgrind", 50, [memory],
             ["valgrind", "-q", "--tool=dhat", f"--dhat-out-file={out}"]),
        Peer("perf trace -s", "perf", 5, ["read", start],
             ["perf", "trace", "-s", "-o", out, "--"]),
        Peer("strace -c -f", "strace", 20, ["read", start], ["strace", "-c", "-f", "-o", out]),
        Peer("ltrace -c", "ltrace", 200, [memory, "read", "mutex"], ["ltrace", "-c", "-o", out]),
    ]
