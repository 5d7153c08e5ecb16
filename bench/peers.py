"""Other tools that watch the same calls: how a loop is run under each, if it is installed.

None of them is needed: a row says why it has no figures. What they write goes to a scratch
directory. One that works here may still lose what it recorded: rounds are few, so that LTTng's
buffers hold them all.
"""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile

from beside import lttng_session, watcher
from measure import CommandFailed, environment, loop_command, loop_ns

LTTNG = "liblttng-ust-libc-wrapper.so.1:liblttng-ust-pthread-wrapper.so.1"
TCMALLOC = "libtcmalloc.so.4"
PATHS = ["malloc_64", "mutex", "read", "posix_spawn"]
MEMORY, MUTEX, READ, START = PATHS
PROBED = ["malloc", "free", "pthread_mutex_lock", "pthread_mutex_unlock", "read"]
TIME_LIMIT_S = 60
REPEATS = 5
ROUNDS = 2
# Where tools of BPF are that are not on everybody's path.
MORE_PATHS = ["/usr/sbin", "/usr/share/bcc/tools", "/usr/share/bpftrace/tools"]


class Peer:
    """needs: for each thing needed the names it goes by: commands. divisor: how many times fewer
    rounds are run under it. paths: those that it sees. around: makes its command from a loop's.
    beside: makes what runs meanwhile. Both are given the scratch directory and what was found of
    needs. preload, variables: of its environment."""

    def __init__(self, name, divisor, paths, needs=(), around=None, beside=None, preload=None,
                 variables=None):
        self.name, self.divisor, self.paths = name, divisor, paths
        self.needs, self.around, self.beside = needs, around, beside
        self.preload, self.variables = preload, variables or {}

    def found(self):
        """Paths of what it needs, or None if something is not installed."""
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *MORE_PATHS])
        commands = [next(filter(None, (shutil.which(name, path=path) for name in names)), None)
                    for names in self.needs]
        return None if None in commands or not self.is_preloadable() else commands

    def is_preloadable(self):
        if not self.preload:
            return True
        done = subprocess.run(["/bin/true"], env={"LD_PRELOAD": self.preload}, check=False,
                              stderr=subprocess.PIPE, text=True, timeout=TIME_LIMIT_S)
        return "cannot be preloaded" not in done.stderr

    def environment(self, scratch):
        variables = {name: value.format(scratch=scratch) for name, value in self.variables.items()}
        return environment(self.preload, **variables)

    def measure(self, build, calls, scratch, commands):
        """Yields each path with the lowest nanoseconds of a round."""
        with self.beside(scratch, *commands) if self.beside else contextlib.nullcontext():
            for path in self.paths:
                count = max(calls[path] // self.divisor, 5)
                command = loop_command(build, path, count, REPEATS, 0)
                if self.around:
                    command = self.around(scratch, *commands)(command)
                yield path, min(loop_ns(command, self.environment(scratch), TIME_LIMIT_S)
                                for _ in range(ROUNDS))


def before(*words):
    """For a tool that is given the program's words after its own."""
    return lambda loop: [*words, *loop]


def within(*words):
    """For bpftrace -c, which is given them in one."""
    return lambda loop: [*words, "-c", shlex.join(loop)]


def libc():
    with open("/proc/self/maps", encoding="utf-8") as file:
        return re.search(r"(/\S*/libc[.-]\S*)$", file.read(), re.MULTILINE)[1]


def probes():
    return ",".join(f"uprobe:{libc()}:{name}" for name in PROBED) + " { @[probe] = count(); }"


def peers():
    """Those of doc/PERFORMANCE.md."""
    return [
        Peer("LTTng-UST wrappers, no session", 1, PATHS, preload=LTTNG),
        Peer("LTTng-UST wrappers, recording", 50, PATHS, [["lttng"], ["lttng-sessiond"]],
             beside=lambda scratch, *_: lttng_session(
                 scratch, "lttng_ust_libc:*,lttng_ust_pthread:*"),
             preload=LTTNG, variables={"LTTNG_HOME": "{scratch}"}),
        Peer("heaptrack", 20, [MEMORY], [["heaptrack"]],
             lambda scratch, tool: before(tool, "--output", f"{scratch}/out")),
        Peer("gperftools heap profiler", 20, [MEMORY, START],
             preload=TCMALLOC, variables={"HEAPPROFILE": "{scratch}/heap"}),
        Peer("valgrind --tool=dhat", 50, [MEMORY], [["valgrind"]],
             lambda scratch, tool: before(tool, "-q", "--tool=dhat",
                                          f"--dhat-out-file={scratch}/out")),
        Peer("uftrace", 50, PATHS, [["uftrace"]],
             lambda scratch, tool: before(tool, "record", "--force", "-d", f"{scratch}/uftrace")),
        Peer("bpftrace uprobe", 20, [MEMORY, MUTEX, READ], [["bpftrace"]],
             lambda scratch, tool: within(tool, "-o", f"{scratch}/out", "-e", probes())),
        Peer("syscount (BPF, of bcc)", 5, [READ, START], [["syscount-bpfcc", "syscount"]],
             beside=lambda _, tool: watcher([tool], ready="Tracing")),
        Peer("syscount.bt (BPF, of bpftrace)", 5, [READ, START], [["bpftrace"], ["syscount.bt"]],
             lambda scratch, tool, script: within(tool, "-o", f"{scratch}/out", script)),
        Peer("perf trace -s", 5, [READ, START], [["perf"]],
             lambda _, tool: before(tool, "trace", "-s", "--")),
        Peer("strace -c -f", 20, [READ, START], [["strace"]],
             lambda scratch, tool: before(tool, "-c", "-f", "-o", f"{scratch}/out")),
        Peer("ltrace -c", 200, [MEMORY, MUTEX, READ], [["ltrace"]],
             lambda scratch, tool: before(tool, "-c", "-o", f"{scratch}/out")),
    ]


def first_line(said):
    return next((line.strip()[:100] for line in said.splitlines() if line.strip()), "")


def figures(peer, build, calls):
    """({path: nanoseconds, or a word why there are none}, the first line of its own error)"""
    result = {}
    said = ""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            commands = peer.found()
            if commands is None:
                return dict.fromkeys(peer.paths, "not installed"), ""
            for path, lowest in peer.measure(build, calls, scratch, commands):
                result[path] = lowest
            return result, ""
        except CommandFailed as failure:
            said = first_line(failure.said)
            denied = re.search(r"permi|denied|root|privilege|capabilit", failure.said, re.I)
            word = "not permitted here" if denied else "does not work here"
        except subprocess.TimeoutExpired as failure:
            word = f"no end in {failure.timeout:g} s"
        except OSError as failure:
            said, word = str(failure), "does not work here"
    return {path: result.get(path, word) for path in peer.paths}, said
