"""What the shim costs where no call is timed: memory, the idle emitter, the encoding of a data point."""
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time

from measure import TIME_LIMIT_S, environment, run

THREADS = 64
IDLE_S = 20
INTERVAL_S = 10


@contextlib.contextmanager
def waiting(build, threads, env):
    """A program whose threads have made some calls and now wait; ended afterwards."""
    process = subprocess.Popen([build.loops, "--wait", str(threads)], env=env)
    try:
        time.sleep(1)
        if process.poll() is not None:
            raise RuntimeError(f"{build.loops} --wait ended by itself")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(TIME_LIMIT_S)


def private_kib(build, threads, env):
    """Memory that a process has for itself; the segment counts, shared code does not."""
    with waiting(build, threads, env) as process:
        with open(f"/proc/{process.pid}/smaps_rollup", encoding="utf-8") as file:
            text = file.read()
    return sum(int(kib) for kib in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE))


def memory_kib(build):
    """(added to a process, added for each of its threads)"""
    def added(threads):
        return (private_kib(build, threads, environment(build.shim)) -
                private_kib(build, threads, environment()))
    one = added(0)
    return one, (added(THREADS) - one) / THREADS


def emitter_percent(build):
    """CPU of the emitter of a program that does nothing, of one core."""
    with tempfile.TemporaryDirectory() as scratch:
        env = environment(build.shim, OTELUE_METRICS_EXPORTER="otlp_file",
                          OTELUE_FILE=os.path.join(scratch, "metrics.jsonl"),
                          OTELUE_METRIC_EXPORT_INTERVAL=str(INTERVAL_S * 1000))
        with waiting(build, 0, env) as process:
            tasks = [tid for tid in os.listdir(f"/proc/{process.pid}/task")
                     if int(tid) != process.pid]
            if len(tasks) != 1:
                raise RuntimeError(f"{len(tasks)} threads where only the emitter should be")
            before = cpu_ns(process.pid, tasks[0])
            time.sleep(IDLE_S)
            used = cpu_ns(process.pid, tasks[0]) - before
        with open(os.path.join(scratch, "metrics.jsonl"), encoding="utf-8") as file:
            if len(file.readlines()) < IDLE_S // INTERVAL_S:
                raise RuntimeError("the emitter did not export")
    return used / (IDLE_S * 1e9) * 100


def cpu_ns(pid, tid):
    with open(f"/proc/{pid}/task/{tid}/schedstat", encoding="utf-8") as file:
        return int(file.read().split()[0])


def encode_ns(build):
    """Nanoseconds for a data point in a full request."""
    return float(re.match(r"encode ([\d.]+)", run([build.encode]))[1])


def measure(build):
    """{name in budgets.txt: value}"""
    fixed, thread = memory_kib(build)
    return {"encode": encode_ns(build), "emitter_idle": emitter_percent(build),
            "memory_fixed": fixed, "memory_thread": thread}
