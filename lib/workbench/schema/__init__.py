"""What a dump is made of: paths, kinds, names, drift, contracts; types in Arrow and Spark."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.schema.arrays import (
        EXACT,
        Numbers,
        added,
        any_wide,
        bounds,
        decoded,
        elements,
        is_wide,
        names_of,
        sizes,
        stored,
        valid,
        whole_numbers,
    )
    from workbench.schema.arrow_types import (
        arrow_type,
        conform,
        have_indexes,
        leaf_nodes,
        of_arrow,
        wider_types,
    )
    from workbench.schema.contract import (
        agreed,
        chosen_types,
        frozen,
        load_contract,
        misfit,
        name_of,
        read_as,
        read_contract,
    )
    from workbench.schema.drift import Change, as_rows, changes
    from workbench.schema.keys import AT, as_values, key_paths, key_text, spelled, values_text
    from workbench.schema.kinds import (
        NUMBERS,
        Node,
        decimal_node,
        from_json,
        is_hollow,
        loose_paths,
        merge,
        node_at,
        number_node,
        settled,
        to_json,
        walk,
    )
    from workbench.schema.names import (
        ASKED,
        SNAKE_CASE,
        TAKEN,
        assign,
        clean_key,
        clean_name,
        namer,
        quote,
        source_name,
        unquoted,
        why,
    )
    from workbench.schema.path_sets import PathSet, before_maps, by_its_name
    from workbench.schema.paths import ITEM, Path, parse_path, show
    from workbench.schema.rules import Rule
    from workbench.schema.selection import Selection
    from workbench.schema.spark_types import spark_to_arrow, struct_type

__all__ = [
    "ASKED",
    "AT",
    "EXACT",
    "ITEM",
    "NUMBERS",
    "SNAKE_CASE",
    "TAKEN",
    "Change",
    "Node",
    "Numbers",
    "Path",
    "PathSet",
    "Rule",
    "Selection",
    "added",
    "agreed",
    "any_wide",
    "arrow_type",
    "as_rows",
    "as_values",
    "assign",
    "before_maps",
    "bounds",
    "by_its_name",
    "changes",
    "chosen_types",
    "clean_key",
    "clean_name",
    "conform",
    "decimal_node",
    "decoded",
    "elements",
    "from_json",
    "frozen",
    "have_indexes",
    "is_hollow",
    "is_wide",
    "key_paths",
    "key_text",
    "leaf_nodes",
    "load_contract",
    "loose_paths",
    "merge",
    "misfit",
    "name_of",
    "namer",
    "names_of",
    "node_at",
    "number_node",
    "of_arrow",
    "parse_path",
    "quote",
    "read_as",
    "read_contract",
    "settled",
    "show",
    "sizes",
    "source_name",
    "spark_to_arrow",
    "spelled",
    "stored",
    "struct_type",
    "to_json",
    "unquoted",
    "valid",
    "values_text",
    "walk",
    "whole_numbers",
    "why",
    "wider_types",
]

__getattr__ = on_demand(__name__)
