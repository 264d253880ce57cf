import { describe, expect, it } from "vitest";
import { inOneLine, madeFrom, saidOf, saidOfDelivery } from "@/i18n/reasons";
import sentences from "../../../../connectors/reasons.json";

const delivery = { status: "failed" as const, attempts: 1, may_repeat: false, due_at: null };
const blocked = { code: "telegram_blocked", facts: {}, said: "" };

describe("reasons", () => {
  it("are said in the language of the screen, the service's own words beside", () => {
    const why = { code: "smtp_refused", facts: { recipient: "a@example.org", status: "554" }, said: "No thanks" };
    expect(saidOf(why, "stored", "en")).toEqual({
      sentence: "The mail server refused the mail to a@example.org (554).",
      quote: "No thanks",
    });
    const russian = saidOf(why, "stored", "ru");
    expect(russian?.sentence).toBe("Почтовый сервер не принял письмо для a@example.org (554).");
    expect(inOneLine(russian)).toMatch(/\(554\)\. «No thanks»$/);
  });

  it("stay as they were stored where the code is not known", () => {
    const newer = { code: "of_a_newer_hub", facts: {}, said: "" };
    expect(saidOf(newer, "The tape broke.", "ru")).toEqual({ sentence: "The tape broke.", quote: "" });
    expect(saidOf(null, "The tape broke.", "ru")).toEqual({ sentence: "The tape broke.", quote: "" });
    expect(saidOf(null, null, "ru")).toBeNull();
  });

  it("are known again by their English sentence, where nothing else is stored", () => {
    const file =
      "Telegram gives bots files of up to 20 MB, and this one has 31 MB. Ask for it another way, such as a link.";
    expect(saidOf(null, file, "ru")?.sentence).toMatch(/а в этом 31 МБ/);
    const bounced = "a@example.org cannot be reached: there is no such address. “5.1.1 (No) such user.”";
    expect(saidOf(null, bounced, "ru")).toEqual({
      sentence: "До a@example.org не дойти: такого адреса нет.",
      quote: "5.1.1 (No) such user.",
    });
    expect(madeFrom("The address of the file cannot be reached.")?.code).toBe("address_unreachable");
    for (const [code, { en }] of Object.entries(sentences)) expect(madeFrom(en)?.code).toBe(code);
  });

  it("of a delivery that ran out of time name what was in the way", () => {
    const expired = { ...delivery, code: "expired", reason: "The contact has blocked the bot.", why: blocked };
    expect(saidOfDelivery(expired, "en")?.sentence).toMatch(/^It could not be sent in time\. The contact has blocked/);
  });

  it("of a message that was sent tell of each copy", () => {
    const copy = (code: string, said: string) => ({ code, facts: { copy: `${code}@example.org` }, said });
    const sent = { ...delivery, status: "sent" as const, code: null, reason: "…" };
    const whys = [copy("copy_refused", "5.1.1 No such user"), copy("copy_waits", "")];
    expect(saidOfDelivery({ ...sent, whys }, "ru")).toEqual({
      sentence:
        "copy_refused@example.org не получил копию. «5.1.1 No such user»\n" +
        "copy_waits@example.org ещё не получил копию; хаб попробует снова.",
      quote: "",
    });
    expect(saidOfDelivery({ ...sent, whys: whys.slice(0, 1) }, "ru")?.quote).toBe("5.1.1 No such user");
    expect(saidOfDelivery({ ...sent, status: "queued", reason: "It waits.", whys }, "ru")?.sentence).toBe("It waits.");
  });

  it("of a delivery that says no more than its code are translated, too", () => {
    const old = { ...delivery, code: "unreachable", reason: "Blocked." };
    expect(saidOfDelivery(old, "ru")?.sentence).toMatch(/^Клиенту нельзя написать/);
    expect(saidOfDelivery({ ...delivery, code: "telegram_400", reason: "Bad Request" }, "ru")?.sentence).toBe(
      "Bad Request",
    );
  });
});
