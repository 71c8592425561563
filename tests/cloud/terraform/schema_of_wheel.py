"""The AWS provider's schema, out of the PyPI wheel `cdktf-cdktf-provider-aws`, for a few types.

The wheel carries the bindings that are generated from the provider's own schema: names, types,
what is required, nested blocks. It does not say which of the optional arguments the provider
fills in by itself (all of them may be unknown in a plan here), allows no check of values, and knows
no ephemeral resource: one that has the name of a data source is taken to have its arguments.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
    "stringSet": ["set", "string"],
}
READ = {"Number": "number", "Boolean": "bool", "List": ["list", "string"]}
READ |= {"StringMap": ["map", "string"]}
ARGUMENT = re.compile(
    r"^\s{8,12}(\w+): \{\n\s*value: (.*),\n\s*isBlock: (\w+),\n\s*type: \"(\w+)\","
    r"\n\s*storageClassType: \"(\w+)\",",
    re.M,
)
COMPUTED = re.compile(r"this\.get(String|Number|Boolean|List|StringMap)Attribute\('(\w+)'\)")
Block = dict[str, Any]


def schema_of(wheel: Path, named: set[str]) -> dict[str, Any]:
    """`provider`, and by name `resources`, `data` and `ephemeral` of the types that are named."""
    sources, interfaces = contents(wheel)
    schema: dict[str, Any] = {"provider": {}, "resources": {}, "data": {}}
    for folder, source in sources.items():
        name = re.search(r'tfResourceType = "(\w+)"', source)
        if name is None or name[1] not in {"aws", *named}:
            continue
        found = re.search(
            r"^class (\w+) extends cdktf\.Terraform(Resource|DataSource|Provider) \{", source, re.M
        )
        assert found, f"{folder} has no class of a resource"
        made = read(source, found[1], camel(folder.replace("-", "_")), interfaces)
        if found[2] == "Provider":
            schema["provider"] = made
        else:
            schema["data" if found[2] == "DataSource" else "resources"][name[1]] = made
    missing = named - schema["resources"].keys() - schema["data"].keys()
    assert not missing, f"the AWS provider has no {', '.join(sorted(missing))}"
    return schema | {"ephemeral": schema["data"]}


def contents(wheel: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """The generated source of each type, by folder, and the interfaces of their arguments."""
    with zipfile.ZipFile(wheel) as packed:
        name = next(n for n in packed.namelist() if n.endswith(".jsii.tgz"))
        raw = io.BytesIO(packed.read(name))
    sources, interfaces = {}, {}
    with tarfile.open(fileobj=raw) as tar:
        for member in tar:
            parts = member.name.split("/")
            if len(parts) == 4 and parts[3] == "index.js":
                sources[parts[2]] = text_of(tar, member).decode()
            elif member.name == "package/.jsii":
                interfaces = json.loads(text_of(tar, member))["types"]
    return sources, interfaces


def text_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def read(source: str, name: str, package: str, interfaces: dict[str, Any]) -> Block:
    body = source[source.rindex("synthesizeHclAttributes()") :]
    made = block(source, body, f"@cdktf/provider-aws.{package}.{name}Config", interfaces)
    for kind, attribute in COMPUTED.findall(source[source.index(f"class {name} extends") :]):
        if attribute not in made["attributes"] and attribute not in made["blocks"]:
            made["attributes"][attribute] = {"type": READ.get(kind, "string"), "given": "computed"}
    return made


def block(source: str, body: str, interface: str, interfaces: dict[str, Any]) -> Block:
    made: Block = {"attributes": {}, "blocks": {}}
    known = {p["name"]: p for p in interfaces.get(interface, {}).get("properties", [])}
    for name, value, is_block, kind, storage in ARGUMENT.findall(body):
        declared = known.get(camel(name)) or known.get(camel(name) + "Attribute") or {}
        required = bool(declared) and not declared.get("optional")
        inner = re.search(r"(\w+)ToHclTerraform\b", re.sub(r"cdktf\.\w+MapperHcl\(", "", value))
        if is_block == "true" and inner:
            made["blocks"][name] = nested(source, interface, inner[1], interfaces) | {
                "nesting": "single" if kind == "struct" or name == "timeouts" else kind,
                "required": required,
                "single": "collection" not in json.dumps(declared.get("type", {})),
            }
        else:
            base = TYPES.get(storage, "dynamic")
            listed = kind in ("list", "set") and isinstance(base, list)
            made["attributes"][name] = {
                "type": [kind, base[1]] if listed else base,
                "given": "required" if required else "optional",
            }
    return made


def nested(source: str, interface: str, function: str, interfaces: dict[str, Any]) -> Block:
    found = re.search(
        rf"^function {re.escape(function)}ToHclTerraform\(struct\) \{{(.*?)^\}}",
        source,
        re.S | re.M,
    )
    inner = interface.rpartition(".")[0] + "." + function[0].upper() + function[1:]
    return {"block": block(source, found[1] if found else "", inner, interfaces)}


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda m: m[1].upper(), name)


def types_in(folder: Path) -> Iterator[str]:
    """The types of the AWS provider that the Terraform files of a folder name."""
    for path in folder.rglob("*.tf"):
        yield from re.findall(
            r'^(?:resource|data|ephemeral) "(aws_\w+)"', path.read_text(encoding="utf-8"), re.M
        )
