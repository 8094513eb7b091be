"""The fork server's first file, run as `python -I -S -B start.py PLAN CONTROL`.

It imports its own package and jinja2 from folders that are no longer on the path when the first run starts.
"""

import json
import os
import sys

# What modules want done after a fork costs each run a tenth of its time for nothing: there is one thread, which holds
# no lock, and runs seed their chance themselves.
os.register_at_fork = lambda **_: None
_root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_path = sys.path.copy()
sys.path += [_root, json.loads(sys.argv[1])["site"]]

from sandbox.inside import forkserver  # noqa: E402 - the path above finds it

sys.path[:] = _path
forkserver.main()
