"""The AWS CLI, loaded once: each call is a fork that already has it, which takes a third of the processor time.

Listens on the Unix socket that it is given until its standard input ends. A call comes from `call-cli.c`: its standard
streams as descriptors, then the length of what follows in 4 bytes, and texts that end with a zero byte: the folder, how
many arguments, these, and the environment. The answer is the exit code in a byte; none means that the call was ended.
"""

import gc
import os
import signal
import socket
import sys
import threading
import traceback

from awscli.clidriver import create_clidriver
from awscli.customizations import assumerole


def main(path):
    load_everything()
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    threading.Thread(target=end_with_input, daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            answer(connection)
        connection.close()


def load_everything():
    """What a call loads besides the models of its service: parts of the CLI register themselves when it is made."""
    sink = open(os.devnull, "w")
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = sink
    try:
        create_clidriver().main(["s3api", "list-buckets", "--generate-cli-skeleton"])
    finally:
        sys.stdout, sys.stderr = streams
        sink.close()
    gc.freeze()


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def answer(connection):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    rest = connection.makefile("rb").read(int.from_bytes(head, "little"))
    folder, count, *texts = (os.fsdecode(text) for text in rest.split(b"\0")[:-1])
    arguments, variables = texts[: int(count)], texts[int(count) :]
    for to, stream in enumerate(streams):
        os.dup2(stream, to)
        os.close(stream)
    os.chdir(folder)
    # The CLI has put there, when it was loaded, where its own models are.
    models = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(each.split("=", 1) for each in variables if "=" in each)
    os.environ.setdefault("AWS_DATA_PATH", models)
    # Whose roles have been taken on is kept in the caller's home, which was read when the CLI was loaded.
    assumerole.CACHE_DIR = os.path.expanduser(os.path.join("~", ".aws", "cli", "cache"))
    threading.Thread(target=end_with_caller, args=(connection,), daemon=True).start()
    sys.argv = ["aws", *arguments]
    code = 255
    try:
        code = create_clidriver().main(arguments)
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                pass
        connection.send(bytes([code & 255]))
        os._exit(0)


def end_with_caller(connection):
    """Whoever is killed takes the program along that stands for him."""
    connection.recv(1)
    os._exit(0)


main(sys.argv[1])
