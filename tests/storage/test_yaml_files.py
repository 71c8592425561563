"""YAML that people write: what makes it safe to read costs no more than the reading."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from workbench.errors import RequestError
from workbench.storage.yaml_files import (
    LARGEST,
    MOST_PARTS,
    checked_yaml,
    refuse_twice,
    yaml_loader,
    yaml_text,
)

compared = 0


class Name(str):
    """A text that counts how often it is held against another."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        global compared
        compared += 1
        return str.__eq__(self, other)


def test_names_are_not_held_against_all_those_before_them() -> None:
    pairs = [
        (yaml.ScalarNode("tag:yaml.org,2002:str", Name(f"k{n}")), yaml.ScalarNode("", "1"))
        for n in range(2_000)
    ]
    refuse_twice("file", yaml.MappingNode("tag:yaml.org,2002:map", pairs))
    assert compared < 2_000
    with pytest.raises(RequestError, match="file gives k7 twice"):
        refuse_twice("file", yaml.MappingNode("tag:yaml.org,2002:map", [*pairs, pairs[7]]))


@pytest.mark.parametrize("piece", ["- a\n", "? a\n", "---\n"])
def test_a_megabyte_of_parts_is_refused_before_they_are_made(piece: str) -> None:
    with pytest.raises(RequestError, match=f"file has more than {MOST_PARTS:,} names, values and"):
        checked_yaml("file", piece * (LARGEST // len(piece)))


def test_commas_without_end_are_refused_as_well() -> None:
    with pytest.raises(RequestError, match="names, values and brackets"):
        checked_yaml("file", "a: {" + "b," * (LARGEST // 2 - 9) + "}")


def test_a_file_without_an_end_is_read_as_far_as_it_is_looked_at() -> None:
    with pytest.raises(RequestError, match=f"zero has more than {LARGEST:,} characters"):
        yaml_text("zero", Path("/dev/zero"))


def test_the_parser_in_c_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml_loader("Safe") is yaml.CSafeLoader
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert (yaml_loader("Safe"), yaml_loader("Base")) == (yaml.SafeLoader, yaml.BaseLoader)
