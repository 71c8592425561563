"""The Sail server as a process: prints its address, serves until its standard input closes.

The input is a pipe from the parent. It closes when the parent stops the server and also when the
parent dies in any way, so that no server is left over.
"""

import sys

from pysail.spark import SparkConnectServer


def main() -> None:
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    print(f"sc://{host}:{port}", flush=True)
    sys.stdin.buffer.read()
    server.stop()


if __name__ == "__main__":
    main()
