/**
 * Sends every response of a Google form to Switchboard.
 *
 * 1. Open the form, then ⋮ → Apps Script, and put this file there in place of what stands there.
 * 2. Write the address and the secret of your form channel into the two lines below.
 * 3. Triggers → Add trigger: onFormSubmit, from form, on form submit. Google asks you to allow it.
 * 4. Send a response: the channel's page lists its fields.
 */
const ADDRESS = "https://hub.example.org/hooks/forms/YOUR CHANNEL/google";
const SECRET = "YOUR SECRET";

function onFormSubmit(event) {
  const response = event.response;
  const fields = { submission_id: response.getId() };
  if (response.getRespondentEmail()) fields.email = response.getRespondentEmail();
  for (const item of response.getItemResponses()) {
    const title = item.getItem().getTitle();
    // Two questions may have one title; a field has a name of its own.
    let name = title;
    for (let number = 2; name in fields; number += 1) name = `${title} ${number}`;
    fields[name] = item.getResponse();
  }
  const payload = JSON.stringify(fields);
  const bytes = Utilities.computeHmacSha256Signature(payload, SECRET, Utilities.Charset.UTF_8);
  const signature = bytes.map((byte) => (byte & 255).toString(16).padStart(2, "0")).join("");
  const answer = UrlFetchApp.fetch(ADDRESS, {
    method: "post",
    contentType: "application/json",
    payload,
    headers: { "X-Switchboard-Signature": `sha256=${signature}` },
    muteHttpExceptions: true,
  });
  // Google mails its owner about a trigger that failed.
  if (answer.getResponseCode() !== 200) throw new Error(`Switchboard answered ${answer.getResponseCode()}`);
}
