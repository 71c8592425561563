"""Numbers of people, accounts and machines that prove themselves, most by check digits."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Any

IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
CPF_WEIGHTS = [range(10, 1, -1), range(11, 1, -1)]
CNPJ_WEIGHTS = [[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]]


# A mobile phone's number in Brazil: the area (no digit of it is 0), a nine, and eight digits.
MOBILE = re.compile(
    r"(55)?(1[1-9]|2[12478]|3[1-578]|[489][1-9]|5[1345]|6[1-9]|7[134579])9[1-9][0-9]{7}"
)


def is_mobile(text: str) -> bool:
    """Whether a number without separators may be that of a mobile phone in Brazil."""
    return bool(MOBILE.fullmatch(text))


def is_ipv6(text: str) -> bool:
    """An address (RFC 4291), shortened or not; of letters alone (`Bad::Cafe`) it is none here."""
    if text.count(":") < 2 or not re.search("[0-9]", text):
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def is_cpf(text: str) -> bool:
    """Eleven digits whose last two check the others; leading zeros may be gone."""
    return bool(re.fullmatch("[0-9]{9,11}", text)) and checks(text.zfill(11), CPF_WEIGHTS)


def is_cnpj(text: str) -> bool:
    """Twelve digits or capital letters, and two that check them (IN RFB 2.229/2024)."""
    plain = re.fullmatch(r"[0-9A-Z]{11,12}[0-9]{2}", text)
    return bool(plain) and checks(text.zfill(14), CNPJ_WEIGHTS)


def checks(text: str, weights: Any) -> bool:
    """Whether the last two digits are those that the weights give, modulo 11."""
    if len(set(text)) == 1:
        return False
    for last in weights:
        rest = sum((ord(c) - 48) * w for c, w in zip(text, last, strict=False)) % 11
        if ord(text[len(last)]) - 48 != (0 if rest < 2 else 11 - rest):
            return False
    return True


def is_card(text: str) -> bool:
    """A card's number: 13 to 19 digits, checked by Luhn's sum (ISO/IEC 7812)."""
    plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    if not re.fullmatch("[3-6][0-9]{12,18}", plain):
        return False
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(plain))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """An account's number whose remainder modulo 97 is 1 (ISO 13616)."""
    plain = text.replace(" ", "")
    if not IBAN.fullmatch(plain):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
