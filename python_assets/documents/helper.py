"""A process that sets documents for another one: `python -m python_assets.documents.helper`.

Reads lines of JSON: first `folder` and `made_by`, then lists of facts. Answers each list with a line of JSON: its
`problems`, or the `error` that stopped it. Ends with its input, as when the process that it helps is killed.
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
            answer = {"problems": set_here(json.loads(line), folder, made_by)}
        except Exception as error:
            answer = {"error": " ".join(repr(error).split())}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
