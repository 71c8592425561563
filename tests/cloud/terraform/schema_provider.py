"""A provider that has the AWS provider's schema, and no cloud: Terraform's plugin protocol, 5.

It stands in for the provider in `terraform validate`, `plan`, `apply` and `test`. Names, types,
required arguments and blocks are checked, since Terraform does that by the schema. Formats,
allowed values, conflicts, and all that AWS itself would say are not; what only AWS would know
(an ARN) is made up. An apply on it says that a configuration fits together, no more.

Terraform attaches to it by TF_REATTACH_PROVIDERS. Messages are read and written field by field:
the protocol's own definition (tfplugin5.proto, by HashiCorp) gives their numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import msgpack

ADDRESS = "registry.terraform.io/hashicorp/aws"
UNKNOWN = msgpack.ExtType(0, b"\x00")
NESTING = {"single": 1, "list": 2, "set": 3}
NULL = msgpack.packb(None)
Fields = dict[int, bytes]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message: a number or truth, or text, bytes, another message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def fields(message: bytes) -> Fields:
    """The texts and messages in a message, by their number; of numbers none is needed."""
    found: Fields = {}
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            number()
            continue
        assert tag & 7 == 2, f"no such field is in the protocol: {tag & 7}"
        size = number()
        found[tag >> 3] = message[at : at + size]
        at += size
    return found


def schema(block: Mapping[str, Any]) -> bytes:
    return field(2, block_message(block))


def block_message(block: Mapping[str, Any]) -> bytes:
    out = b""
    for name, attribute in block["attributes"].items():
        required = attribute["given"] == "required"
        optional = attribute["given"] == "optional"
        write_only = is_write_only(name, attribute)
        flags = field(4, required) + field(5, optional)
        flags += field(6, not required and not write_only) + field(10, write_only)
        kind = json.dumps(attribute["type"])
        out += field(2, field(1, name) + field(2, kind) + flags)
    for name, inner in block["blocks"].items():
        many = inner["nesting"] != "single"
        most = field(5, inner["single"]) if many else b""
        least = field(4, inner["required"]) if many else b""
        head = field(1, name) + field(2, block_message(inner["block"]))
        out += field(3, head + field(3, NESTING[inner["nesting"]]) + least + most)
    return out


def is_write_only(name: str, attribute: Mapping[str, Any]) -> bool:
    return attribute["given"] == "optional" and name.endswith("_wo")


class Provider:
    """Answers Terraform. `schemas` is what schema_of_wheel.schema_of gives."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = schemas

    def get_schema(self, asked: Fields) -> bytes:
        def by_name(number: int, kind: str) -> bytes:
            entries = self.schemas[kind].items()
            return b"".join(field(number, field(1, n) + field(2, schema(b))) for n, b in entries)

        head = field(1, schema(self.schemas["provider"])) + field(6, field(2, True))
        return head + by_name(2, "resources") + by_name(3, "data") + by_name(8, "ephemeral")

    def upgrade(self, asked: Fields) -> bytes:
        return field(1, field(2, fields(asked[3])[1]))

    def plan(self, asked: Fields) -> bytes:
        new = fields(asked[2]).get(1) == NULL  # what is there already keeps what AWS gave it
        return field(1, self.filled("resources", asked[1], asked[3], UNKNOWN if new else None))

    def apply(self, asked: Fields) -> bytes:
        return field(1, self.filled("resources", asked[1], asked[3], None))

    def read_data(self, asked: Fields) -> bytes:
        return field(1, self.filled("data", asked[1], asked[2], None))

    def open_ephemeral(self, asked: Fields) -> bytes:
        return field(3, self.filled("ephemeral", asked[1], asked[2], None))

    def filled(self, kind: str, name: bytes, dynamic: bytes, unknown: Any) -> bytes:
        """A value, in which what only AWS can know is unknown (in a plan), or made up."""
        value = msgpack.unpackb(fields(dynamic).get(1, NULL), strict_map_key=False)
        if value is not None:
            for attribute, has in self.schemas[kind][name.decode()]["attributes"].items():
                given = value.get(attribute)
                asked = given == UNKNOWN or (given is None and (unknown or kind != "resources"))
                if is_write_only(attribute, has):
                    value[attribute] = None
                elif asked and has["given"] != "required":
                    value[attribute] = unknown or made_up(name.decode(), attribute, has, value)
        return field(1, msgpack.packb(value))


def made_up(name: str, attribute: str, has: Mapping[str, Any], value: Mapping[str, Any]) -> Any:
    if has["type"] != "string":
        return None
    called = (value.get(key) for key in ("name", "bucket", "bucket_prefix", "name_prefix"))
    of = next((text for text in called if isinstance(text, str)), "one")
    service = name.removeprefix("aws_").split("_")[0]
    texts = {
        "arn": f"arn:aws:{service}:eu-west-1:123456789012:{name}/{of}",
        "account_id": "123456789012",
        "partition": "aws",
        "id": of,
        "name": of,
        "bucket": of,
        "region": "eu-west-1",
    }
    return texts.get(attribute, f"{name}-{attribute}")


@contextmanager
def serving(schemas: Mapping[str, Any]) -> Iterator[str]:
    """The provider, listening on this machine; gives the value of TF_REATTACH_PROVIDERS."""
    provider = Provider(schemas)
    answers: dict[str, Callable[[Fields], bytes]] = {
        "GetSchema": provider.get_schema,
        "PrepareProviderConfig": lambda asked: field(1, asked[1]),
        "UpgradeResourceState": provider.upgrade,
        "ReadResource": lambda asked: field(1, asked[2]),
        "PlanResourceChange": provider.plan,
        "ApplyResourceChange": provider.apply,
        "ReadDataSource": provider.read_data,
        "OpenEphemeralResource": provider.open_ephemeral,
    }
    nothing = (
        "Configure ValidateResourceTypeConfig ValidateDataSourceConfig Stop GetFunctions "
        "ValidateEphemeralResourceConfig CloseEphemeralResource GetResourceIdentitySchemas"
    )
    answers |= dict.fromkeys(nothing.split(), lambda asked: b"")
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            lambda asked, _, answer=answer: answer(asked), fields
        )
        for name, answer in answers.items()
    }
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    handler = grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    there = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    told = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True}
    try:
        yield json.dumps({ADDRESS: told | {"Addr": there}})
    finally:
        server.stop(None).wait()
