"""The promise: fingerprints of every leaf, of what was read and of what was written, compared."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.proof.arrow import of_array, positions, stretches
    from workbench.proof.comparison import NOTHING, compare, differing, in_lines
    from workbench.proof.contents import Contents, Look, as_they_are, keyed, of_frame
    from workbench.proof.fingerprint import (
        Fingerprint,
        Fingerprints,
        as_json,
        as_kind,
        leaves,
        together,
        told,
    )
    from workbench.proof.folders import decoded_size, of_files, of_folder
    from workbench.proof.hashing import (
        Hashes,
        Wider,
        added_up,
        inside,
        of_each,
        of_keys,
        side_by_side,
    )
    from workbench.proof.manifest import (
        MANIFEST,
        Asked,
        Drift,
        Manifest,
        ProductsManifest,
        Reading,
        ScoreParameters,
        ScoreRange,
        ScoresManifest,
        SilverManifest,
        SourceFile,
        Told,
    )
    from workbench.proof.tables_manifest import (
        QUARANTINED,
        TablesManifest,
        Written,
        file_name,
        manifest_of,
    )

__all__ = [
    "MANIFEST",
    "NOTHING",
    "QUARANTINED",
    "Asked",
    "Contents",
    "Drift",
    "Fingerprint",
    "Fingerprints",
    "Hashes",
    "Look",
    "Manifest",
    "ProductsManifest",
    "Reading",
    "ScoreParameters",
    "ScoreRange",
    "ScoresManifest",
    "SilverManifest",
    "SourceFile",
    "TablesManifest",
    "Told",
    "Wider",
    "Written",
    "added_up",
    "as_json",
    "as_kind",
    "as_they_are",
    "compare",
    "decoded_size",
    "differing",
    "file_name",
    "in_lines",
    "inside",
    "keyed",
    "leaves",
    "manifest_of",
    "of_array",
    "of_each",
    "of_files",
    "of_folder",
    "of_frame",
    "of_keys",
    "positions",
    "side_by_side",
    "stretches",
    "together",
    "told",
]

__getattr__ = on_demand(__name__)
