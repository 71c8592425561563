"""The key of the hashes that stand for personal values."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path as FilePath

from workbench.errors import LakeError
from workbench.storage import make_folder

KEY_VARIABLE = "WORKBENCH_PII_KEY"
CHANGED_VARIABLE = "WORKBENCH_PII_KEY_CHANGED"  # 1: another key than that of earlier dates is meant
SECRET = "arn:"  # begins the address of a secret that holds the key
STRANGE = {
    stat.S_ISLNK: "a link",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
}
SHORTEST = 16  # bytes of a key: what is shorter is found by trying


def given_key() -> bytes:
    """The key of the environment; empty where there is none. LakeError where it is too short.

    The variable may name a secret of AWS Secrets Manager, by its ARN, that holds it; ServiceError
    where that cannot be read.
    """
    given = os.environ.get(KEY_VARIABLE, "")
    key = secret(given) if given.startswith(SECRET) else given
    return long_enough(key.encode(), f"{KEY_VARIABLE}: it") if given else b""


@cache
def secret(arn: str) -> str:
    from workbench.services import asked, client

    def ask() -> dict[str, str]:
        found: dict[str, str] = client("secretsmanager").get_secret_value(SecretId=arn)
        return found

    return asked(KEY_VARIABLE, ask)["SecretString"]


def changed_on_purpose() -> bool:
    return os.environ.get(CHANGED_VARIABLE) == "1"


def lake_key(folder: FilePath) -> bytes:
    """The key: of the environment, else of the lake (made when there is none yet).

    Raises LakeError where it is too short, or a file that another user could have read or put
    there.
    """
    if given := given_key():
        return given
    path = folder / "pii.key"
    if not os.path.lexists(path):
        make_folder(folder)
        staged = folder / f"pii.key.{os.getpid()}"
        with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # the first of two at once wins, and both read its key
            os.link(staged, path)
        staged.unlink()
    return long_enough(own_file(path), f"{path}")


def own_file(path: FilePath) -> bytes:
    """What a file holds that is this user's alone. Raises LakeError where it may be another's."""
    found = path.lstat()
    kind = next((what for is_one, what in STRANGE.items() if is_one(found.st_mode)), "a file")
    owner = {os.geteuid()} | ({path.parent.stat().st_uid} if os.geteuid() == 0 else set())
    if kind != "a file" or found.st_uid not in owner or stat.S_IMODE(found.st_mode) & 0o077:
        raise LakeError(
            f"{path}: the key of the hashes must be a file of yours that only you can read "
            f"(owner {os.geteuid()}, mode 600), and it is {kind} of {found.st_uid}, mode "
            f"{stat.S_IMODE(found.st_mode):o}. Find out who put it there or opened it; then put "
            f"the key back, `chmod 600` it, or give another key in {KEY_VARIABLE}."
        )
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not os.path.samestat(found, os.fstat(file.fileno())):
            raise LakeError(f"{path}: another file was put there just now. Find out who did so.")
        return file.read()


def long_enough(key: bytes, name: str) -> bytes:
    if len(key) < SHORTEST:
        raise LakeError(
            f"{name} is a key of {len(key)} bytes; hashes need one of {SHORTEST} or more. Give "
            "back the key that earlier dates were hashed with, or make one: "
            'python -c "import secrets; print(secrets.token_hex(32))".'
        )
    return key


def key_mark(key: bytes) -> str:
    """What tells one key from another and cannot be turned back into it."""
    return hmac.new(key, b"workbench: which key", hashlib.sha256).hexdigest()[:16]
