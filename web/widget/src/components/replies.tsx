/** What can be pressed under the newest message: quick replies, several ticks with "done", a day, one's place. */
import type { Ask, VisitorMessage } from "../protocol";
import type { InView } from "./view";

/** The end of the value that sends what is ticked. */
const done = /done$/;

/** The ticked values after a press on `value`: codes that stand alone clear the others, and no more than allowed. */
export function toggled(ticked: string[], value: string, { alone, max_choices }: Ask): string[] {
  if (ticked.includes(value)) return ticked.filter((one) => one !== value);
  if (alone.includes(value)) return [value];
  const others = ticked.filter((one) => !alone.includes(one));
  return others.length < (max_choices ?? Infinity) ? [...others, value] : ticked;
}

export function Replies({ message, view }: { message: VisitorMessage } & InView) {
  const { chat, words } = view;
  const { buttons, ask } = message;
  const ticks = (value: string) => (ask?.multiple && /\d$/.test(value)) || undefined;
  const ticked = buttons.filter(({ value }) => view.ticked.includes(value));
  const press = (label: string, value: string) => {
    if (ask && ticks(value)) {
      view.ticked = toggled(view.ticked, value, ask);
      view.draw();
    } else {
      // "Done" says what is ticked; without a tick, or on any other button, the hub knows what it means.
      const said = done.test(value) && ticked[0] ? ticked : [{ label, value }];
      const numbers = said.map((one) => one.value.replace(/.*:/, "")).join();
      view.ticked = [];
      chat.say(said.map((one) => one.label).join(", "), { button: value.replace(/[^:]*$/, numbers) });
    }
  };
  return (
    <div class="replies">
      {buttons.map(({ label, value }) => (
        <button
          key={value}
          type="button"
          aria-pressed={ticks(value) && view.ticked.includes(value)}
          onClick={() => press(label, value)}
        >
          {label}
        </button>
      ))}
      {ask?.type === "date" && (
        <input
          type="date"
          aria-label={message.text}
          onChange={({ currentTarget: { value } }) => value && chat.say(value)}
        />
      )}
      {ask?.request === "location" && (
        <button
          type="button"
          onClick={() =>
            navigator.geolocation?.getCurrentPosition(({ coords }) =>
              chat.say(`${coords.latitude}, ${coords.longitude}`),
            )
          }
        >
          {words.place}
        </button>
      )}
    </div>
  );
}
