"""The promise: fingerprints of every leaf, of what was read and of what was written, compared."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.proof.arrow import of_array
    from workbench.proof.comparison import compare, differing
    from workbench.proof.contents import Contents, Look, as_they_are, of_frame
    from workbench.proof.fingerprint import (
        Fingerprint,
        Fingerprints,
        as_json,
        as_kind,
        leaves,
        together,
    )
    from workbench.proof.folders import of_folder
    from workbench.proof.manifest import (
        MANIFEST,
        Drift,
        Manifest,
        ProductsManifest,
        ScoreParameters,
        ScoreRange,
        ScoresManifest,
        SilverManifest,
        SourceFile,
        Told,
    )

__all__ = [
    "MANIFEST",
    "Contents",
    "Drift",
    "Fingerprint",
    "Fingerprints",
    "Look",
    "Manifest",
    "ProductsManifest",
    "ScoreParameters",
    "ScoreRange",
    "ScoresManifest",
    "SilverManifest",
    "SourceFile",
    "Told",
    "as_json",
    "as_kind",
    "as_they_are",
    "compare",
    "differing",
    "leaves",
    "of_array",
    "of_folder",
    "of_frame",
    "together",
]

__getattr__ = on_demand(__name__)
