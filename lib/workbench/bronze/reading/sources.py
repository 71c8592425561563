"""Which files a dump is, and what each of them holds: found from their bytes, not their names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from workbench.bronze.reading.archives import files_in, members, path_of
from workbench.bronze.reading.layouts import LINES, Source, look_at, looked_into, sniff
from workbench.bronze.reading.open_archives import Archives
from workbench.errors import NotJson, RequestError, SourceError
from workbench.schema import Path
from workbench.storage import Found, of_each, place_of, scheme_of, scratch


def find(sources: list[str], records: Path | None = None, lenient: bool = False) -> list[Source]:
    """The files that the names stand for (files, folders, globs), sniffed, each once, in order.

    `records`: where in each file the documents stand, if not on their own. `lenient`: what is near
    to JSON is taken for it (`near_json`).
    Raises RequestError where a name matches nothing, SourceError where a file is not JSON text.
    """
    if not sources:
        raise RequestError("source: none given; name a file, a folder or a glob of JSON dumps.")
    paths: dict[str, tuple[str, str]] = {}
    for given in sources:
        base, name = unmarked(given)
        for path in expand(name):
            same = path if scheme_of(path) else os.path.realpath(path)
            paths.setdefault(same, (path, path.removeprefix(base)))
    look = partial(sniffed, records=records, lenient=lenient)
    looked = of_each(look, [path for path, _ in paths.values()])
    found = [
        one
        and replace(one, label=label + one.path.removeprefix(path), piped=label == scratch.PIPED)
        for (path, label), inside in zip(paths.values(), looked, strict=True)
        for one in inside
    ]
    full = [s for s in found if s is not None]
    if full and all(one.nothing for one in full):
        raise SourceError(
            f"{full[0].path}: its {full[0].compression} data is cut off before the first document. "
            "Fetch it again."
        )
    if not full:
        raise SourceError(
            f"source: {', '.join(sources)} is empty: {len(paths)} file(s) without a document. "
            "Check that the export finished, or name another source."
        )
    return full


def unmarked(given: str) -> tuple[str, str]:
    """What stands before `/./` in a name, and the name without that; as rsync has it.

    Files are called in rows by what stands behind: what a person gave, not where that was.
    """
    base, mark, inner = given.partition(MARK)
    return (f"{base}/", f"{base}/{inner}") if mark and not scheme_of(given) else ("", given)


def sniffed(path: str, records: Path | None, lenient: bool) -> list[Source | None]:
    """What a file holds, or each member of an archive whose name is that of JSON."""
    look = look_at(path)
    inside = members(path, look, json_members)
    if not inside:
        return [sniff(path, records, lenient, look)]
    with Archives() as archives:
        return [looked_into(replace(one, lenient=lenient), records, archives) for one in inside]


def json_members(names: list[str]) -> set[str]:
    """The files of an archive that are JSON, of those with these names, as in a folder."""
    return set(without_metadata([name for name in names if is_json_member(name)]))


def is_json_member(name: str) -> bool:
    """Whether a file of an archive is taken for a dump by its name, as in a folder."""
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return is_json_name(name) and not any(map(is_hidden, parts))


def expand(name: str) -> list[str]:
    """The files behind one name, sorted; a folder gives its JSON files, at any depth."""
    if scheme_of(name):
        return expand_elsewhere(name)
    if os.path.isfile(name):
        return [name]
    if os.path.isdir(name):
        return of_folder(name, list(walk(name)))
    matched = sorted(p for p in glob.glob(name, recursive=True) if os.path.isfile(p))
    if not matched:
        if os.path.lexists(name):
            raise RequestError(
                f"source: {name} is no file that can be read twice (a pipe, a device or a link to "
                "nothing). Write what it gives to a file, and name that."
            )
        raise RequestError(
            f"source: {name} matches no file (looked in {os.getcwd()}). Check the path."
        )
    return matched


MARK = "/./"
METADATA = ".metadata.json"  # what mongodump writes beside a collection: its indexes


def of_folder(name: str, inside: list[str]) -> list[str]:
    """The files of a folder that are JSON. Raises RequestError where none is."""
    kept = [p for p in inside if is_json_name(p) or is_part(p)]
    kept = without_metadata(kept)
    if not kept:
        raise RequestError(
            f"source: the folder {name} holds no JSON: none of its {len(inside)} file(s) ends "
            "in .json, .jsonl, .ndjson or .bson (also .gz, .bz2, .zst), or has JSON and no ending. "
            "Name the file itself."
        )
    return sorted(kept)


def without_metadata(paths: list[str]) -> list[str]:
    """The paths but for those that tell of a collection whose BSON dump stands beside them."""
    there = {(os.path.dirname(path), uncompressed(path)) for path in paths}

    def is_metadata(path: str) -> bool:
        name = uncompressed(path)
        dump = f"{name.removesuffix(METADATA)}.bson"
        return name.endswith(METADATA) and (os.path.dirname(path), dump) in there

    return [path for path in paths if not is_metadata(path)]


def expand_elsewhere(name: str) -> list[str]:
    """The objects behind an address: one, those below a prefix, or those that a glob matches."""
    magic = re.search(r"[*?[]", name)
    if not magic and not name.endswith("/") and place_of(name).exists():
        return [name]
    root = name[: name.rindex("/", 0, magic.start())] if magic else name
    inside = [found.address for found in below(root)]
    if not magic and inside:
        return of_folder(name, inside)
    pattern = as_pattern(name)
    matched = [address for address in inside if pattern.fullmatch(address)]
    if not matched:
        raise RequestError(
            f"source: {name} matches no object ({len(inside)} below {root}). Check the address."
        )
    return matched


def below(address: str) -> Iterator[Found]:
    """The objects below an address, but for the hidden ones and those in hidden folders."""
    start = len(str(place_of(address)))
    for found in place_of(address).files():
        if not any(map(is_hidden, found.address[start:].strip("/").split("/"))):
            yield found


def as_pattern(name: str) -> re.Pattern[str]:
    """A glob as on this machine: `*` stays within a folder, `**` goes through folders."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^]]+\])", name)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            meant.get(part)
            or (part.replace("[!", "[^") if part.startswith("[") else re.escape(part))
            for part in parts
        )
    )


