"""Yes and no, in the words people use for them; anything that is neither is not guessed."""

from flows.answers.cleaning import folded, words_of
from flows.answers.reading import Context, Raw, Reading, Understood, refuse
from flows.phrases import Phrase, phrase

TEXT_LIMIT = 60

YES = {
    "да", "ага", "угу", "так точно", "конечно", "конечно да", "да конечно", "разумеется", "безусловно", "согласен",
    "согласна", "да согласен", "да согласна", "я согласен", "я согласна", "согласны", "верно", "все верно", "да верно",
    "правильно", "да правильно", "именно", "точно", "ок", "окей", "хорошо", "да хорошо", "ладно", "есть", "да есть",
    "имеется", "подтверждаю", "принимаю", "можно", "да можно", "давайте", "да давайте", "давай", "естественно",
    "да да", "да да да", "ну да", "без проблем", "почему бы и нет", "конечно же",
    "д", "да пожалуйста", "да спасибо", "хочу", "да хочу", "не против", "да не против", "не возражаю",
    "yes", "y", "yep", "yeah", "yup", "yea", "ya", "aye", "sure", "of course", "yes of course", "certainly",
    "definitely", "absolutely", "ok", "okay", "right", "that s right", "correct", "yes correct", "i agree", "agree",
    "agreed", "yes i agree", "i do", "yes i do", "yes we do", "we do", "true", "affirmative", "yes please", "yes yes",
    "please do", "sure thing", "why not", "fine", "da", "1",
}  # fmt: skip
NO = {
    "нет", "неа", "не а", "нету", "нет нету", "нет спасибо", "нет не надо", "не надо", "не нужно", "не согласен",
    "не согласна", "нет не согласен", "нет не согласна", "я не согласен", "я не согласна", "не согласны", "против",
    "я против", "неверно", "не верно", "нет неверно", "неправильно", "не правильно", "отказываюсь", "отказ",
    "ни за что", "никогда", "нет никогда", "не хочу", "нет не хочу", "не принимаю", "не подтверждаю", "никак нет",
    "не так", "нет нет", "ну нет", "конечно нет", "еще нет", "возражаю", "я возражаю",
    "н", "пока нет", "нельзя", "не имеется", "отсутствует", "не стоит",
    "no", "n", "nope", "nah", "nay", "no thanks", "no thank you", "no way", "never", "not", "not really", "i do not",
    "i don t", "no i don t", "no i do not", "no we don t", "we don t", "i disagree", "disagree", "do not agree",
    "i don t agree", "i do not agree", "false", "wrong", "incorrect", "not right", "negative", "of course not", "no no",
    "not yet", "net", "2",
}  # fmt: skip
YES_SIGNS = ("👍", "✅", "✔", "☑", "👌", "🆗", "💯", "🙆")
NO_SIGNS = ("👎", "❌", "✖", "❎", "🚫", "🙅", "⛔")


def read_yes_no(raw: Raw, context: Context) -> Reading:
    """True for a yes, False for a no; a number counts as the number of the button: 1 is yes, 2 is no."""
    if isinstance(raw, bool):
        return Understood(raw, show_yes_no(raw, context.lang))
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    text = raw[: TEXT_LIMIT + 1]
    if not text.strip():
        return refuse(Phrase.EMPTY, context)
    value = _meaning(text) if len(text) <= TEXT_LIMIT else None
    if value is None:
        return refuse(Phrase.NOT_YES_OR_NO, context)
    return Understood(value, show_yes_no(value, context.lang))


def show_yes_no(value: bool, lang: str) -> str:
    """The word on the button, in lower case, as it stands in a sentence."""
    return phrase(Phrase.YES if value else Phrase.NO, lang).lower()


def _meaning(text: str) -> bool | None:
    if "?" in folded(text):
        return None
    words = words_of(text)
    if not words and (sign := folded(text)) in {"+", "-"}:
        return sign == "+"
    says = {True: words in YES, False: words in NO}
    shows = {
        True: any(sign in text for sign in YES_SIGNS),
        False: any(sign in text for sign in NO_SIGNS),
    }
    if words and not says[True] and not says[False]:
        return None
    meant = {value for value in (True, False) if says[value] or shows[value]}
    return meant.pop() if len(meant) == 1 else None
