/** Which mails report who wants to be called (`LeadMails` of the e-mail connector), as a form holds them. */

export interface LabelForm {
  label: string;
  to: string;
}

export interface LeadForm {
  sender: string;
  subject: string;
  region: string;
  /** Empty: the hub's own norm. */
  within_s: string;
  labels: LabelForm[];
}

export const TARGETS = ["phone", "name", "email", "wanted", "page", "text"] as const;
export const CONTACT = "contact.";
export const LEADS_AT_MOST = 20;
export const LABELS_AT_MOST = 50;

/** An address, or a domain as @widget.example. */
const SENDER = /^[^\s@]*@[A-Za-z0-9.-]{3,}$/;
const REGION = /^[A-Z]{2}$/;

export const NO_LEAD: LeadForm = { sender: "", subject: "", region: "RU", within_s: "", labels: [] };

export function badSender(sender: string): boolean {
  return sender.trim() !== "" && !SENDER.test(sender.trim());
}

export function badRegion(region: string): boolean {
  return !REGION.test(region);
}

/** What is stored, as a form; what is no rule is left out. */
export function leadForms(stored: unknown): LeadForm[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null) return [];
    const { sender, subject, region, within_s, labels } = one as Record<string, unknown>;
    const pairs = typeof labels === "object" && labels !== null ? Object.entries(labels) : [];
    return [
      {
        sender: String(sender ?? ""),
        subject: String(subject ?? ""),
        region: String(region ?? NO_LEAD.region),
        within_s: String(within_s ?? ""),
        labels: pairs.map(([label, to]) => ({ label, to: String(to) })),
      },
    ];
  });
}

/** What is to be stored. A rule without a sender and a label without words were never written. */
export function leadSettings(forms: LeadForm[]): Record<string, unknown>[] {
  return forms
    .filter((one) => one.sender.trim() !== "")
    .map((one) => ({
      sender: one.sender.trim(),
      subject: one.subject.trim(),
      region: one.region,
      within_s: Number(one.within_s) || null,
      labels: Object.fromEntries(
        one.labels.filter(({ label }) => label.trim() !== "").map(({ label, to }) => [label.trim(), to]),
      ),
    }));
}
