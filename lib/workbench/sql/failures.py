"""What an engine says of a query that it cannot answer, in words of our own.

Its own sentences hold values of documents, names of its code and places in a translated text. So
each kind of them that is known has a sentence here, which names what the query itself has; what is
not known is told without its words (`--debug` shows them).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.errors import AnalysisException

from workbench.errors import EngineError, LakeError, RequestError, WorkbenchError
from workbench.meanings import ENGINE_ENDED, meaning
from workbench.sql.bounds import TOO_DEEP
from workbench.suggest import nearest

COLUMNS_SHOWN, MOST_LETTERS = 20, 80
FRAME = "\tat "  # of a trace of the JVM
Columns = Mapping[tuple[str, str], list[str]]
NO_FUNCTION = re.compile(
    r"(?i)(?:unknown function: `?|Exception: function: |UNRESOLVED_ROUTINE.*?function `"
    r"|WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE\] Window function \")([\w.]+)"
)
RANKS = ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead")
NOT_FOUND = (
    r"with name ((?:`[^`]*`\.?)+) cannot be resolved",
    r"UNRESOLVED_USING_COLUMN_FOR_JOIN\] USING column (`[^`]*`)",
    r"No such struct field (`[^`]*`)",
    r"attribute ObjectName\(\[(.*?)\]\) is missing",
    r"\[UNRESOLVED_COLUMN\] Cannot find column (\w+)",
    r"Field (\w+) not found in struct",
    r"missing or ambiguous field: (\w+)",
    r"CANNOT_RESOLVE_STAR_EXPAND\] Cannot resolve (`[^`]*`)",
    r"cannot resolve wildcard: ObjectName\(\[(.*?)\]\)",
)
# Of both engines: what they say, and what that means; in {} is what stands for a name of the
# query's own, where they say none.
KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"StackOverflow|recursion limit|RecursionError",
        TOO_DEEP,
    ),
    (
        r"(?:AMBIGUOUS_REFERENCE\] Reference |ambiguous attribute: ObjectName)(`[^`]*`|\(.*?\)\])",
        "{a name} is a column of several of the tables that are joined. Say which is meant, with "
        "the table's name before it, as in u._id.",
    ),
    (
        r"MISSING_GROUP_BY|MISSING_AGGREGATION|NOT_IN_GROUP_BY|No field named [^ ]*#\d",
        "a column stands where only those of GROUP BY, fixed values, and aggregates such as "
        "count(*) or max(...) can. Name it in GROUP BY, or put it into an aggregate.",
    ),
    (
        r"REQUIRES_SINGLE_PART_NAMESPACE|qualified function name",
        "a function is called by a name with points in it, and functions stand in no schema here. "
        "Leave out what is before the last point.",
    ),
    (
        r"DIVIDE_BY_ZERO|[Dd]ivi(?:de|sion) by zero|/ by zero",
        "a number is divided by zero. Write x / nullif(y, 0), which is null there.",
    ),
    (
        r"CAST_OVERFLOW|ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|DECIMAL_PRECISION_EXCEEDS"
        r"|BINARY_ARITHMETIC_OVERFLOW|[Oo]verflow|out of range for|too large to fit",
        "a number is too large for its type. Write it as bigint, double or decimal(38, 0), or use "
        "try_cast, which is null there.",
    ),
    (
        r"CAST_INVALID_INPUT\].*? cannot be cast to \"(\w+)\""
        r"|[Cc]a(?:n't|nnot) cast .*? to (?:value of |type )(\w+)"
        r"|CAST_INVALID_INPUT|CANNOT_PARSE_TIMESTAMP|INVALID_TYPED_LITERAL|INCONSISTENT_BEHAVIOR"
        r"|UPGRADE_EXCEPTION|DateTimeParseException|Error parsing|CANNOT_PARSE",
        "a value cannot be read as {what is asked of it}. Use try_cast(x AS type), which is null "
        "there; compare a text with a text.",
    ),
    (
        r"NUM_COLUMNS_MISMATCH|different number of columns|Inconsistent data length",
        "the parts of a UNION, INTERSECT, EXCEPT or VALUES differ in how many columns they have. "
        "Name the same number of columns in each.",
    ),
    (
        r"INCOMPATIBLE_COLUMN_TYPE|Incompatible inputs for Union|INCOMPATIBLE_TYPES_IN_INLINE",
        "the parts of a UNION, INTERSECT, EXCEPT or VALUES have columns of other types in one "
        "place. Cast them to one type.",
    ),
    (
        r"SCALAR_SUBQUERY_TOO_MANY_ROWS|[Ss]calar subquery returned more than one row"
        r"|[Mm]ore than one row returned by a subquery",
        "a query in brackets stands for one value, and gives several rows. Aggregate it (max, "
        "count), or compare with IN.",
    ),
    (
        r"SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE|IN_SUBQUERY_LENGTH|should only return one column",
        "a query in brackets stands for one value, and gives several columns. Name one.",
    ),
    (
        r"TABLE_OR_VIEW_NOT_FOUND\].*?view (?:not found: )?(`?\w+`?)",
        "{that} is no table here: the query of a WITH sees those before it, and not itself. Write "
        "them in the order in which they are used; nothing here is recursive.",
    ),
    (
        r"INVALID_LIMIT_LIKE|LIMIT must be|Expected LIMIT|OFFSET must be|Expected OFFSET",
        "LIMIT and OFFSET take a whole number from 0 on.",
    ),
    (
        r"UNBOUND_SQL_PARAMETER|was not provided a value",
        "it has a placeholder (? or :name), which nothing fills. A parameter is a table of one "
        "column, `value`, in a WITH; -p name=value gives it another value.",
    ),
    (
        r"NESTED_AGGREGATE_FUNCTION|UNSUPPORTED_EXPR_FOR_OPERATOR|INVALID_WHERE_CONDITION"
        r"|UNSUPPORTED_GENERATOR|aggregate functions? (?:is|are) not allowed|GENERATOR",
        "an aggregate, a window or unnest stands where none can: inside of another one, or in "
        "WHERE. Take it into a query of a WITH, and go on from that one.",
    ),
    (
        r"WITHOUT_OVER_CLAUSE|[Ww]indow specification|undefined window|WINDOW_FRAME",
        "a window is not defined. Write OVER (PARTITION BY ... ORDER BY ...).",
    ),
    (
        r"PatternSyntaxException|INVALID_PARAMETER_VALUE\.PATTERN|[Rr]egular expression|[Rr]egex"
        r"|REGEX_GROUP_INDEX|group index",
        "a regular expression cannot be read, or has no such group. Close its brackets, and count "
        "its groups from 1.",
    ),
    (
        r"INVALID_ARRAY_INDEX|INVALID_INDEX_OF_ZERO|ElementAtIndexZero|index 0 is invalid"
        r"|INVALID_FRACTION_OF_SECOND|position must not be zero",
        "a place in an array or a text is none. Places begin with 1.",
    ),
    (
        r"INVALID_TIMEZONE|DateTimeException: Unknown time-zone|ZoneRulesException|time-?zone",
        "a time zone is not known. Name one as America/Sao_Paulo, UTC or +03:00.",
    ),
    (
        r"INVALID_EXTRACT_FIELD|Date part|granularity|date field",
        "a part of a date is not known. There are year, quarter, month, week, day, hour, minute "
        "and second.",
    ),
    (
        r"WRONG_NUM_ARGS\S* The `(\w+)` requires|Function '(\w+)' expects \d+ arg"
        r"|WRONG_NUM_ARGS|NUM_ARGS_MISMATCH"
        r"|expects? \d+ argument|requires? \d+ (?:argument|param)",
        "{a function} has more or fewer arguments than it takes. Look it up in Trino's functions.",
    ),
    (
        r"DUPLICATED_MAP_KEY|[Kk]ey array and value array|must have equal lengths|NULL_MAP_KEY",
        "a map has a key twice, a null for a key, or not a value for each key. Make its keys "
        "distinct.",
    ),
    (
        r"DATATYPE_MISMATCH\S* Cannot resolve \"(\w+)\(|Function '(\w+)' failed|DATATYPE_MISMATCH"
        r"|[Cc]annot infer common argument|failed to match any signature"
        r"|non-boolean predicate|Cannot coerce|should only be called with|can only accept"
        r"|must return boolean|Invalid argument type|INVALID_LAMBDA_FUNCTION_CALL|DATATYPE"
        r"|data type mismatch|!= org.apache.spark|INCOMPARABLE|UNORDERABLE",
        "{a function or an operator} is given values of a type that it does not take: an object "
        "where a number should be, say. `workbench schema` tells the types; cast(x AS type), a "
        "field of the object (score.score) or UNNEST of the array makes others of them.",
    ),
    (
        r"USER_RAISED_EXCEPTION|is not true!|RuntimeException: null$",
        "it raises an error itself (raise_error, assert_true).",
    ),
    (
        r"INVALID_PARAMETER_VALUE|VALUE_OUT_OF_RANGE|Illegal sequence|must be (?:on|between|\d)"
        r"|not allowed|Sampling fraction|invalid Unicode|Failed to decode|[Kk]ey length"
        r"|COLLECTION_SIZE_LIMIT|Too long sequence|array size|exceeds? (?:the )?(?:limit|max)",
        "a function is given a value that it does not take: a step of zero, a share above 1, text "
        "that is no UTF-8, say.",
    ),
    (
        r"UnsupportedOperation|UNSUPPORTED_FEATURE|not (?:yet )?(?:supported|implemented)"
        r"|extraction must be a literal",
        "this engine does not have a form that stands in it. The other engine may (--engine spark "
        "or sail), or Athena (--engine athena).",
    ),
    (
        r"PARSE_SYNTAX_ERROR\][^']*'(\w+)'|invalid argument: found (\w+) at",
        "it cannot be read near {this}. A column that is called like a word of SQL stands in "
        'double quotes, as in "table".',
    ),
    (
        r"PARSE_SYNTAX_ERROR|PARSE_|ParseException|invalid argument: found",
        "it has a character or a word where none of its kind can stand. Write one SELECT in "
        "Athena's dialect (Trino SQL).",
    ),
)
DAMAGED = re.compile(
    r"FileNotFound|FAILED_READ_FILE|CANNOT_READ_FILE|No such file|os error 2\b|Parquet error"
    r"|ParquetDecoding|[Pp]arquet magic|is not a Parquet file|Invalid Parquet|Corrupt footer"
    r"|ParquetError|Could not read footer|[Oo]bject at location .* not found|CorruptedFile"
)
# What an engine gives up for, and not the query's own fault.
MEMORY = re.compile(
    r"OutOfMemory|Java heap space|GC overhead|Resources exhausted|memory pool|Failed to allocate"
    r"|SparkOutOfMemory|Total size of serialized results|larger than max|RESOURCE_EXHAUSTED"
    r"|MemoryError|Received message larger|string size overflow|[Oo]ffset overflow"
)


def failed(error: Exception, there: Columns) -> WorkbenchError:
    """What an engine says of a query that it cannot answer; `there` are the tables' columns."""
    if isinstance(error, WorkbenchError):
        return error
    lines = f"{type(error).__name__}: {error}".splitlines()
    said = "\n".join(line for line in lines if not line.startswith(FRAME))
    name = missing(said)
    if name:
        return RequestError(f"sql: {no_column(name, there)}")
    function = NO_FUNCTION.search(said)
    if function:
        return RequestError(f"sql: {no_function(function)}")
    names = ", ".join(".".join(table) for table in there)
    if DAMAGED.search(said):
        return LakeError(
            f"sql: a file of {names} cannot be read: it is damaged, or no longer there. `workbench "
            "verify` says which; run its ingestion again, with the same date."
        )
    if MEMORY.search(said):
        return too_much()
    ended = isinstance(error, ConnectionRefusedError)  # a JVM that is no more has no port
    meant = meaning(ENGINE_ENDED if ended else said, "the lake")
    if meant:
        return EngineError(f"sql: {meant}")
    for form, means in KNOWN:
        found = re.search(form, said, re.DOTALL)
        if found:
            return RequestError(f"sql: {named(means, found)}")
    kind = RequestError if isinstance(error, AnalysisException) else EngineError
    return kind(
        "sql: the engine cannot answer this, for a reason that it tells in words of its own, which "
        "may hold values (--debug shows them). Make the query smaller until it answers, or ask the "
        "other engine (--engine spark or sail)."
    )


