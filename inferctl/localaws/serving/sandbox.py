"""Runs one server in namespaces of its own; a program, started by path, standard library only.

    python -I -S sandbox.py SOCKET PORT LOG COMMAND...

The server gets its own network (nothing it binds is reachable from the host), its own processes
(killing the first one kills all), its own IPC and its own /dev/shm (nothing can be left behind).
Whoever connects to the unix socket SOCKET in the working directory is handed a TCP connection to
PORT inside, as a file descriptor: requests then travel without a proxy.
It ends when the server ends (status 10), or when its standard input is closed, which the kernel
does for a parent that was killed.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

SETUP_FAILED = 3
SERVER_ENDED = 10
_CLONE_NEWNS = 0x00020000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_NAMESPACES = _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWPID | _CLONE_NEWNET
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 16384, 1 << 18
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="ascii")


def _enter_namespaces() -> None:
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NEWUSER | _NAMESPACES) == 0:
        with contextlib.suppress(FileNotFoundError):
            _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
        return
    if ctypes.get_errno() not in (errno.EPERM, errno.ENOSPC, errno.EINVAL) or uid != 0:
        _check(-1, "unshare")
    # real root does not need a user namespace for the others
    _check(_libc.unshare(_NAMESPACES), "unshare")


def _private_shared_memory() -> None:
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount /")
    flags = _MS_NOSUID | _MS_NODEV
    _check(_libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", flags, b"size=50%"), "mount /dev/shm")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(sock, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", answer)[1]
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _hand_over(client: socket.socket, port: int) -> None:
    """Connects inside and sends the connection's descriptor, or the reason why not."""
    with client:
        client.settimeout(2)
        try:
            inner = socket.create_connection(("127.0.0.1", port), timeout=2)
        except OSError as error:
            client.sendall(b"E" + str(error).encode())
            return
        with inner:
            inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            inner.setblocking(True)
            socket.send_fds(client, [b"C"], [inner.fileno()])


def _listen(name: str) -> socket.socket:
    # a name relative to the working directory: a path may be longer than the kernel's 107 bytes
    with contextlib.suppress(FileNotFoundError):
        Path(name).unlink()
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen(128)
    os.umask(0o022)
    return listener


def _serve(listener: socket.socket, port: int, log: str, command: list[str]) -> int:
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    with Path(log).open("ab") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    selector = selectors.DefaultSelector()
    for source in (listener, sys.stdin, wake_read):
        selector.register(source, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                with contextlib.suppress(OSError):
                    _hand_over(listener.accept()[0], port)
            elif key.fileobj is sys.stdin:
                return 0
            else:
                os.read(wake_read, 64)
                if _reap(server.pid):
                    return SERVER_ENDED


def _reap(server: int) -> bool:
    """Collects every ended process, as the first process of a namespace must."""
    ended = False
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            ended = ended or pid == server
    return ended


def main(arguments: list[str]) -> int:
    name, port, log, *command = arguments
    try:
        _enter_namespaces()
        first = os.fork()
        if first:
            _, status = os.waitpid(first, 0)
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
        _private_shared_memory()
        _loopback_up()
        listener = _listen(name)
    except OSError as error:
        print(error.strerror or error, flush=True)
        return SETUP_FAILED
    print("ready", flush=True)
    return _serve(listener, int(port), log, command)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # the forked first process must not run the interpreter's exit twice over shared buffers
    os._exit(code)
