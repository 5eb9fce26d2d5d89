#!/usr/bin/python3
"""loyalty: gives points per order. A participant with SQLite and without any library of Assent: it
serves assent.v1.ParticipantService, as that file's comments say.

Its work comes as the payload of Prepare (shop.GivePoints). Prepared branches and proofs of commit
are rows in the same database as the points, so that each step is one SQL transaction, and one sync.
"""

import argparse
import concurrent.futures
import contextlib
import os
import re
import secrets
import signal
import sqlite3
import sys
import threading

sys.path.insert(0, os.environ.get('SHOP_PYTHON', 'python'))  # what protoc has generated

import grpc  # noqa: E402
from assent.v1 import common_pb2  # noqa: E402
from assent.v1 import participant_service_pb2 as wire  # noqa: E402
from assent.v1 import participant_service_pb2_grpc as wire_grpc  # noqa: E402
import shop_pb2  # noqa: E402
import shop_pb2_grpc  # noqa: E402

NAME = 'loyalty'
WINDOW = 65536  # stamps that are told apart; what lies left of them counts as used
TRANSACTION_ID = re.compile(r'([a-z0-9]{1,22})-([1-9][0-9]*)-([1-9][0-9]*)')

SCHEMA = """
CREATE TABLE self (store_id TEXT NOT NULL, incarnation INTEGER NOT NULL);
CREATE TABLE points (customer TEXT PRIMARY KEY, points INTEGER NOT NULL);
CREATE TABLE prepared (coordinator TEXT, epoch INTEGER, number INTEGER, customer TEXT NOT NULL,
                       points INTEGER NOT NULL, PRIMARY KEY (coordinator, epoch, number));
CREATE TABLE committed (coordinator TEXT, epoch INTEGER, number INTEGER,
                        PRIMARY KEY (coordinator, epoch, number));
CREATE TABLE coordinators (coordinator TEXT PRIMARY KEY, epoch INTEGER NOT NULL DEFAULT 0,
                           life TEXT NOT NULL DEFAULT '0', decision INTEGER NOT NULL DEFAULT 0,
                           mark_epoch INTEGER NOT NULL DEFAULT 0,
                           mark_number INTEGER NOT NULL DEFAULT 0);
"""


class StampWindow:
    """R5: which Prepares of one coordinator are new to this incarnation. In memory only."""

    def __init__(self):
        self.epoch, self.highest, self.used = 0, 0, set()

    def see(self, epoch):
        if epoch > self.epoch:
            self.epoch, self.highest, self.used = epoch, 0, set()

    def use(self, stamp):
        """True if it was not used before."""
        self.see(stamp.epoch)
        if stamp.epoch < self.epoch or stamp.n in self.used or stamp.n + WINDOW <= self.highest:
            return False
        self.used.add(stamp.n)
        self.highest = max(self.highest, stamp.n)
        if len(self.used) > 2 * WINDOW:
            self.used = {n for n in self.used if n + WINDOW > self.highest}
        return True


class Store:
    """The database. One connection, one lock, and SQL transactions that we begin ourselves."""

    def __init__(self, path, create):
        if create == os.path.exists(path):
            sys.exit(f'loyalty: {path} ' + ('exists' if create else 'is missing'))
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute('PRAGMA journal_mode = WAL')
        self.db.execute('PRAGMA synchronous = FULL')  # COMMIT returns when it is on the disk
        with self.transaction():
            if create:
                for statement in SCHEMA.split(';'):
                    self.db.execute(statement)
                self.db.execute('INSERT INTO self VALUES (?, 0)', (secrets.token_hex(16),))
            # Raised and synced at each start, before anything is answered.
            self.db.execute('UPDATE self SET incarnation = incarnation + 1')
        self.store_id, self.incarnation = self.one('SELECT store_id, incarnation FROM self')

    @contextlib.contextmanager
    def transaction(self):
        with self.lock:
            self.db.execute('BEGIN IMMEDIATE')
            try:
                yield self.db
            except BaseException:
                self.db.execute('ROLLBACK')
                raise
            self.db.execute('COMMIT')

    def one(self, sql, *values):
        return self.db.execute(sql, values).fetchone()

    def meet(self, coordinator):
        self.db.execute('INSERT OR IGNORE INTO coordinators (coordinator) VALUES (?)',
                        (coordinator,))

    def clean(self, coordinator, mark):
        """R9: drops proofs of commit below the mark, which never falls."""
        raised = self.db.execute(
            'UPDATE coordinators SET mark_epoch = ?2, mark_number = ?3 WHERE coordinator = ?1'
            ' AND (mark_epoch, mark_number) < (?2, ?3)', (coordinator, mark.epoch, mark.number))
        if raised.rowcount:
            self.db.execute('DELETE FROM committed WHERE coordinator = ?'
                            ' AND (epoch, number) < (?, ?)', (coordinator, mark.epoch, mark.number))


def parse_id(text, context):
    match = TRANSACTION_ID.fullmatch(text)
    if not match:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f'not a transaction id: {text}')
    return match.group(1), int(match.group(2)), int(match.group(3))


