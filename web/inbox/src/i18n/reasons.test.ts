import { describe, expect, it } from "vitest";
import { inOneLine, saidOf, saidOfDelivery } from "@/i18n/reasons";

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

  it("of a delivery that ran out of time name what was in the way", () => {
    const expired = { ...delivery, code: "expired", reason: "The contact has blocked the bot.", why: blocked };
    expect(saidOfDelivery(expired, "en")?.sentence).toMatch(/^It could not be sent in time\. The contact has blocked/);
  });

  it("of a delivery that says no more than its code are translated, too", () => {
    const old = { ...delivery, code: "unreachable", reason: "Blocked." };
    expect(saidOfDelivery(old, "ru")?.sentence).toMatch(/^Клиенту нельзя написать/);
    expect(saidOfDelivery({ ...delivery, code: "telegram_400", reason: "Bad Request" }, "ru")?.sentence).toBe(
      "Bad Request",
    );
  });
});
