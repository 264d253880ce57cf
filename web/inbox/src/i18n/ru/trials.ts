/** Проба разметки на последней заявке, до сохранения. */
import type { trials as english } from "@/i18n/en/trials";
import type { Translated } from "@/i18n/translate";

export const trials: Translated<typeof english> = {
  "trial.source": "Откуда приходит",
  "trial.site": "Формы вашего сайта",
  "trial.common": "Поля те же, что у форм сайта, пока вы не измените что-то здесь.",
  "trial.forget": "Вернуться к полям форм сайта",
  "forms.to.wanted": "Желаемое время звонка",
  "forms.to.page": "Страница, откуда пришло",
  "trial.outcome": "Что из этого получится",
  "trial.contact": "Контакт: {name}",
  "trial.new_contact": "Появится новый контакт.",
  "trial.known_contact": "Контакт известен: {name}. Отличия останутся в сообщении и ничего не изменят.",
  "trial.new_conversation": "Начнётся диалог.",
  "trial.same_conversation": "Сообщение попадёт в имеющийся диалог.",
  "trial.flow": "Начнётся опрос {flow}.",
  "trial.call_back": "Будет назначен звонок.",
  "trial.nothing_stored": "Это проба: ничего не сохраняется. Последняя заявка хранится сутки, чтобы пробовать на ней.",
};
