#!/usr/bin/env python3
"""`make soak MINUTES=30`: servers under load for long, observed, and compared with what they say of themselves.

  redis      connections that come and go; bytes and connections as INFO has them
  postgres   a process for each connection (pgbench -C); connections as its log has them
  forks      a forking server, exported as one tree: children that end, are killed, and use threads; bytes, processes and
             waits as its clients and the server count them

Fails where a count differs by one, where memory of the shim, descriptors or threads grow, or where a segment or a session is
left over. Not part of `./check`: it takes its time. Needs redis-server and postgresql.
"""
import argparse
import glob
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
METRICS = HERE.parent / "lib" / "metrics.py"
SHARED = f"/dev/shm/otelue.{os.geteuid()}"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit(f"soak: {process.args[0]} does not listen: see {process.log}")


class Server:
    """A server under the shim, its OTLP file, and what it holds over time."""

    def __init__(self, options, directory, name, command, variables=None, user=None):
        self.directory, self.name, self.samples = directory, name, []
        self.otlp = directory / f"{name}.%p.jsonl"
        environment = {**os.environ, "LD_PRELOAD": options.shim, "OTEL_METRICS_EXPORTER": "otlp_file",
                       "OTELUE_FILE": str(self.otlp), "OTEL_METRIC_EXPORT_INTERVAL": "1000", **(variables or {})}
        log = directory / f"{name}.log"
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            user=user, group=user, extra_groups=[] if user else None, cwd=directory)
        self.process.log = log

    def sample(self):
        pid = self.process.pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        segments = glob.glob(f"/dev/shm/otelue.*/{pid}.*") + glob.glob(f"/dev/shm/otelue.*/session.*/{pid}.*")
        memory = sum(os.stat(path).st_blocks * 512 for path in segments)
        in_maps = shim_kib(pid)
        threads = int(status.split("Threads:")[1].split()[0])
        self.samples.append((memory // 1024, in_maps, len(os.listdir(f"/proc/{pid}/fd")), threads))

    def count(self, kind, metric):
        files = glob.glob(str(self.directory / f"{self.name}.*.jsonl"))
        out = subprocess.run([METRICS, kind, metric, *files], capture_output=True, text=True, check=True).stdout
        return round(float(out))

    def end(self, seconds=60):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(seconds)


def shim_kib(pid):
    """Resident memory of the object itself: what it keeps outside the segment, apart from its text."""
    total, ours = 0, False
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as maps:
        for line in maps:
            if "-" in line.split()[0] and not line.split()[0].endswith(":"):
                ours = "libotelue_preload" in line
            elif ours and line.startswith("Private_Dirty:"):
                total += int(line.split()[1])
    return total


def talk(connection, command):
    """One command in RESP; its reply, which is one bulk string."""
    connection.sendall(command)
    reply = b""
    while b"\r\n" not in reply:
        reply += connection.recv(65536)
    length = int(reply[1:reply.index(b"\r\n")]) + reply.index(b"\r\n") + 4
    while len(reply) < length:
        reply += connection.recv(65536)
    return reply


class Redis:
    def __init__(self, options, directory):
        self.port = free_port()
        self.server = Server(options, directory, "redis", ["redis-server", "--port", str(self.port), "--save", "", "--dir",
                                                           str(directory), "--bind", "127.0.0.1"])
        wait_for_port(self.port, self.server.process).close()

    def load(self, until):
        while time.monotonic() < until:
            subprocess.run(["redis-benchmark", "-p", str(self.port), "-q", "-n", "20000", "-c", "20", "-t", "get,set,lpush,lrange_100"],
                           stdout=subprocess.DEVNULL, check=True)

    def compare(self):
        shutdown = b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n"
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            reply = talk(connection, b"*1\r\n$4\r\nINFO\r\n")
            connection.sendall(shutdown)
            self.server.process.wait(60)
        info = dict(line.split(":", 1) for line in reply.decode().splitlines() if ":" in line)
        yield ("bytes received", int(info["total_net_input_bytes"]) + len(shutdown),
               self.server.count("value", "process.network.io{network.io.direction=receive}"))
        yield ("bytes sent", int(info["total_net_output_bytes"]) + len(reply),
               self.server.count("value", "process.network.io{network.io.direction=transmit}"))
        yield ("connections", int(info["total_connections_received"]),
               self.server.count("value", "libc.socket.connections{libc.socket.role=server}"))


class Postgres:
    def __init__(self, options, directory):
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.port, data = free_port(), directory / "data"
        os.chmod(directory, 0o777)
        self.user = "postgres" if os.geteuid() == 0 else None
        subprocess.run([f"{binaries}/initdb", "-D", data, "-A", "trust", "-U", "soak"], stdout=subprocess.DEVNULL, check=True,
                       user=self.user, group=self.user, extra_groups=[] if self.user else None, cwd="/")
        self.server = Server(options, directory, "postgres",
                             [f"{binaries}/postgres", "-D", data, "-p", str(self.port), "-h", "127.0.0.1", "-k", "",
                              "-c", "log_connections=on", "-c", "fsync=off", "-c", "shared_buffers=16MB"], user=self.user)
        wait_for_port(self.port, self.server.process).close()
        self.bench("-i", "-q", "-s", "1", attempts=50)

    def bench(self, *arguments, attempts=1):
        for attempt in range(attempts):
            done = subprocess.run(["pgbench", "-h", "127.0.0.1", "-p", str(self.port), "-U", "soak", *arguments, "postgres"],
                                  capture_output=True, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.2)
        sys.exit(f"soak: pgbench: {done.stderr.decode()}")

    def load(self, until):
        while time.monotonic() < until:
            self.bench("-C", "-c", "4", "-T", "5", "-N", "-n")

    def compare(self):
        self.server.end()
        logged = self.server.process.log.read_text(errors="replace").count("connection received")
        yield ("connections", logged, self.server.count("value", "libc.socket.connections{libc.socket.role=server}"))


class Forks:
    def __init__(self, options, directory):
        self.port = free_port()
        self.requests = self.bytes = 0
        self.server = Server(options, directory, "forks", [sys.executable, "-B", HERE / "forking_server.py", str(self.port)],
                             {"OTELUE_SEGMENT_SCOPE": "tree"})
        wait_for_port(self.port, self.server.process).close()
        self.requests += 1  # of no bytes

    def load(self, until):
        sizes = [1, 100, 1000, 5000]
        while time.monotonic() < until:
            message = b"x" * sizes[self.requests % len(sizes)]
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(message)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while part := connection.recv(65536):
                    answer += part
            if answer != message:
                sys.exit("soak: the forking server does not answer")
            self.requests += 1
            self.bytes += len(message)

    def compare(self):
        self.server.end()
        yield ("bytes received", self.bytes, self.server.count("value", "process.network.io{network.io.direction=receive}"))
        yield ("bytes sent", self.bytes, self.server.count("value", "process.network.io{network.io.direction=transmit}"))
        yield ("processes", self.requests, self.server.count("value", "libc.process.created"))
        yield ("connections", self.requests, self.server.count("value", "libc.socket.connections{libc.socket.role=server}"))
        said = self.server.process.log.read_text().split()
        yield ("threads", int(said[0]), self.server.count("value", "libc.thread.created"))
        yield ("polls", int(said[1]), self.server.count("count", "libc.poll.duration{libc.poll.operation=poll}"))


def watch(loads, until):
    while time.monotonic() < until:
        for load in loads:
            load.server.sample()
        left = until - time.monotonic()
        print(f"soak: {left:.0f} s left", end="\r", file=sys.stderr, flush=True)
        time.sleep(min(5, max(left, 0.1)))


def grown(samples):
    """What is more at the end than it was after a quarter of the time; memory may take a page or two."""
    first, last = samples[len(samples) // 4], samples[-1]
    names = ["segment KiB", "shim KiB", "descriptors", "threads"]
    slack = [16, 64, 8, 0]
    return [f"{name} {a} to {b}" for name, a, b, more in zip(names, first, last, slack) if b > a + more]


def report(loads):
    failures = 0
    for load in loads:
        name, samples = load.server.name, load.server.samples
        for what, truth, ours in load.compare():
            failures += truth != ours
            print(f"{name:10} {what:16} {truth:14} {ours:14} {'equal' if truth == ours else 'DIFFERENT'}")
        for growth in grown(samples):
            failures += 1
            print(f"{name:10} GROWS: {growth}")
        quarter = len(samples) // 4
        print(f"{name:10} segment, shim KiB, descriptors, threads: {samples[quarter]} then, {samples[-1]} at the end")
        pid = load.server.process.pid
        for left in glob.glob(f"/dev/shm/otelue.*/{pid}.*") + glob.glob(f"/dev/shm/otelue.*/session.{pid}.*"):
            failures += 1
            print(f"{name:10} LEFT OVER: {left}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shim", required=True, help="libotelue_preload.so")
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    options.shim = os.path.abspath(options.shim)
    for program in ("redis-server", "redis-benchmark", "pgbench"):
        if not shutil.which(program):
            sys.exit(f"soak: {program} is missing: apt install redis-server redis-tools postgresql")
    with tempfile.TemporaryDirectory(prefix="otelue-soak.") as scratch:
        loads = []
        try:
            for kind in (Redis, Postgres, Forks):
                directory = pathlib.Path(scratch) / kind.__name__
                directory.mkdir()
                os.chmod(scratch, 0o755)
                loads.append(kind(options, directory))
            until = time.monotonic() + options.minutes * 60
            threads = [threading.Thread(target=load.load, args=(until,)) for load in loads]
            for thread in threads:
                thread.start()
            watch(loads, until)
            for thread in threads:
                thread.join()
            failures = report(loads)
        finally:
            for load in loads:
                load.server.end()
    print(f"soak: {options.minutes:g} minutes, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
