"""Conditional writes by a boto3 that knows none: Glue 5.0 brings 1.34, they came with 1.35.69.

S3 takes them as headers, whoever sends these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADERS = {"IfMatch": "If-Match", "IfNoneMatch": "If-None-Match"}


def teach(client: Any) -> Any:
    """The client, whose `put_object` takes conditions, whatever its version."""
    known = client.meta.service_model.operation_model("PutObject").input_shape.members
    if not HEADERS.keys() <= known.keys():
        client.meta.events.register("provide-client-params.s3.PutObject", take)
        client.meta.events.register("before-call.s3.PutObject", give)
    return client


def take(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The arguments without their conditions, which the request's context keeps."""
    context["conditions"] = {HEADERS[n]: value for n, value in params.items() if n in HEADERS}
    return {name: value for name, value in params.items() if name not in HEADERS}


def give(params: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    params["headers"].update(context.get("conditions", {}))
