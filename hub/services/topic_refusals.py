"""What the hub, or the service, refuses an operator in their group, in Russian, by the stable code of the refusal.

A code without an entry is shown with its own sentence, which is English: it may name things that only it knows. Why a
message was not delivered is said from `connectors/reasons.json`.
"""

from collections.abc import Mapping

RUSSIAN_REFUSALS: Mapping[str, str] = {
    # Of the hub, as the inbox says them.
    "attachment_unknown": "Одного из файлов больше нет. Прикрепите его ещё раз.",
    "bot_failed": "Опрос не удалось запустить. Причина — в журнале хаба.",
    "deleted": "Это сообщение удалено.",
    "empty": "Напишите что-нибудь или прикрепите файл.",
    "empty_file": "Файл пуст.",
    "key_reused": "Это уже сделано для другого сообщения. Отправьте ещё раз.",
    "no_bot": "Здесь нет бота, которому можно вернуть разговор.",
    "no_channel": "Канал этого разговора удалён.",
    "no_flow": "Этот опрос не опубликован.",
    "nobody_named": "Укажите оператора или команду.",
    "not_allowed": "Ваша роль этого не позволяет.",
    "not_changed": "Служба не изменила отправленное сообщение.",
    "not_editable": "Это сообщение уже не изменить.",
    "not_found": "Этого больше нет.",
    "not_sent": "Это сообщение не отправлено, поэтому его не изменить.",
    "not_yours": "Изменить сообщение может только его автор.",
    "too_many_attachments": "В одном сообщении слишком много файлов.",
    "too_many_attempts": "Слишком много запросов. Подождите немного.",
    # Of files, on their way in.
    "file": "Файл не удалось получить: возможно, он слишком велик для бота. Отправьте его из входящих.",
    "file_gone": "Файла этого сообщения больше нет.",
    "too_big": "Файл слишком велик для бота. Отправьте его из входящих.",
}
