"""Synthetic dumps of any size: the shape and the proportions of a real one, and no real person.

Every distribution is a table of equally likely values, so that a draw is one index. The tables
are fitted to the 1,000 users of a credit marketplace published at data/input/dump.json of
github.com/brianamaral/foregon-teste-tecnico; users without products or score are our addition.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count, islice, pairwise
from pathlib import Path

from workbench.storage import aside, local_path

Draw = Callable[[], float]


def _curve(quantiles: Sequence[int]) -> list[int]:
    """1,000 values along evenly spaced quantiles; in integers, so alike on every machine."""
    steps = 1000 // (len(quantiles) - 1)
    return [a + (b - a) * step // steps for a, b in pairwise(quantiles) for step in range(steps)]


# fmt: off
_USERS_PER_DAY = (  # 2021-11-02 to 2022-01-17
    4, 21, 19, 14, 11, 7, 13, 20, 15, 26, 22, 16, 23, 13, 12, 18, 23, 29, 9, 15, 22, 26, 50, 22,
    18, 14, 8, 17, 15, 11, 18, 9, 7, 7, 7, 13, 24, 22, 13, 8, 6, 8, 12, 19, 13, 14, 11, 8, 8, 5,
    19, 16, 15, 5, 6, 15, 6, 11, 10, 9, 3, 6, 7, 6, 5, 10, 2, 8, 9, 8, 10, 11, 22, 6, 7, 2, 1)
_USERS_PER_HOUR = (46, 53, 49, 25, 14, 12, 11, 5, 3, 14, 26, 31,
                   31, 45, 53, 62, 60, 77, 58, 106, 66, 49, 57, 47)
# Deciles of the delays from one event of a user to the next, in seconds.
_TO_SCORE = _curve((35, 62, 73, 87, 100, 119, 156, 222, 605, 498961, 6216818))
_TO_FIRST_PRODUCT = _curve((3, 119, 166, 220, 323, 497, 922, 4192, 404596, 1875267, 6380381))
_TO_NEXT_PRODUCT = _curve((0, 2, 3, 4, 5, 7, 11, 17, 40, 288, 5662630))
_TO_UPDATE = _curve((0, 0, 0, 1711, 393128, 1017132, 1725388, 2472188, 3389561, 4478287, 6302059))
_SCORES = _curve((2, 133, 323, 424, 520, 639, 658, 678, 700, 719, 744, 757, 776, 791, 809, 819, 831,
                  846, 859, 875, 918))  # every 5% of the users
# Upper edge of each class of score, and how many of 100 people in it default within six months.
_CLASSES = {150: 99, 230: 95, 273: 87, 321: 63, 366: 34, 406: 23, 450: 19, 483: 17, 531: 16,
            574: 15, 622: 14, 682: 12, 747: 10, 828: 7, 1000: 4}
# How many products a user has; -1 is a document without the field.
_PRODUCT_COUNTS = [*Counter({
    -1: 20, 0: 10, 1: 576, 2: 152, 3: 83, 4: 56, 5: 44, 6: 17, 7: 18, 8: 9, 9: 4, 10: 3, 11: 1,
    12: 1, 13: 1, 14: 2, 18: 1, 20: 1, 26: 1}).elements()]
_UPDATE_COUNTS = [*Counter({0: 913, 1: 69, 2: 8, 3: 5, 4: 2, 5: 1, 7: 1, 10: 1}).elements()]
_CARDS = dict.fromkeys(range(1400, 1480), 3) | {
    2071: 323, 1182: 208, 1842: 123, 1183: 115, 1785: 76, 1083: 46, 1065: 28, 1119: 22, 2084: 20}
_ACCOUNTS = {1841: 161, 1187: 139, 1188: 134, 1806: 133, 1693: 88, 1865: 62, 2053: 34, 2175: 28,
             1186: 19, 2169: 13, 2077: 11, 2109: 11, 1815: 11, 2113: 6, 2114: 4, 1951: 3}
_PRODUCTS = [*Counter(
    {f'"creditcard", "productId" : {product}': weight for product, weight in _CARDS.items()}
    | {f'"digitalaccount", "productId" : {product}': n for product, n in _ACCOUNTS.items()}
    | {'"loan", "productId" : 2037': 1, '"digitalaccount"': 1}).elements()]
_CAMPAIGNS = [*Counter(
    {f'"crm", "utm_medium" : "email", "utm_campaign" : "news_week{n}"': 8 for n in range(40, 65)}
    | {'"banners", "utm_medium" : "display", "utm_campaign" : "new-year-account"': 13}).elements()]
_TERMS = [*Counter({'"button_02"': 98, '"button_01"': 85, '"link"': 47, "null": 12}).elements()]
_CONTENTS = [*Counter({  # the last is a link pasted into the wrong field, as people do
    '"card_2173"': 48, '"score-page"': 41, '"card_1278"': 29, '"card_1851"': 28, "null": 11,
    '"card_2084www.example.com/card-2084/?utm_source=crm"': 7}).elements()]
_REFERRERS = [*Counter({
    "verify-identity/personal-data/": 219, "verify-identity/questions/failed/": 104, "login/": 23,
    "my-account/?outdatedTermsAgreement=1&redirectTo=/my-account/": 147, "": 55}).elements()]
# RFC 5737 keeps these networks for documentation, and RFC 3849 keeps 2001:db8::/32.
_ADDRESSES = [f"{net}.{n}" for net in ("192.0.2", "198.51.100", "203.0.113") for n in range(1, 255)]

# Times are milliseconds since the first midnight, UTC. The dump was taken at _END.
_END = len(_USERS_PER_DAY) * 86_400_000
_DATES = [f"{date(2021, 11, 2) + timedelta(days=day)}T" for day in range(len(_USERS_PER_DAY))]
_CLOCK = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]
_DAYS = [*Counter(dict(enumerate(_USERS_PER_DAY))).elements()]
_HOURS = [*Counter(dict(enumerate(_USERS_PER_HOUR))).elements()]

_SCORE_TEXTS = [
    '"De cada 100 pessoas classificadas nesta classe de score, é provável que '
    f'{next(rate for upper, rate in _CLASSES.items() if score <= upper)} apresentem débitos no '
    'mercado nos próximos 6 meses."' for score in range(1001)]
# fmt: on
_LAYOUTS = {"ndjson": ("", "\n", "\n"), "array": ("[\n", ",\n", "\n]\n")}  # start, between, end
_TRUNCATED = '{ "_id" : 10220001, "createdAt" : { "$date" : "2021-12-01T12:00'
_NULL_KEY = '{ "_id" : null, "createdAt" : { "$date" : "2021-12-01T12:00:00.000+0000" } }'


def _stamp(at: int) -> str:
    minute, millis = divmod(at, 60_000)
    day, minute = divmod(minute, 1440)
    second, millis = divmod(millis, 1000)
    return f'{{ "$date" : "{_DATES[day]}{_CLOCK[minute]}{second:02d}.{millis:03d}+0000" }}'


def _after(draw: Draw, at: int, delays: Sequence[int]) -> int:
    """A later moment, before the end of the dump because of the modulo."""
    return at + (delays[int(draw() * 1000)] * 1000 + int(draw() * 1000)) % (_END - at)


def _products(draw: Draw, created: int, number: int) -> tuple[str, int]:
    """The array's text, in order of time and no product twice; and the time of the last one."""
    at, delays = created, _TO_FIRST_PRODUCT
    items: dict[str, str] = {}
    while len(items) < number:
        product = _PRODUCTS[int(draw() * len(_PRODUCTS))]
        if product not in items:
            at, delays = _after(draw, at, delays), _TO_NEXT_PRODUCT
            items[product] = f'{{ "productType" : {product}, "createdAt" : {_stamp(at)} }}'
    return f', "alreadyHaveProducts" : [ {", ".join(items.values())} ]', at


