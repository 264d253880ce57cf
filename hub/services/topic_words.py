"""What the hub says in an operators' group, in the language of the project."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.services.topic_refusals import RUSSIAN_REFUSALS


@dataclass(frozen=True, slots=True)
class TopicWords:
    """The sentences of one language. `{}` stands for a name, a reason or an address."""

    language: str = "en"
    nameless: str = "Visitor"
    bot: str = "Bot"
    system: str = "System"
    note: str = "{} — note"
    colleague: str = "{} (operator)"
    edited: str = "edited"
    deleted: str = "The message was deleted."
    not_delivered: str = "Not delivered: {}"
    file_missing: str = "{} is not here: {}"
    too_large: str = "the file is too large for a bot, open it in the inbox"
    still_fetched: str = "the file is still being fetched, see the inbox"
    repeated: str = "(may be shown twice)"
    channel: str = "Channel: {}"
    status: str = "Status: {}"
    open_in_inbox: str = "Open in the inbox"
    how_to: str = "Write here to answer the contact. A line that begins with // is a note for colleagues."
    earlier: str = "Earlier messages are in the inbox."
    waiting: str = "waits for an answer"
    held: str = "{} answers"
    with_bot: str = "the bot answers"
    resolved: str = "resolved"
    snoozed: str = "put aside"
    spam: str = "spam"
    take: str = "Take"
    assign: str = "Assign…"
    resolve: str = "Resolve"
    hand_back: str = "Hand back"
    reopen: str = "Open again"
    back: str = "← Back"
    to_whom: str = "Who is to answer?"
    done: str = "Done"
    already: str = "It is so already."
    old_button: str = "This button is too old. Use a newer one."
    not_linked: str = (
        "{}, this was not sent: the hub does not know which operator you are. In the inbox open Settings > Telegram, "
        "press “Link” and follow the link, or send /link and the code from there to the bot."
    )
    not_sent: str = "{}, this was not sent: {}"
    not_changed: str = "The contact still sees the former text: {}"
    note_not_edited: str = "Only what was sent from here can be changed from here."
    linked: str = "You are {} from now on. What you write in the topics of the group goes to the contacts."
    bad_code: str = "This code is not good any more. Get a new one in the inbox: Settings > Telegram."
    service_failed: str = "The service does not answer. Try again in a moment."
    refusals: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, code: str | None, sentence: str) -> str:
        """Why something was refused, in this language where the code is known in it; else the refusal's own words."""
        return self.refusals.get(code or "", sentence)


ENGLISH = TopicWords()
RUSSIAN = TopicWords(
    language="ru",
    nameless="Посетитель",
    bot="Бот",
    system="Система",
    note="{} — заметка",
    colleague="{} (оператор)",
    edited="изменено",
    deleted="Сообщение удалено.",
    not_delivered="Не доставлено: {}",
    file_missing="{} здесь нет: {}",
    too_large="файл слишком велик для бота, откройте его во входящих",
    still_fetched="файл ещё загружается, смотрите во входящих",
    repeated="(может быть показано дважды)",
    channel="Канал: {}",
    status="Состояние: {}",
    open_in_inbox="Открыть во входящих",
    how_to="Пишите здесь, чтобы ответить клиенту. Строка, которая начинается с //, — заметка для коллег.",
    earlier="Более ранние сообщения — во входящих.",
    waiting="ждёт ответа",
    held="отвечает {}",
    with_bot="отвечает бот",
    resolved="решён",
    snoozed="отложен",
    spam="спам",
    take="Взять",
    assign="Назначить…",
    resolve="Решено",
    hand_back="Вернуть",
    reopen="Открыть снова",
    back="← Назад",
    to_whom="Кто будет отвечать?",
    done="Готово",
    already="Уже так.",
    old_button="Эта кнопка устарела. Нажмите более новую.",
    not_linked=(
        "{}, сообщение не отправлено: неизвестно, кто вы из операторов. Откройте во входящих «Настройки > Telegram», "
        "нажмите «Связать» и перейдите по ссылке или пришлите боту /link и код оттуда."
    ),
    not_sent="{}, сообщение не отправлено: {}",
    not_changed="Клиент по-прежнему видит прежний текст: {}",
    note_not_edited="Отсюда можно изменить только то, что отсюда отправлено.",
    linked="Теперь вы — {}. То, что вы пишете в темах группы, получают клиенты.",
    bad_code="Этот код больше не действует. Получите новый во входящих: «Настройки > Telegram».",
    service_failed="Служба не отвечает. Попробуйте через минуту.",
    refusals=RUSSIAN_REFUSALS,
)


def words_of(locale: str) -> TopicWords:
    """The words of a language; English where there are none."""
    return RUSSIAN if locale.startswith("ru") else ENGLISH
