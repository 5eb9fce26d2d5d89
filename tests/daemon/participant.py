"""A participant without any library of Assent, written from the .proto files alone.

Keeps accounts in sqlite. A payload is "ACCOUNT AMOUNT"; what an account does not hold is voted no.

    participant.py DIRECTORY-OF-STUBS DATABASE NAME ADDRESS READY-FILE
"""

import random
import sqlite3
import sys
import threading
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402

from assent.v1 import participant_service_pb2 as messages  # noqa: E402
from assent.v1 import participant_service_pb2_grpc as services  # noqa: E402

WINDOW = 65536
SCHEMA = """
CREATE TABLE IF NOT EXISTS self (store TEXT, incarnation INTEGER);
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, amount INTEGER);
CREATE TABLE IF NOT EXISTS prepared (id TEXT PRIMARY KEY, account TEXT, amount INTEGER);
CREATE TABLE IF NOT EXISTS committed (id TEXT PRIMARY KEY);
"""


class Stamps:
    """The stamps of one coordinator that are used up."""

    def __init__(self):
        self.epoch = 0
        self.highest = 0
        self.used = set()

    def use(self, stamp):
        """True if it was not used before."""
        if stamp.epoch > self.epoch:
            self.epoch, self.highest, self.used = stamp.epoch, 0, set()
        fresh = (
            stamp.epoch == self.epoch
            and stamp.n > self.highest - WINDOW
            and stamp.n not in self.used
        )
        self.used.add(stamp.n)
        self.highest = max(self.highest, stamp.n)
        return fresh


class Store:
    """What is durable; each method is one transaction of sqlite."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, check_same_thread=False)
        self.database.execute("PRAGMA synchronous=FULL")
        with self.database:
            self.database.executescript(SCHEMA)
            if not self.row("SELECT store FROM self"):
                store = "%032x" % random.SystemRandom().randrange(1, 1 << 128)
                self.database.execute("INSERT INTO self VALUES (?, 0)", (store,))
                self.database.execute("INSERT INTO accounts VALUES ('ann', 100)")
        with self.database:
            self.database.execute("UPDATE self SET incarnation = incarnation + 1")
        self.id, self.incarnation = self.row("SELECT store, incarnation FROM self")

    def row(self, query, *arguments):
        return self.database.execute(query, arguments).fetchone()

    def prepare(self, transaction, account, amount):
        """False: it cannot be done."""
        held = self.row("SELECT amount FROM accounts WHERE name = ?", account)
        if held is None or held[0] + amount < 0:
            return False
        with self.database:
            self.database.execute(
                "INSERT INTO prepared VALUES (?, ?, ?)", (transaction, account, amount)
            )
        return True

    def commit(self, transaction):
        """True: it is committed, now or before."""
        branch = self.row("SELECT account, amount FROM prepared WHERE id = ?", transaction)
        if branch is None:
            return self.row("SELECT 1 FROM committed WHERE id = ?", transaction) is not None
        with self.database:
            self.database.execute(
                "UPDATE accounts SET amount = amount + ? WHERE name = ?", (branch[1], branch[0])
            )
            self.database.execute("DELETE FROM prepared WHERE id = ?", (transaction,))
            self.database.execute("INSERT INTO committed VALUES (?)", (transaction,))
        return True

    def abort(self, transaction):
        with self.database:
            self.database.execute("DELETE FROM prepared WHERE id = ?", (transaction,))

    def prepared(self, coordinator):
        rows = self.database.execute("SELECT id FROM prepared ORDER BY id LIMIT 10000")
        return [row[0] for row in rows if row[0].startswith(coordinator + "-")]


class Participant(services.ParticipantServiceServicer):
    """ParticipantService over a Store."""

    def __init__(self, name, store):
        self.name = name
        self.store = store
        self.life = random.SystemRandom().randrange(1, 1 << 64)
        self.lock = threading.Lock()
        self.stamps = {}

    def check(self, request, context):
        if request.participant != self.name or request.store_id != self.store.id:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "another participant or store")

    def use(self, transaction, stamp):
        coordinator = transaction.rsplit("-", 2)[0]
        return self.stamps.setdefault(coordinator, Stamps()).use(stamp)

    def Prepare(self, request, context):
        with self.lock:
            self.check(request, context)
            if request.stamp.incarnation != self.store.incarnation:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "another incarnation")
            if not self.use(request.transaction_id, request.stamp):
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the stamp is used up")
            if not request.HasField("payload"):
                return messages.PrepareResponse(vote="VOTE_KIND_NO", text="no work was done")
            account, amount = request.payload.decode().split()
            if self.store.prepare(request.transaction_id, account, int(amount)):
                return messages.PrepareResponse(vote="VOTE_KIND_YES")
            return messages.PrepareResponse(vote="VOTE_KIND_NO", text="not enough on " + account)

    def Commit(self, request, context):
        with self.lock:
            self.check(request, context)
            return messages.CommitResponse(acknowledged=self.store.commit(request.transaction_id))

    def Abort(self, request, context):
        with self.lock:
            self.check(request, context)
            if request.HasField("stamp"):
                self.use(request.transaction_id, request.stamp)
            self.store.abort(request.transaction_id)
            return messages.AbortResponse()

    def ListPrepared(self, request, context):
        with self.lock:
            if request.participant != self.name:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "another participant")
            return messages.ListPreparedResponse(
                store_id=self.store.id,
                incarnation=self.store.incarnation,
                life_number=self.life,
                transaction_ids=self.store.prepared(request.coordinator_id),
            )


def main():
    _, _, database, name, address, ready = sys.argv
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    services.add_ParticipantServiceServicer_to_server(Participant(name, Store(database)), server)
    server.add_insecure_port(address)
    server.start()
    with open(ready, "w", encoding="utf-8") as file:
        file.write("ready\n")
    server.wait_for_termination()


if __name__ == "__main__":
    main()
