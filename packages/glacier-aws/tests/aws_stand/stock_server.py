"""The process of moto as it is. It says its port, and ends when its input does."""

from __future__ import annotations

import os
import sys

from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

__all__ = ["main"]


def main() -> None:
    """Serve until the input ends."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    os.environ["MOTO_PORT"] = str(port)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # threads of moto's interpreter may still wait for their next retry


if __name__ == "__main__":
    main()
