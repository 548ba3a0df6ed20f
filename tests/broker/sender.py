"""The outbox of a folder and a database as a process of its own: `python -m tests.broker.sender FOLDER URL`."""

import asyncio
import sys
import time
from pathlib import Path

from garraway.broker import Approvals, Outbox, transfers
from garraway.log import Log
from garraway.store import Database

if __name__ == "__main__":
    outbox = Outbox(
        Database.open(sys.argv[2]),
        Path(sys.argv[1]),
        source="backoffice",
        clock=time.time_ns,
        log=Log(sys.stderr, time.time_ns),
        follows={"transfer": transfers.ended},
        chores=Approvals(transfers.APPROVAL).expire,
    )
    print("sending", flush=True)
    asyncio.run(outbox.run())
