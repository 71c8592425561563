"""The file beside a partition that holds its proof."""

from __future__ import annotations

MANIFEST = "_manifest.json"
