"""Files: places here and on S3, scratch folders, folders that change places, locks, digests."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.storage import relay, s3, scratch
    from workbench.storage.address import Found, Look, local_path, scheme_of
    from workbench.storage.atomic import aside, write_whole
    from workbench.storage.digests import digest, file_digest, known_digest
    from workbench.storage.downloads import download
    from workbench.storage.folders import (
        PATTERNS,
        SHARED,
        drop_leftovers,
        is_closed,
        make_folder,
        make_private,
        mark_of,
        of_files,
        opened_as,
        restore,
        share,
        swap,
        swap_if,
        sync,
        undone,
    )
    from workbench.storage.lock import alive
    from workbench.storage.neighbours import neighbours
    from workbench.storage.place import Place, Store, place_of, store_of
    from workbench.storage.several import AT_ONCE, of_each
    from workbench.storage.stamps import LONGEST_RUN, made_at, stamped
    from workbench.storage.stand_ins import (
        drop,
        fetch,
        keep,
        place_behind,
        stand_in,
        standing_for,
        told_as,
    )
    from workbench.storage.yaml_files import checked_yaml, yaml_loader, yaml_text

__all__ = [
    "AT_ONCE",
    "LONGEST_RUN",
    "PATTERNS",
    "SHARED",
    "Found",
    "Look",
    "Place",
    "Store",
    "alive",
    "aside",
    "checked_yaml",
    "digest",
    "download",
    "drop",
    "drop_leftovers",
    "fetch",
    "file_digest",
    "is_closed",
    "keep",
    "known_digest",
    "local_path",
    "made_at",
    "make_folder",
    "make_private",
    "mark_of",
    "neighbours",
    "of_each",
    "of_files",
    "opened_as",
    "place_behind",
    "place_of",
    "relay",
    "restore",
    "s3",
    "scheme_of",
    "scratch",
    "share",
    "stamped",
    "stand_in",
    "standing_for",
    "store_of",
    "swap",
    "swap_if",
    "sync",
    "told_as",
    "undone",
    "write_whole",
    "yaml_loader",
    "yaml_text",
]

__getattr__ = on_demand(__name__)
