"""Files that are no dumps are told at once, whatever their size."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.bronze.reading.layouts import sniff
from workbench.bronze.reading.not_json import template
from workbench.errors import NotJson

TEMPLATES = [
    '{"name": {{ user.name }}, "n": [{% for i in items %}{"id": {{ i.id }} },{% endfor %}]}\n',
    '{{#each users}}\n  {"id": "{{id}}", "n": {{n}} }\n{{/each}}\n',
    '[{"a": 1, "b": [{%- if x %}1{% endif %}]}]\n',
    '{"a": "x", "b": {{> partial }}}\n',
]
NO_TEMPLATES = [
    '{"text": "Dear {{ user.name }}"}\n',
    '{{"a": 1}\n{"a": 2}\n',
    '{"a": {{}}}\n{"a": 1}\n',
    '{"a": "cut {{ name\n{"a": 1}\n',
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_is_refused_by_its_first_bytes(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text * 20_000)
    with pytest.raises(NotJson, match="a template, with places to be filled in"):
        sniff(str(tmp_path / "a.json"))


@pytest.mark.parametrize("text", NO_TEMPLATES)
def test_braces_in_texts_and_damaged_documents_are_no_template(text: str) -> None:
    assert template(text.encode()) is None