class Participant(wire_grpc.ParticipantServiceServicer):
    def __init__(self, store):
        self.store = store
        self.life = secrets.randbelow(2**64 - 1) + 1  # 0 stands for none
        self.windows = {}  # by coordinator; guarded by the store's lock

    def check_addressee(self, request, context):
        if request.participant != NAME or request.store_id != self.store.store_id:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'meant for another store')

    def use_stamp(self, coordinator, stamp):
        window = self.windows.setdefault(coordinator, StampWindow())
        return stamp.incarnation == self.store.incarnation and window.use(stamp)

    def see_epoch(self, coordinator, epoch):
        self.windows.setdefault(coordinator, StampWindow()).see(epoch)

    def Prepare(self, request, context):
        self.check_addressee(request, context)
        branch = parse_id(request.transaction_id, context)
        gift = shop_pb2.GivePoints()
        if request.HasField('payload'):
            gift.ParseFromString(request.payload)
        with self.store.transaction() as db:
            fresh = self.use_stamp(branch[0], request.stamp)
            willing = gift.customer_id != '' and gift.points > 0
            if fresh and willing:
                db.execute('INSERT INTO prepared VALUES (?, ?, ?, ?, ?)',
                           (*branch, gift.customer_id, gift.points))
                self.store.meet(branch[0])
                self.store.clean(branch[0], request.clean_mark)
        if not fresh:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'this Prepare is not valid here')
        if not willing:
            return wire.PrepareResponse(vote=common_pb2.VOTE_KIND_NO, text='no points to give')
        return wire.PrepareResponse(vote=common_pb2.VOTE_KIND_YES)

    def Commit(self, request, context):
        self.check_addressee(request, context)
        branch = parse_id(request.transaction_id, context)
        with self.store.transaction() as db:
            gifts = db.execute('DELETE FROM prepared WHERE coordinator = ? AND epoch = ?'
                               ' AND number = ? RETURNING customer, points', branch).fetchall()
            for gift in gifts:
                db.execute('INSERT INTO points VALUES (?, ?) ON CONFLICT (customer)'
                           ' DO UPDATE SET points = points + excluded.points', gift)
                db.execute('INSERT INTO committed VALUES (?, ?, ?)', branch)
            done = bool(gifts) or self.was_committed(branch)
            self.store.meet(branch[0])
            self.store.clean(branch[0], request.clean_mark)
            db.execute('UPDATE coordinators SET decision = max(decision, ?) WHERE coordinator = ?',
                       (request.decision_number, branch[0]))
        if not done:
            print(f'loyalty: ALARM: told to commit {request.transaction_id}, which is not here',
                  file=sys.stderr)
        return wire.CommitResponse(acknowledged=done)

    def was_committed(self, branch):
        """By the proof, or because it lies below the mark: then this is a late duplicate."""
        return bool(self.store.one('SELECT 1 FROM committed WHERE coordinator = ? AND epoch = ?'
                                   ' AND number = ?', *branch)
                    or self.store.one('SELECT 1 FROM coordinators WHERE coordinator = ?'
                                      ' AND (mark_epoch, mark_number) > (?, ?)', *branch))

    def Abort(self, request, context):
        self.check_addressee(request, context)
        branch = parse_id(request.transaction_id, context)
        with self.store.transaction() as db:
            if request.HasField('stamp'):
                self.use_stamp(branch[0], request.stamp)
            db.execute('DELETE FROM prepared WHERE coordinator = ? AND epoch = ? AND number = ?',
                       branch)
        return wire.AbortResponse()

    def ListPrepared(self, request, context):
        if request.participant != NAME:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'meant for another participant')
        response = wire.ListPreparedResponse(store_id=self.store.store_id, life_number=self.life,
                                             incarnation=self.store.incarnation)
        coordinator = request.coordinator_id
        with self.store.transaction() as db:
            known = self.store.one('SELECT epoch, life, decision FROM coordinators'
                                   ' WHERE coordinator = ?', coordinator)
            if known:
                response.knowledge.epoch = known[0]
                response.knowledge.life_number = int(known[1])
                response.knowledge.decision_number = known[2]
            self.see_epoch(coordinator, request.epoch)
            self.store.meet(coordinator)
            db.execute('UPDATE coordinators SET epoch = ?2, life = ?3 WHERE coordinator = ?1'
                       ' AND epoch < ?2', (coordinator, request.epoch, str(request.life_number)))
            rows = db.execute('SELECT epoch, number FROM prepared WHERE coordinator = ?'
                              ' ORDER BY epoch, number LIMIT 10000', (coordinator,))
            response.transaction_ids.extend(f'{coordinator}-{e}-{n}' for e, n in rows)
        return response


class Audit(shop_pb2_grpc.AuditServiceServicer):
    def __init__(self, store):
        self.store = store

    def ListEntries(self, request, context):
        with self.store.transaction() as db:
            rows = db.execute('SELECT customer, points FROM points').fetchall()
        for customer, points in rows:
            yield shop_pb2.Entry(key=f'points/{customer}', value=str(points))

    def ListInDoubt(self, request, context):
        with self.store.transaction() as db:
            rows = db.execute('SELECT coordinator, epoch, number FROM prepared').fetchall()
        return shop_pb2.ListInDoubtResponse(transaction_ids=[f'{c}-{e}-{n}' for c, e, n in rows])


def main():
    parser = argparse.ArgumentParser(description='The shop\'s loyalty points.')
    parser.add_argument('--listen', required=True, metavar='ADDRESS')
    parser.add_argument('--data', required=True, metavar='FILE', help='the SQLite database')
    parser.add_argument('--create-store', action='store_true', help='make it; for the first start')
    parser.add_argument('--ready-file', metavar='FILE', help='written once it serves')
    flags = parser.parse_args()

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    store = Store(flags.data, flags.create_store)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16),
                         options=[('grpc.so_reuseport', 0)])
    wire_grpc.add_ParticipantServiceServicer_to_server(Participant(store), server)
    shop_pb2_grpc.add_AuditServiceServicer_to_server(Audit(store), server)
    server.add_insecure_port(flags.listen)
    server.start()
    if flags.ready_file:
        with open(flags.ready_file + '.new', 'w', encoding='utf-8') as file:
            file.write(flags.listen + '\n')
        os.rename(flags.ready_file + '.new', flags.ready_file)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop(grace=2).wait()


if __name__ == '__main__':
    main()
