"""What the pages of a form say themselves, in Russian and English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. `{n}` and `{all}` stand for numbers."""

    next: str
    send: str
    back: str
    step: str
    optional: str
    yes: str
    no: str
    choose: str
    wrong: str
    thanks: str
    done: str
    later: str
    gone: str
    gone_more: str
    locate: str
    at_most: str
    accepted: str
    more: str
    stale: str
    busy: str
    quick: str
    further: str
    chosen: str
    telegram: str
    chat: str
    proof: str
    scripts: str
    look: str


WORDS = {
    "ru": Words(
        next="Дальше", send="Отправить", back="Назад", step="Шаг {n} из {all}", optional="необязательно", yes="Да",
        no="Нет", choose="Выберите", wrong="Проверьте отмеченные ответы.", thanks="Спасибо!",
        done="Ваши ответы отправлены.", later="Можно закончить позже по этой ссылке:", gone="Этой формы нет",
        gone_more="Возможно, её закрыли или в адресе ошибка.", locate="Определить моё место",
        at_most="Не больше {n}.", accepted="Подойдут: {list}.", more="Подробнее",
        stale="На эту страницу уже ответили. Вот что осталось.",
        busy="Слишком много отправок с этого адреса. Подождите минуту и отправьте ещё раз: "
        "ответы остались на странице.",
        quick="Форма отправлена слишком быстро. Отправьте её ещё раз.",
        further="Появились ещё вопросы. Ответьте на них и отправьте снова.", chosen="Файл уже получен: {name}",
        telegram="Продолжить в Telegram", chat="Продолжить в чате",
        proof="Проверка против роботов устарела. Отправьте ещё раз: ответы остались на странице.",
        scripts="Эта форма защищена от роботов, и для отправки нужен JavaScript.",
        look="Проверьте ответы и отправьте.",
    ),
    "en": Words(
        next="Continue", send="Send", back="Back", step="Step {n} of {all}", optional="optional", yes="Yes", no="No",
        choose="Choose", wrong="Please check the marked answers.", thanks="Thank you!",
        done="Your answers have been sent.", later="You can finish later with this link:",
        gone="This form does not exist", gone_more="It may have been closed, or the address is mistyped.",
        locate="Use my location", at_most="At most {n}.", accepted="Accepted: {list}.", more="Read more",
        stale="This page was answered already. Here is what is left.",
        busy="Too many submissions from this address. Wait a minute and send again: "
        "your answers are still on the page.",
        quick="The form was sent too quickly. Please send it again.",
        further="There are more questions now. Please answer them and send again.",
        chosen="The file has arrived: {name}",
        telegram="Continue in Telegram", chat="Continue in chat",
        proof="The check against robots has ended. Send again: your answers are still on the page.",
        scripts="This form is protected against robots and needs JavaScript to be sent.",
        look="Look at your answers, then send them.",
    ),
}  # fmt: skip


def words(lang: str) -> Words:
    """Those of a language; English for one we do not speak."""
    return WORDS.get(lang, WORDS["en"])