def _origin(draw: Draw) -> str:
    campaign, term, content = 'null, "utm_medium" : null, "utm_campaign" : null', "null", "null"
    if draw() < 0.42:
        campaign = _CAMPAIGNS[int(draw() * len(_CAMPAIGNS))]
        term = _TERMS[int(draw() * len(_TERMS))]
        content = _CONTENTS[int(draw() * len(_CONTENTS))]
    client, *proxies = [_ADDRESSES[int(draw() * len(_ADDRESSES))] for _ in range(3)]
    if draw() < 0.38:
        client = f"2001:db8::{1 + int(draw() * 65535):x}:{1 + int(draw() * 65535):x}"
    return (
        f', "origin" : {{ "utm_source" : {campaign}, "utm_term" : {term}, "utm_content" : {content}'
        f', "referrer" : "https://www.example.com/{_REFERRERS[int(draw() * len(_REFERRERS))]}"'
        f', "ip" : "{client}, {", ".join(proxies)}", "useragent" : "Amazon CloudFront" }}'
    )


def _score(draw: Draw, created: int) -> str:
    score = _SCORES[int(draw() * 1000)]
    number, text = (str(score), _SCORE_TEXTS[score]) if draw() >= 0.003 else ("null", "null")
    in_debt = 0.86 if score <= 200 else 0.04 if score <= 600 or score > 800 else 0.53
    has_debts = f', "hasDebts" : {"true" if draw() < in_debt else "false"}'
    origin = _origin(draw) if draw() < 0.56 else ""
    if origin and draw() < 0.013:
        has_debts = ""
    return (
        f', "score" : {{ "score" : {number}, "scoreName" : "Consumidor Positivo", "scoreText" : '
        f'{text}, "scoreDescription" : "SCORE CONSUMIDOR", "hasConsumidorPositivo" : '
        f"{'true' if score > 625 else 'false'}, "
        f'"updateCount" : {_UPDATE_COUNTS[int(draw() * 1000)]}, '
        f'"createdAt" : {_stamp(_after(draw, created, _TO_SCORE))}{has_debts}{origin} }}'
    )