def passed_over(sources: list[str], found: list[Source]) -> list[str]:
    """The files in folders and archives that are not read, but for hidden and empty ones.

    Links in archives are read by nobody, and told of where their names are those of JSON.
    """
    read = {source.told for source in found}
    archives = {(s.archive, scratch.PIPED if s.piped else s.archive) for s in found if s.archive}
    inside: dict[str, int] = {}
    linked: set[str] = set()
    for name in (unmarked(given)[1] for given in sources):
        if scheme_of(name):
            plain = not re.search(r"[*?[]", name)
            inside |= {f.address: f.size for f in below(name)} if plain else {}
        elif os.path.isdir(name):
            inside |= {path: os.path.getsize(path) for path in walk(name) if path not in read}
    for archive, told in archives:
        there = files_in(archive, look_at(archive).head)[1]
        inside |= {path_of(told, one.name): one.size for one in there}
        links = (one.name for one in there if not one.whole and is_json_member(one.name))
        linked |= {path_of(told, name) for name in links}
    others = {p for p, size in inside.items() if p not in read and size and not is_json_name(p)}
    return sorted(linked | others)


def walk(folder: str) -> Iterator[str]:
    """Every file below a folder, and of the folders that are linked there; hidden ones are not.

    A link to nothing may stand for a part of the dump: it is given, and cannot be opened.
    Raises SourceError where a folder cannot be looked into.
    """

    def unreadable(error: OSError) -> None:
        raise SourceError(
            f"source: {error.filename} cannot be looked into: {error.strerror}. Check its mode."
        ) from error

    entered: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in entered else [f for f in folders if not is_hidden(f)]
        if real not in entered:
            paths = (os.path.join(place, f) for f in files if not is_hidden(f))
            yield from (path for path in paths if is_regular(path))
        entered.add(real)


def is_regular(path: str) -> bool:
    """Whether a path is a file, or a link that leads nowhere."""
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def is_hidden(name: str) -> bool:
    """Names that tools give to what is not data; Hive's folders of a column `_x` are data."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def is_json_name(path: str) -> bool:
    """Whether a file of a folder is taken for a dump by its name."""
    return uncompressed(path).endswith((".json", ".jsonl", ".ndjson", ".bson"))


def uncompressed(path: str) -> str:
    """A file's name without the ending of a compression."""
    name = os.path.basename(path).lower()
    for ending in (".gz", ".gzip", ".bz2", ".zst", ".zstd"):
        name = name.removesuffix(ending)
    return name


def is_part(path: str) -> bool:
    """Whether a file without an ending holds JSON, as the parts do that Hadoop and Firehose write.

    One with another ending may be an old copy (`.bak`): it is read only where it is named. So is
    a text with a brace somewhere (a README, a Makefile), which damaged JSON could be too.
    """
    if "." in uncompressed(path):
        return False
    try:
        source = sniff(path)
    except NotJson:
        return False
    except SourceError as error:
        raise SourceError(f"{error} If it is no part of the dump, move it elsewhere.") from error
    held = source is not None and (bool(source.known.documents) or source.layout != LINES)
    return held or bool(source and source.nothing)
