"""Personal data inside free text: what has a form of its own, and numbers without separators."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from workbench.bronze.check_digits import is_cnpj, is_cpf, is_ipv6, is_mobile

INSIDE = {
    "e-mail addresses": re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}"),
    "CPF or CNPJ": re.compile(
        r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b|\b[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}/[\dA-Z]{4}-\d{2}\b"
    ),
    "phone numbers": re.compile(
        r"\+\d{2}[ (]?\(?\d{2}\)? ?\d{4,5}[- ]?\d{4}\b|\(\d{2}\) ?9?\d{4}-\d{4}\b"
        r"|(?<![\d.-])\d{2} 9?\d{4}-\d{4}\b"
    ),
    "coordinates": re.compile(
        r"(?<![\d.,-])(?=-?\d+\.\d+[,;] ?-|-|\d+\.\d{4})[+-]?([0-8]?\d|90)\.\d{2,}\s?[,;]\s?"
        r"[+-]?(1[0-7]\d|\d\d?|180)\.\d{2,}(?![\d.,]*\d)"
    ),
    # Versions have four numbers too; few of them one of three digits, and a name before a slash.
    "IP addresses": re.compile(
        r"(?<![\w.])(?<!\w/)(?=[\d.]*\d{3})((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}"
        r"(25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)"
    ),
}
HEXADECIMALS = re.compile(
    r"(?<![\w:.])[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?<![:.])(?![\w:])"
)
KNOWN = re.compile(r"^([23][0-9a-f]{3}|fe80|f[cd][0-9a-f]{2}):|(:[0-9a-f]*){4}", re.IGNORECASE)
BARE = re.compile(r"(?<![\w.,+-])\d{10,14}(?![\w-]|[.,]\d)")
WORDS = {
    "CPF or CNPJ": re.compile(r"\b(cpf|cnpj)\W{1,4}(n[o\u00ba.]*\W*)?$", re.IGNORECASE),
    "phone numbers": re.compile(
        r"\b(tel(efone)?|fone|cel(ular)?|whats(app)?|zap|phone|mobile|cell|lig(ar|a|ue|uei)"
        r"|call(ed)?|contat[oe]|contact)\b\W{1,4}(\w{1,6}\W+){0,2}$",
        re.IGNORECASE,
    ),
}
ENOUGH = 3  # different ones, from which on half of the numbers of so many digits do; else all
MOST = 0.5


def kinds_inside(texts: Collection[str]) -> dict[str, set[str]]:
    """The texts that hold personal data, each with the kinds of it."""
    found: dict[str, set[str]] = {}
    for text in texts:
        kinds = {kind for kind, form in INSIDE.items() if form.search(text)}
        if any(KNOWN.search(m[0]) and is_ipv6(m[0]) for m in HEXADECIMALS.finditer(text)):
            kinds.add("IP addresses")
        if kinds:
            found[text] = kinds
    for text, kind in bare_numbers(texts):
        found.setdefault(text, set()).add(kind)
    return found


def bare_numbers(texts: Collection[str]) -> Iterator[tuple[str, str]]:
    """The texts with numbers without separators that are a CPF, a CNPJ or a mobile phone's.

    One in a hundred numbers passes the check of a CPF, one in fifteen looks like a phone's: so a
    word before must say what it is, or most numbers of so many digits must be such.
    """
    numbers = [(text, m) for text in texts for m in BARE.finditer(text)]
    lengths = Counter(len(m[0]) for _, m in numbers)
    proven = [(text, m, kind) for text, m in numbers if (kind := kind_of_number(m[0]))]
    right = Counter(len(m[0]) for _, m, _ in proven)
    share = MOST if len({m[0] for _, m, _ in proven}) >= ENOUGH else 1
    for text, m, kind in proven:
        size = len(m[0])
        if right[size] >= share * lengths[size] or WORDS[kind].search(text[: m.start()]):
            yield text, kind


def kind_of_number(digits: str) -> str:
    """What a number may be; empty where it is nobody's."""
    if (len(digits) == 11 and is_cpf(digits)) or (len(digits) == 14 and is_cnpj(digits)):
        return "CPF or CNPJ"
    return "phone numbers" if is_mobile(digits) else ""
