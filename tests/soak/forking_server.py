#!/usr/bin/env python3
"""Answers each connection with what it was sent, in a process of its own, until SIGTERM. Every third child ends by SIGKILL, every
fifth has threads at work before. At its end prints how many threads and polls there were."""
import os
import select
import signal
import socket
import sys
import threading

POLLS = 10
THREADS = 3


def work():
    poll = select.poll()
    for _ in range(POLLS):
        poll.poll(0)


def answer(connection, number):
    while part := connection.recv(65536):
        connection.sendall(part)
    connection.shutdown(socket.SHUT_WR)
    if number % 5 == 0:
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if number % 3 == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(0)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: (ended.append(True), listener.close()))
    number = 0
    while not ended:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        if os.fork() == 0:
            listener.close()
            answer(connection, number)
        connection.close()
        number += 1
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    with_threads = (number + 4) // 5
    print(with_threads * THREADS, with_threads * THREADS * POLLS)


main()
