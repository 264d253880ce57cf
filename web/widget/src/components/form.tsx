/** The form before the first message: typed fields, checked where they stand, and the message itself. */
import type { Field, FormValues } from "../protocol";
import type { Session } from "../session";
import { Text } from "./message";
import type { InView } from "./view";

const inputTypes: Record<string, string> = { phone: "tel", consent: "checkbox" };

/** Whether something has to be asked before the visitor can write. */
export function asksFirst({ known, conversation, outbox, config }: Session): boolean {
  return known && !conversation && outbox.every((item) => item.fault?.fields) && !!config?.prechat.length;
}

/** The name of the sentence that says what is wrong with an answer, if anything; `limit`: the hub's, of one field. It has the last word. */
export function check({ required, type }: Field, value = "", limit = 1000): string {
  const answer = value.trim();
  if (!answer) return required ? "need" : "";
  if ([...answer].length > limit) return "too_long";
  if (type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(answer)) return type;
  if (type === "phone" && !/^\+?(\d[\s().-]*){7,15}$/.test(answer.replace(/^\(/, ""))) return type;
  return "";
}

function Question({ field, view }: { field: Field } & InView) {
  const { words, answers, faults } = view;
  const { name, type, required, label } = field;
  const value = answers[name] ?? "";
  const fault = faults[name] && (words[faults[name] as "need"] ?? words.need);
  const change = (event: { currentTarget: { value: string } }) => {
    answers[name] = event.currentTarget.value;
    faults[name] = "";
    view.draw();
  };
  const shared = {
    id: name,
    name,
    "aria-required": required,
    "aria-invalid": !!fault,
    "aria-describedby": `${name}-fault`,
  };
  const consent = type === "consent";
  return (
    <div class={`field ${type}`}>
      <label for={name}>
        <Text text={label} />
        {!required && <span class="fine"> ({words.optional})</span>}
      </label>
      {name === "message" ? (
        <textarea {...shared} rows={3} value={value} onInput={change} />
      ) : type === "choice" ? (
        <select {...shared} value={value} onChange={change}>
          {["", ...field.choices].map((choice) => (
            <option value={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          type={(inputTypes[type] ?? type) as "text"}
          autocomplete={type === "phone" ? "tel" : type === "email" ? type : name === "name" ? name : undefined}
          value={consent ? "yes" : value}
          checked={value === "yes"}
          onInput={
            consent
              ? ({ currentTarget }) => change({ currentTarget: { value: currentTarget.checked ? "yes" : "" } })
              : change
          }
        />
      )}
      <div class="fault" id={`${name}-fault`}>
        {fault}
      </div>
    </div>
  );
}

export function FirstForm({ view }: InView) {
  const { chat, words, answers } = view;
  const { config, online, outbox } = chat.session;
  const message: Field = { name: "message", label: words.message, type: "text", required: true, choices: [] };
  const asked = config?.prechat ?? [];
  const fields = [
    ...asked.filter((one) => one.type !== "consent"),
    message,
    ...asked.filter((one) => one.type === "consent"),
  ];
  const send = (event: Event) => {
    event.preventDefault();
    view.faults = Object.fromEntries(
      fields.map((field) => [
        field.name,
        check(field, answers[field.name], field === message ? config?.text_limit : undefined),
      ]),
    );
    view.draw();
    const wrong = fields.find(({ name }) => view.faults[name]);
    if (wrong) {
      view.form.current?.querySelector<HTMLElement>(`[name="${wrong.name}"]`)?.focus();
      return;
    }
    const { message: text = "", ...form }: FormValues = { ...chat.facts, ...answers };
    for (const refused of outbox) chat.discard(refused.id);
    chat.say(text.trim(), { form });
  };
  return (
    <form class="ask" ref={view.form} noValidate onSubmit={send}>
      <p>{online ? words.first : words.firstAway}</p>
      {fields.map((field) => (
        <Question key={field.name} field={field} view={view} />
      ))}
      <p class="fine">
        <Text text={config?.consent ?? ""} />
      </p>
      <button type="submit" class="primary">
        {online ? words.start : words.send}
      </button>
    </form>
  );
}
