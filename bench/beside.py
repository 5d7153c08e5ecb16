"""What runs beside a loop while a peer is measured, and is ended with it: a session daemon, or a
tool that watches the whole machine.

Each is a context manager; that something does not come up is CommandFailed or TimeoutExpired.
"""
import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time

from measure import CommandFailed, environment, kill, run

START_LIMIT_S = 30
END_LIMIT_S = 10


@contextlib.contextmanager
def background(command, signal_number, **more):
    """A process in a session of its own, which is ended with all that it started."""
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, **more)
    try:
        yield process
    finally:
        kill(process, signal_number)
        try:
            process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        kill(process)
        process.wait()


def read_until(terminal, ready, command):
    said = ""
    until = time.monotonic() + START_LIMIT_S
    while ready not in said:
        if not select.select([terminal], [], [], max(until - time.monotonic(), 0))[0]:
            raise subprocess.TimeoutExpired(command, START_LIMIT_S, said)
        try:
            more = os.read(terminal, 4096)
        except OSError:  # EIO: all have closed the other side
            more = b""
        if not more:
            raise CommandFailed(command, said)
        said += more.decode(errors="replace")


@contextlib.contextmanager
def watcher(command, ready):
    """A tool that says `ready` when it has begun, and ends by SIGINT. It has a terminal: into a
    pipe it would say so only at its end."""
    ours, its_own = os.openpty()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, ours)
        with os.fdopen(its_own, "wb") as output:
            stack.enter_context(background(command, signal.SIGINT, stdout=output, stderr=output))
        read_until(ours, ready, command)
        yield


def lttng(*words, env):
    return run(["lttng", "--no-sessiond", *words], env, START_LIMIT_S)


def daemon_answers(env):
    try:
        lttng("list", env=env)
    except CommandFailed:
        return False
    return True


@contextlib.contextmanager
def lttng_daemon(env):
    """The one that runs already, else one of our own."""
    if daemon_answers(env):
        yield
        return
    command = ["lttng-sessiond", "--no-kernel", "--quiet"]
    # Not a pipe, which a child of a dead daemon would hold open.
    with tempfile.TemporaryFile("w+") as errors, \
            background(command, signal.SIGTERM, env=env, stdout=errors, stderr=errors) as process:
        until = time.monotonic() + START_LIMIT_S
        while not daemon_answers(env):
            if process.poll() is not None:
                errors.seek(0)
                raise CommandFailed(command, errors.read())
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(command, START_LIMIT_S)
            time.sleep(0.1)
        yield


@contextlib.contextmanager
def lttng_session(home, events):
    """A session that records these events of user space to files. Root's daemon is the machine's;
    another user's is the one of this LTTNG_HOME."""
    env = environment(LTTNG_HOME=home)
    name = f"bench-{os.getpid()}"
    with lttng_daemon(env):
        lttng("create", name, f"--output={os.path.join(home, 'trace')}", env=env)
        try:
            lttng("enable-event", "--userspace", "--session", name, events, env=env)
            lttng("start", name, env=env)
            yield
        finally:
            lttng("destroy", name, env=env)