def too_much() -> EngineError:
    return EngineError(
        "sql: the answer, or what leads to it, takes more memory than the engine may have. "
        "Filter, aggregate, or put a LIMIT; Spark is given more by --conf "
        "spark.driver.memory=4g, Sail by WORKBENCH_SAIL_MEMORY, in bytes."
    )


def no_column(name: str, there: Columns) -> str:
    if not there:
        return f"there is no column {name}, for it reads no table. Write one: FROM silver.users."
    near = nearest(name.rpartition(".")[2], [c for columns in there.values() for c in columns])
    has = "; ".join(f"{'.'.join(t)} has: {some(columns)}" for t, columns in there.items())
    return (
        f"there is no column {name}. {f'Did you mean {near}? ' if near else ''}{has}. An "
        "analysis names the columns of the dump that it was written for: put in yours; "
        "`workbench new` writes analyses that fit a dump."
    )


def no_function(found: re.Match[str]) -> str:
    name = found[1].lower()
    if name in RANKS or "OVER_CLAUSE" in found[0]:
        return f"{name} looks at rows around one. Write {name}() OVER (ORDER BY ...)."
    return (
        f"there is no function {name} on this engine. Athena may have it "
        "(--engine athena), and so may the other engine (--engine spark or sail); or write it "
        "in others."
    )


def missing(said: str) -> str:
    """The column that an engine says it does not find; empty where it says something else."""
    found = next(filter(None, (re.search(form, said) for form in NOT_FOUND)), None)
    return plain(found[1]) if found else ""


def named(means: str, found: re.Match[str]) -> str:
    """A sentence with the name of the query's own that stands in what an engine says."""
    name = next(filter(None, found.groups()), "")
    return re.sub(r"\{(.*?)\}", lambda unless: plain(name)[:MOST_LETTERS] or unless[1], means)


def plain(name: str) -> str:
    parts = re.findall(r'`([^`]*)`|Identifier\("([^"]*)"\)', name)
    return ".".join(quoted or written for quoted, written in parts) or name


def some(columns: Sequence[str]) -> str:
    """Names of columns, the first of many."""
    more = len(columns) - COLUMNS_SHOWN
    return ", ".join(columns[:COLUMNS_SHOWN]) + (f" and {more} more" if more > 0 else "")
