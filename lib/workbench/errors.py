"""The project's errors: each message names the thing, the value, what was allowed, what to do."""


class WorkbenchError(Exception):
    """Base of all errors that a user can cause or cure."""


class RequestError(WorkbenchError):
    """The request itself is wrong (a parameter, a path, an option); nothing was started."""


class UnknownPath(RequestError):
    """A path that the documents do not have, or that is not what it must be (an array, a key)."""


class KeyNotUnique(RequestError):
    """The key does not name one row each: it is null somewhere, or comes twice."""


class NameCollision(RequestError):
    """Names that were given before name two paths alike, or nothing that a table can be called."""


class BoundExceeded(RequestError):
    """More columns, tables or rows than the bound allows."""


class UnsupportedType(RequestError):
    """A column of a type that nested documents do not have."""


class SourceError(WorkbenchError):
    """The dump cannot be read as JSON documents, or holds none that is good."""


class NotJson(SourceError):
    """A file is something else than JSON text."""


class TooManyBadDocuments(SourceError):
    """More than `max_bad_share` of the documents are bad; only the quarantine was written."""


class SchemaDrift(SourceError):
    """The schema of the dump differs from the last one's, and `on_drift` says to stop."""


class LeavesLost(WorkbenchError):
    """A table does not hold the same leaves as what it was made from; it was not published."""


class LakeError(WorkbenchError):
    """The lake cannot be read or written: a missing table, a second run at the same time."""


class NotWhole(WorkbenchError):
    """What could be forgotten is; the message names what could not be reached."""


class StorageError(WorkbenchError):
    """A store does not do what is asked: no bucket, no permission, no credentials, no answer."""


class ServiceError(WorkbenchError):
    """A service of AWS does not do what is asked; `code` is its own word for that."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Taken(StorageError):
    """A file is not as it was expected: another has written it."""


class EngineError(WorkbenchError):
    """The engine could not be started or is not known."""


class OutputLost(WorkbenchError):
    """What a command says cannot be written: its reader has ended, or a disk is full."""


class RunsError(WorkbenchError):
    """The folder of a run cannot be written."""


class StepFailed(WorkbenchError):
    """A notebook of the run failed; its executed copy holds the error."""
