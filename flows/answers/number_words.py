"""Number words of Russian and English, as they stand in answers: small numbers, multipliers, and words around them."""

from decimal import Decimal

_RU = {
    "ноль нуль": 0, "один одна одно одного одной": 1, "два две двух двое вдвоем": 2,
    "три трех трое втроем": 3, "четыре четырех четверо вчетвером": 4, "пять пяти пятеро впятером": 5,
    "шесть шести шестеро": 6, "семь семи семеро": 7, "восемь восьми": 8, "девять девяти": 9, "десять десяти": 10,
    "одиннадцать одиннадцати": 11, "двенадцать двенадцати": 12, "тринадцать тринадцати": 13,
    "четырнадцать четырнадцати": 14, "пятнадцать пятнадцати": 15, "шестнадцать шестнадцати": 16,
    "семнадцать семнадцати": 17, "восемнадцать восемнадцати": 18, "девятнадцать девятнадцати": 19,
    "двадцать двадцати": 20, "тридцать тридцати": 30, "сорок сорока": 40, "пятьдесят пятидесяти": 50,
    "шестьдесят шестидесяти": 60, "семьдесят семидесяти": 70, "восемьдесят восьмидесяти": 80, "девяносто девяноста": 90,
    "сто ста": 100, "двести двухсот": 200, "триста трехсот": 300, "четыреста четырехсот": 400, "пятьсот пятисот": 500,
    "шестьсот шестисот": 600, "семьсот семисот": 700, "восемьсот восьмисот": 800, "девятьсот девятисот": 900,
}  # fmt: skip
_EN = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_HALVES = {"полтора полторы полутора": "1.5", "пол половина половину half": "0.5"}
_MULTIPLIERS = {
    "десяток десятка десятков": 10,
    "дюжина дюжину дюжины дюжин dozen dozens": 12,
    "сотня сотню сотни сотен": 100,
    "тыс тысяча тысячи тысяч тысячу тыщ тыща тыщи тр тыр т к k thousand thousands": 10**3,
    "млн мл миллион миллиона миллионов лям ляма лямов m mln million millions": 10**6,
    "млрд миллиард миллиарда миллиардов b bn billion billions": 10**9,
    "трлн триллион триллиона триллионов trillion trillions": 10**12,
}


def _spread(table: dict[str, int]) -> dict[str, int]:
    return {word: value for words, value in table.items() for word in words.split()}


SMALL = _spread(_RU) | _spread(_EN)
HALVES = {word: Decimal(value) for words, value in _HALVES.items() for word in words.split()}
MULTIPLIERS = _spread(_MULTIPLIERS) | {"полтысячи": 500, "полмиллиона": 500_000, "полмиллиарда": 500_000_000}
WHOLE = {"полтысячи", "полмиллиона", "полмиллиарда"}
"""A half that is written in one word with what it halves."""

ABOUT = {
    "нас", "usd", "eur", "rub", "руб", "gbp",
    "около", "примерно", "приблизительно", "порядка", "почти", "ровно", "где-то", "гдето", "всего", "итого", "сейчас",
    "about", "around", "approximately", "approx", "roughly", "almost", "nearly", "exactly", "circa", "just",
    "a", "an", "the", "только",
}  # fmt: skip
"""Words before a number that change nothing: the number is what is stored."""

BOUNDS = {
    "от", "до", "больше", "более", "меньше", "менее", "свыше", "выше", "ниже", "минимум", "максимум", "между", "или",
    "over", "under", "above", "below", "more", "less", "fewer", "than", "least", "most", "between", "from", "to", "or",
    "up", "minimum", "maximum", "not",
}  # fmt: skip
"""Words that make a number one end of a range."""

DOUBT = {
    "не", "нет", "знаю", "наверное", "наверно", "возможно", "может", "вроде", "кажется", "скорее", "думаю", "if", "no",
    "лишним", "хвостиком", "maybe", "perhaps", "probably", "think", "guess", "unsure", "depends", "know",
    "don't", "если", "зависит", "never",
}  # fmt: skip
"""Words with which even a clear number must be confirmed."""

VAGUE = {"несколько", "пара", "пару", "много", "мало", "куча", "few", "several", "couple", "many", "some"}
"""Words before a multiplier that make no number of it: `a few hundred`."""
