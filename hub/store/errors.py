"""What the store raises: every error says what its caller does, and its message what the person does."""


class StoreError(Exception):
    """The base of all errors of the store. Catch the kinds below, not this one."""


class StoreUnavailable(StoreError):
    """The database did not answer in time. A write may have happened all the same: repeat it with the same `_id`.

    The caller accepts nothing: it answers 503, leaves the offset where it is, and tries again later.
    """


class StoreBusy(StoreError):
    """Too many documents wait already, and this one was not taken: answer 503 with `Retry-After`."""


class PlaceTaken(StoreError):
    """The conversation that a message was to begin has begun already: find it another place."""


class PredecessorRefused(StoreError):
    """What this document follows was not stored, and so this one was not either: look again, and decide anew."""


class LeaseLost(StoreError):
    """Another process has the lease by now: whoever held it has been stopped, and asks for it again."""


class NotDurable(StoreError):
    """The write was not confirmed by a majority: acknowledge nothing, and repeat it with the same `_id`."""


class NotStorable(StoreError):
    """The database can never hold this document (size, nesting, encoding): park what it came from, do not repeat."""


class NotAReplicaSet(StoreError):
    """The server is alone, and a lone server loses acknowledged writes: the hub does not start."""


class UnsafeOptions(StoreError):
    """The address of the database lowers what the hub promises: the hub does not start."""


class NewerSchema(StoreError):
    """A newer hub has written this database: the hub does not start, and the person installs the newer one."""


class OlderSchema(StoreError):
    """The database is of an older hub: the hub does not start until `hub db upgrade` was run."""


class ForeignDatabase(StoreError):
    """The database holds collections but no schema version: the hub does not touch it."""


class NoMongod(StoreError):
    """There is no mongod to run on this machine: the person installs one or names a server."""


class SocketPathTooLong(StoreError):
    """The data folder's path is too long for a unix socket: the person moves the folder."""


class DataFolderUnusable(StoreError):
    """The data folder cannot be made or written: the person names another one, or gives this one to the hub's user."""


class FolderInUse(StoreError):
    """Another hub, or another mongod, works on the data folder: the person stops it or takes another folder."""


class MongodFailed(StoreError):
    """mongod did not start. The supervisor tries again; at the first start the person reads the named log."""


class BackupInvalid(StoreError):
    """The folder is no complete backup, or a file in it has changed: nothing was restored."""


class DatabaseInUse(StoreError):
    """A restore needs a database on which no hub works: the person stops the hub."""


class RestoreFailed(StoreError):
    """A restore broke off in the middle: the hub refuses the database until the person has restored once more."""


class DatabaseNotEmpty(StoreError):
    """A restore needs an empty database: the person names another one or drops this one."""


class BackupFailed(StoreError):
    """The backup could not be completed, and nothing was left behind: the message says what to change."""
