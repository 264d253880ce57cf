"""Words of dates in Russian and English: months, weekdays, units, and what stands around them."""

_MONTHS = (
    "январь январю января январе янв january jan",
    "февраль февралю февраля феврале фев февр february feb",
    "март марту марта марте мар march mar",
    "апрель апрелю апреля апреле апр april apr",
    "май маю мая мае may",
    "июнь июню июня июне июн june jun",
    "июль июлю июля июле июл july jul",
    "август августу августа августе авг august aug",
    "сентябрь сентябрю сентября сентябре сен сент september sep sept",
    "октябрь октябрю октября октябре окт october oct",
    "ноябрь ноябрю ноября ноябре ноя нояб november nov",
    "декабрь декабрю декабря декабре дек december dec",
)
_WEEKDAYS = (
    "понедельник понедельника понедельнику пн пнд monday mon",
    "вторник вторника вторнику вт tuesday tue tues",
    "среда среду среды среде ср wednesday wed",
    "четверг четверга четвергу чт thursday thu thur thurs",
    "пятница пятницу пятницы пятнице пт friday fri",
    "суббота субботу субботы субботе сб saturday sat",
    "воскресенье воскресенья воскресенью воскресение вс sunday sun",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()}
MONTH_NAMES = {
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
           "декабря"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip

DAYS_AWAY = {
    "сегодня": 0, "today": 0, "tonight": 0, "завтра": 1, "tomorrow": 1, "tmrw": 1, "послезавтра": 2, "вчера": -1,
    "yesterday": -1, "позавчера": -2, "сейчас": 0, "now": 0,
}  # fmt: skip
TWO_DAYS_AWAY = {"day after tomorrow": "послезавтра", "day before yesterday": "позавчера"}
HALF_YEARS = {"полгода": ("6", "месяцев"), "полугода": ("6", "месяцев")}

DAY, WEEK, MONTH, YEAR = "day", "week", "month", "year"
UNITS = {
    word: unit
    for unit, words in {
        DAY: "день дня дней сутки суток day days",
        WEEK: "неделя неделю недельку недели недель неделе нед week weeks",
        MONTH: "месяц месяца месяцев месяце мес month months",
        YEAR: "год года году лет year years",
    }.items()
    for word in words.split()
}
SILENT = {
    "к", "ко", "на", "в", "во", "с", "со", "от", "on", "the", "for", "где-то", "примерно", "около", "about", "around",
    "ближе", "числа", "число", "числу", "дата", "date", "это", "it", "is", "of", "starting", "начиная", "утром",
    "вечером", "утра", "вечера",
    "днем", "ночью", "morning", "evening", "afternoon", "noon", "midnight", "just", "ровно", "же",
    "пожалуйста", "please", "давайте", "лучше", "можно", "let's", "say", "ok", "ок", "хорошо", "да",
}  # fmt: skip
"""Words that change nothing about the day."""

NEXT = {"следующий", "следующую", "следующее", "следующая", "следующей", "следующем", "следующего", "будущий",
        "будущую", "будущей", "next"}  # fmt: skip
LAST = {"прошлый", "прошлую", "прошлое", "прошлая", "прошлой", "прошлом", "прошедший", "прошедшую", "прошедшее", "last"}
THIS = {"этот", "эту", "эта", "этой", "этом", "этого", "this", "ближайший", "ближайшую", "ближайшее", "ближайшая",
        "coming", "текущей", "текущего"}  # fmt: skip

AFTER = {"через", "in", "спустя"}
AGO = {"назад", "ago"}
ONE = {"a", "an", "один", "одну", "одна"}
COUPLE = {"пару", "пара", "couple"}
OR = {"или", "либо", "or"}
OPEN_END = {"раньше", "позже", "позднее", "ранее", "earlier", "later", "after", "before"}
"""After `или` they name no second day: `25 декабря или позже`."""
VAGUE = {
    "выходные", "выходных", "weekend", "weekends", "весной", "летом", "осенью", "зимой", "весна", "лето", "осень",
    "зима", "spring", "summer", "autumn", "fall", "winter", "скоро", "soon", "позже", "later",
}  # fmt: skip
"""Words for a time without a day."""
END = {"конец", "конце", "концу", "конца", "end"}
YEAR_WORDS = {"г", "год", "года", "году", "year"}

_RU_ORDINALS = {
    1: "перв", 2: "втор", 4: "четверт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм", 9: "девят", 10: "десят",
    11: "одиннадцат", 12: "двенадцат", 13: "тринадцат", 14: "четырнадцат", 15: "пятнадцат", 16: "шестнадцат",
    17: "семнадцат", 18: "восемнадцат", 19: "девятнадцат", 20: "двадцат", 30: "тридцат",
}  # fmt: skip
_EN_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    "twentieth",
)
ORDINALS = (
    {stem + ending: str(day) for day, stem in _RU_ORDINALS.items() for ending in ("ое", "ого", "ому")}
    | {"третье": "3", "третьего": "3", "третьему": "3", "thirtieth": "30", "thirty-first": "31"}
    | {word: str(day) for day, word in enumerate(_EN_ORDINALS, 1)}
    | {f"twenty-{word}": str(day) for day, word in enumerate(_EN_ORDINALS[:9], 21)}
)
"""Days of a month in words; `двадцать пятое` stays two words, which are two numbers, and is asked for again."""
