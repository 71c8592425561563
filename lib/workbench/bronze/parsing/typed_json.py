"""DynamoDB's typed JSON: `{"n": {"N": "1"}}` becomes `{"n": 1}`, where that is asked for.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBMapper.DataTypes.html
and, of exports to S3, where each line is `{"Item": {...}}`, S3DataExport.Output.html beside it.
Two readers of the same rules: `untyped_document` for one Python value, `untyped_rows` for Arrow.
What only looks typed (an object of one field `S` that is no text) stays as it is. Numbers are read
as if they were written in JSON, with all their digits; sets are arrays, binary values stay base64.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.decoding import LONG, SAFE_DIGITS, Decoder, Digits, Number
from workbench.bronze.parsing.extended_arrow import Undecided
from workbench.bronze.parsing.parsed import Rules
from workbench.schema import Node, names_of

DYNAMODB: Final = "dynamodb"
ITEM_OF_EXPORT: Final = "Item"
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
FRACTION = re.compile(WHOLE.pattern + r"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
NOT: Final = object()  # typed


def decoder_of(rules: Rules) -> Decoder:
    """How single documents are decoded."""
    return Decoder(rules.lenient, untyped_document) if rules.typed else Decoder(rules.lenient)


def untyped_document(document: Any) -> Any:
    """A document with its typed values plain, and without the `Item` that an export has around it.

    The document itself is no typed value, whatever its only field is called.
    """
    if not isinstance(document, dict):
        return document
    item = document.get(ITEM_OF_EXPORT)
    if len(document) == 1 and isinstance(item, dict) and plain_of(item) is NOT:
        document = item
    return {name: untyped(value) for name, value in document.items()}


def untyped(value: Any) -> Any:
    plain = plain_of(value)
    if plain is not NOT:
        return plain
    if isinstance(value, dict):
        return {name: untyped(inner) for name, inner in value.items()}
    return [untyped(inner) for inner in value] if isinstance(value, list) else value


def plain_of(value: Any) -> Any:
    """What a typed value holds; NOT where it is none."""
    if not isinstance(value, dict) or len(value) != 1:
        return NOT
    ((name, inner),) = value.items()
    read = READERS.get(name)
    return read(inner) if read else NOT


def text(inner: Any) -> Any:
    return inner if isinstance(inner, str) else NOT


def number(inner: Any) -> Any:
    if not isinstance(inner, str) or not FRACTION.fullmatch(inner):
        return NOT
    if not WHOLE.fullmatch(inner):
        return Number(inner)
    return int(inner) if len(inner) < LONG else Digits(inner)


def mapping(inner: Any) -> Any:
    if not isinstance(inner, dict):
        return NOT
    made = {name: plain_of(value) for name, value in inner.items()}
    return NOT if any(value is NOT for value in made.values()) else made


def each(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def all_of(inner: Any) -> Any:
        made = [read(value) for value in inner] if isinstance(inner, list) else [NOT]
        return NOT if any(value is NOT for value in made) else made

    return all_of


READERS: dict[str, Callable[[Any], Any]] = {
    "S": text,
    "N": number,
    "B": text,
    "BOOL": lambda inner: inner if isinstance(inner, bool) else NOT,
    "NULL": lambda inner: None if inner is True else NOT,
    "M": mapping,
    "L": each(plain_of),
    "SS": each(text),
    "NS": each(number),
    "BS": each(text),
}


def is_typed(schema: Node) -> bool:
    """Whether documents of a schema look typed, though they were not read so."""
    fields = schema.fields
    inner = fields.get(ITEM_OF_EXPORT)
    if len(fields) == 1 and inner and inner.fields and not of_types(inner):
        fields = inner.fields
    return bool(fields) and all(map(of_types, fields.values()))


def of_types(node: Node) -> bool:
    return node.kind == "struct" and bool(node.fields) and node.fields.keys() <= READERS.keys()


def untyped_rows(rows: pa.StructArray) -> pa.StructArray:
    """Many documents at once. Raises Undecided where single ones must be looked at."""
    names = names_of(rows.type)
    if names == [ITEM_OF_EXPORT] and not typed_names(rows.field(0).type):
        rows = rows.field(0)
        if rows.null_count or not pa.types.is_struct(rows.type):
            raise Undecided
        names = names_of(rows.type)
    return of_fields(rows, [untyped_array(rows.field(at)) for at in range(len(names))])


def typed_names(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind) or not kind.num_fields:
        return False
    return set(names_of(kind)) <= READERS.keys()


def of_fields(array: pa.StructArray, children: Iterable[pa.Array]) -> pa.StructArray:
    made = list(children)
    fields = [pa.field(n, c.type) for n, c in zip(names_of(array.type), made, strict=True)]
    return pa.StructArray.from_arrays(made, fields=fields, mask=array.is_null())


def untyped_array(array: pa.Array) -> pa.Array:
    if typed_names(array.type):
        return plain_array(array)
    if pa.types.is_struct(array.type) and array.type.num_fields:
        count = array.type.num_fields
        return of_fields(array, [untyped_array(array.field(at)) for at in range(count)])
    if pa.types.is_list(array.type):
        return with_values(array, untyped_array(array.values))
    return array


def with_values(array: pa.ListArray, values: pa.Array) -> pa.ListArray:
    mask = array.is_null() if array.null_count else None
    return pa.ListArray.from_arrays(array.offsets, values, mask=mask)


def plain_array(array: pa.Array) -> pa.Array:
    """What typed values hold, where all are of one type, or null."""
    if not typed_names(array.type):
        raise Undecided
    names = names_of(array.type)
    there = {name: array.field(at) for at, name in enumerate(names)}
    empty = there.pop("NULL", None)
    if len(there) > 1 or (empty is not None and not all_true(empty)):
        raise Undecided
    values = sum(len(each_one) - each_one.null_count for each_one in there.values())
    nulls = 0 if empty is None else len(empty) - empty.null_count
    if values + nulls != len(array) - array.null_count:  # an {} or several, or a null inside
        raise Undecided
    if not there:
        return pa.nulls(len(array))
    ((name, inner),) = there.items()
    return OF_ARROW[name](inner)


def all_true(array: pa.Array) -> bool:
    return pa.types.is_boolean(array.type) and bool(pc.all(array, min_count=0).as_py())


def only(kind: Callable[[pa.DataType], bool]) -> Callable[[pa.Array], pa.Array]:
    def checked(array: pa.Array) -> pa.Array:
        if not kind(array.type):
            raise Undecided
        return array

    return checked


def numbers(array: pa.Array) -> pa.Array:
    """Texts of numbers as integers of 64 bits, or as doubles where these hold all digits."""
    texts = only(pa.types.is_string)(array)
    if all_like(texts, r"^-?(?:0|[1-9][0-9]{0,17})$"):
        return texts.cast(pa.int64())
    digits = pc.utf8_length(pc.replace_substring_regex(texts, "[-.]", ""))
    few = pc.all(pc.less_equal(digits, SAFE_DIGITS), min_count=0).as_py()
    if not few or not all_like(texts, r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"):
        raise Undecided
    return texts.cast(pa.float64())


def all_like(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def maps(array: pa.Array) -> pa.Array:
    array = only(pa.types.is_struct)(array)
    if not array.type.num_fields:
        return array
    inner = (array.field(at) for at in range(array.type.num_fields))
    return of_fields(array, [plain_array(one) for one in inner])


def lists(read: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], pa.Array]:
    def all_of(array: pa.Array) -> pa.Array:
        array = only(pa.types.is_list)(array)
        if pa.types.is_null(array.type.value_type) and not len(array.values):
            return array
        if array.values.null_count:
            raise Undecided
        return with_values(array, read(array.values))

    return all_of


strings = only(pa.types.is_string)
OF_ARROW: dict[str, Callable[[pa.Array], pa.Array]] = {
    "S": strings,
    "N": numbers,
    "B": strings,
    "BOOL": only(pa.types.is_boolean),
    "M": maps,
    "L": lists(plain_array),
    "SS": lists(strings),
    "NS": lists(numbers),
    "BS": lists(strings),
}
