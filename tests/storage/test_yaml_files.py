"""YAML that people write: what makes it safe to read costs no more than the reading."""

from __future__ import annotations

import pytest
import yaml

from workbench.errors import RequestError
from workbench.storage.yaml_files import refuse_twice

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
