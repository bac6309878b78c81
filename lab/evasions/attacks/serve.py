"""Carries out what standard input asks for, a JSON object a line: {"do", "attack", "place"} → {"at"} or {"error"}.

One process for all, since an attacker holds mappings, descriptors and namespaces from before the baseline until after it."""
import json
import sys

import content  # noqa: F401
import device  # noqa: F401
import metadata  # noqa: F401
import mounts  # noqa: F401
import process  # noqa: F401
import quiet  # noqa: F401
import replace  # noqa: F401
from common import ATTACKS
from system import now

held = {}
for line in sys.stdin:
    order = json.loads(line)
    try:
        key = (order["attack"], order["place"]["target"])
        if order["do"] == "prepare":
            held[key] = ATTACKS[order["attack"]](order["place"])
            held[key].prepare()
            answer = {"at": str(now())}
        else:
            answer = {"at": str(held[key].strike())}
    except Exception as problem:
        answer = {"error": f"{order['do']} {order['attack']}: {problem!r}"}
    print(json.dumps(answer), flush=True)
# Also when who asked was killed: mounts and children must not stay.
for attack in reversed(held.values()):
    try:
        attack.undo()
    except Exception:  # it never struck
        pass
