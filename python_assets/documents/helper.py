"""A process that sets documents for another one: `python -m python_assets.documents.helper`.

Reads lines of JSON: first `folder` and `made_by`, then lists of facts. Answers each list with a line: `set`, or what
went wrong. Ends with its input, as when the process that it helps is killed.
"""

import json
import sys
from pathlib import Path

from python_assets.documents.setting import set_here


def main() -> None:
    job = json.loads(sys.stdin.readline())
    folder, made_by = Path(job["folder"]), job["made_by"].encode()
    for line in sys.stdin:
        try:
            set_here(json.loads(line), folder, made_by)
            answer = "set"
        except Exception as error:
            answer = " ".join(repr(error).split())
        print(answer, flush=True)


if __name__ == "__main__":
    main()
