import { describe, expect, it } from "vitest";
import type { Channel } from "@/api/types";
import { emailForm, emailSettings, signInBy } from "@/manage/EmailSettings";

const channel = (settings: Record<string, unknown>, secrets_set: string[] = []) =>
  ({ settings, secrets_set }) as unknown as Channel;
const own = { address: "shop@example.org", imap_host: "imap.example.org" };

describe("the settings of a mailbox", () => {
  it("name the provider's servers when somebody signs in there", () => {
    const form = emailForm(null);
    expect(signInBy("google", form)).toMatchObject({ oauth: "google", imap_host: "imap.gmail.com" });
    expect(signInBy("microsoft", form)).toMatchObject({ oauth: "microsoft", smtp_port: "587" });
    const yandex = { ...form, imap_host: "imap.yandex.ru" };
    expect(signInBy("google", yandex)).toMatchObject({ imap_host: "imap.gmail.com" });
  });

  it("leave a server that somebody has named", () => {
    const form = emailForm(channel(own));
    expect(signInBy("google", form)).not.toHaveProperty("imap_host");
    expect(signInBy("", { ...form, oauth: "google" })).toMatchObject({ oauth: "" });
  });

  it("have a log-in of its own for sending, and lose it again", () => {
    const form = { ...emailForm(channel(own)), smtp_separate: true, smtp_user: " relay ", smtp_password: "s" };
    expect(emailSettings(form, own)).toMatchObject({ smtp_user: "relay", smtp_password: "s" });
    const stored = emailForm(channel({ ...own, smtp_user: "relay" }, ["password", "smtp_password"]));
    expect(stored.smtp_separate).toBe(true);
    expect(emailSettings(stored, own)).not.toHaveProperty("smtp_password");
    const gone = emailSettings({ ...stored, smtp_separate: false }, own);
    expect(gone).toMatchObject({ smtp_user: null, smtp_password: null });
  });

  it("know a token by hand, which goes when a password is chosen", () => {
    const stored = emailForm(channel(own, ["token"]));
    expect(stored.oauth).toBe("token");
    const kept = emailSettings(stored, own);
    expect(kept).toMatchObject({ oauth: null });
    expect(kept).not.toHaveProperty("token");
    expect(emailSettings({ ...stored, token: "t" }, own)).toMatchObject({ token: "t" });
    expect(emailSettings({ ...stored, oauth: "", password: "p" }, own)).toMatchObject({ token: "", password: "p" });
    expect(emailSettings(emailForm(channel(own, ["password"])), own)).not.toHaveProperty("token");
  });
});
