"""Reads the same list again and again with the official SDK; prints the CPU time of one call as JSON.

python list.py URL PAYMENT ITEMS
"""

import json
import sys
import time
from importlib.metadata import version

from gr4vy import Gr4vy

url, payment, items = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = Gr4vy(server_url=url, id="benches", bearer_auth="a-ready-token")


def batch(calls: int) -> float:
    before = time.process_time_ns()
    for _ in range(calls):
        page = client.transactions.refunds.list(transaction_id=payment)
        assert len(page.items) == items
    return (time.process_time_ns() - before) / calls


batch(20)
nanos = min(batch(20) for _ in range(10))
print(json.dumps({"nanos": int(nanos), "version": version("gr4vy"), "runtime": f"Python {sys.version.split()[0]}"}))