def _users(seed: int) -> Iterator[str]:
    """Documents without end."""
    draw = random.Random(seed).random
    for number in count():
        created = _DAYS[int(draw() * 1000)] * 24 + _HOURS[int(draw() * 1000)]
        created = created * 3_600_000 + int(draw() * 3_600_000)
        products, at = "", created
        if (owned := _PRODUCT_COUNTS[int(draw() * 1000)]) >= 0:
            products, at = _products(draw, created, owned)
        times = f', "createdAt" : {_stamp(created)}, "updatedAt" : '
        times += _stamp(_after(draw, at, _TO_UPDATE))
        body = products + times if draw() >= 0.097 else times + products
        score = _score(draw, created) if draw() >= 0.015 else ""
        # Unique keys that are not in order: a fixed permutation within each 1,024.
        key = 10_220_732 + (number & ~1023) + (number * 421 & 1023)
        yield f'{{ "_id" : {key}{body}, "name" : "User {number + 1:06d}"{score} }}'


def _with_flaws(documents: Iterator[str], users: int) -> Iterator[str]:
    for number, document in enumerate(documents):
        if number == users // 3:
            yield _TRUNCATED
        if number == users * 2 // 3:
            yield _NULL_KEY
        late = number == users - 1
        yield document[:-2] + ', "preferredLanguage" : "pt-BR" }' if late else document


def write_sample(
    out: Path, users: int, seed: int = 0, layout: str = "ndjson", flaws: bool = False
) -> None:
    """Write a synthetic dump of `users` documents of about 1 kB, one on each line.

    Grain: one document per user, `_id` unique; times from 2021-11-02 to 2022-01-17, UTC. Same
    arguments, same bytes; the first N users of a seed are the same whatever `users` is.

    `layout` is "ndjson" or "array" (as `mongoexport --jsonArray` writes it). `flaws` adds
    what a pipeline must survive: two bad documents among the good ones (one truncated, one
    with a null `_id`), and a field, `preferredLanguage`, that only the last one has.

    Raises ValueError for another layout or fewer than one user. Appears at `out` when complete.
    """
    if layout not in _LAYOUTS:
        raise ValueError(f"layout is {layout!r}, allowed: {', '.join(_LAYOUTS)}")
    if users < 1:
        raise ValueError(f"users is {users}, allowed: 1 or more")
    good = islice(_users(seed), users)
    documents = _with_flaws(good, users) if flaws else iter(good)
    start, between, end = _LAYOUTS[layout]
    with (
        aside(local_path(out, "--out")) as staged,
        staged.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as file,
    ):
        file.write(start + next(documents))
        file.writelines(between + document for document in documents)
        file.write(end)
