"""wait.py URL SECONDS PID: waits until a server answers. Fails when it does not in time, or its process has ended."""

import os
import sys
import time
import urllib.error
import urllib.request


def main(url: str, seconds: float, pid: int) -> int:
    # A proxy of the environment does not reach this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            print("the server has ended", file=sys.stderr)
            return 1
        try:
            with opener.open(url, timeout=2):
                return 0
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    print(f"{url} does not answer within {seconds:.0f} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
