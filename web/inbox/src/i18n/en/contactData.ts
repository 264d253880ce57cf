/** A contact's data: taken along and erased on their wish. */
export const contactData = {
  "data.title": "Data on the contact's wish",
  "data.export": "Export everything",
  "data.erase": "Erase the contact",
  "data.erase_title": "Erase {name}",
  "data.goes": "This goes for good and cannot be brought back:",
  "data.conversations": { one: "{n} conversation", other: "{n} conversations" },
  "data.messages": { one: "{n} message and note", other: "{n} messages and notes" },
  "data.files": { one: "{n} file", other: "{n} files" },
  "data.addresses": { one: "{n} address", other: "{n} addresses" },
  "data.fields": { one: "{n} known fact", other: "{n} known facts" },
  "data.sessions": {
    one: "the answers of {n} questionnaire",
    other: "the answers of {n} questionnaires",
  },
  "data.tasks": { one: "{n} call", other: "{n} calls" },
  "data.waiting": {
    one: "{n} message that waits to be sent is cancelled.",
    other: "{n} messages that wait to be sent are cancelled.",
  },
  "data.stays":
    "A line in the audit log stays, without what was said. What lies in the contact's messenger, on the mail server or in backups is not reached from here. Who writes from the same address later begins as somebody new.",
  "data.word": "erase",
  "data.type": "Type “{word}” to confirm",
  "data.erase_now": "Erase for good",
  "data.erased": "The contact is erased.",
  "data.erasing": "The contact is being erased; the audit log tells when it is done.",
} as const;
