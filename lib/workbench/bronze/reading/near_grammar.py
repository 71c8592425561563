"""The grammar of near-JSON: what JSON5, JavaScript, Python and MongoDB's shells write besides.

Sources: https://spec.json5.org; https://262.ecma-international.org (12.9, literals).
"""

from __future__ import annotations

import re

WORD = {
    b"true": b"true",
    b"false": b"false",
    b"null": b"null",
    b"NaN": b"NaN",
    b"Infinity": b"Infinity",
    b"Inf": b"Infinity",
    b"None": b"null",
    b"True": b"true",
    b"False": b"false",
    b"undefined": b"null",
    b"MinKey": b'{"$minKey":1}',
    b"MaxKey": b'{"$maxKey":1}',
}
PLAIN_TEXT = rb'"[^"\\\n]*(?:\\(?:["\\/bfnrt]|u(?!\{))[^"\\\n]*)*"'
IN_DOUBLE = rb'"[^"\\\n]*(?:\\(?:.|\n)[^"\\\n]*)*"'
IN_SINGLE = rb"'[^'\\\n]*(?:\\(?:.|\n)[^'\\\n]*)*'"
IN_BACK = rb"`[^`\\\n]*(?:\\(?:.|\n)[^`\\\n]*)*`"
QUOTED = rb"(?:" + b"|".join((IN_DOUBLE, IN_SINGLE, IN_BACK)) + rb")"
NAME = rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*"
COMMENT = rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/"
BLANK = rb"[\s\x00\x1e]+|\xef\xbb\xbf"
# One way alone to read it, whatever it is followed by: two would be four for two of it, and so on.
BETWEEN = rb"(?:[\s\x00\x1e]|\xef\xbb\xbf|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
# The brackets of a call, with what stands in them: at most one call in another.
INSIDE = rb"(?:" + QUOTED + rb"|[^\"'`()])*"
CALL = (
    rb"(?:new\s+)?([A-Za-z][\w.]{0,60})\s*\(("
    + INSIDE
    + rb"(?:\("
    + INSIDE
    + rb"\)"
    + INSIDE
    + rb")*)\)"
)
CALLED = re.compile(rb"(?:new\s+)?[A-Za-z][\w.]{0,60}\s*\(")
CLASS = rb"\[(?:[^\]\\\n]|\\.)*\]"
REGEX = rb"/(?:[^/\\\n*\[]|\\.|" + CLASS + rb")(?:[^/\\\n\[]|\\.|" + CLASS + rb")*/[a-z]*"
TOKEN = re.compile(
    b"|".join(
        (
            rb"(?P<blank>" + BLANK + rb")",
            rb"(?P<text>" + QUOTED + rb"(?:\s*\+\s*" + QUOTED + rb")*)",
            rb"(?P<mark>[{}\[\]:,])",
            rb"(?P<name>" + NAME + rb"|[0-9]+)(?=" + BETWEEN + rb":)",
            rb"(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))"
            rb"(?![\w.$])",
            rb"(?P<comment>" + COMMENT + rb")",
            rb"(?P<call>" + CALL + rb")",
            rb"(?P<word>[+-]?[A-Za-z]+)(?![\w$(])",
            rb"(?P<regex>" + REGEX + rb")",
        )
    )
)
# What strict JSON has many of, at once: alone a token costs ten times as much.
RUN = re.compile(
    rb"(?:[\s{}\[\]:]+|" + PLAIN_TEXT + rb"(?!\s*\+)|,(?=\s*[\"{\[0-9tfn-])"
    rb"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.$])(?!\s*:)"
    rb"|(?:true|false|null)(?![\w$(])(?!\s*:))+"
)
LETTERS_IN_A_ROW = re.compile(rb"[\w$\x80-\xff]+")
PIECE = re.compile(QUOTED)
PLAIN_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
PARTS = re.compile(rb"([0-9]*)(\.?)([0-9]*)(.*)", re.DOTALL)
STRICT_TEXT = re.compile(PLAIN_TEXT)
# Halves of surrogate pairs: one pair, or a first half alone, or a second, or any other escape.
PAIRS = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
