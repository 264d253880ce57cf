/** Trying a mapping on the last submission before it is saved. */
export const trials = {
  "trial.source": "What sends",
  "trial.site": "Forms of your site",
  "trial.common": "It goes by the fields of your site's forms until you change one here.",
  "trial.forget": "Go by the fields of the site's forms again",
  "forms.to.wanted": "Wanted time of a call",
  "forms.to.page": "Page it came from",
  "trial.outcome": "What would become of it",
  "trial.contact": "Contact: {name}",
  "trial.new_contact": "A new contact is made.",
  "trial.known_contact": "The contact is known: {name}. What differs stands in the message and changes nothing.",
  "trial.new_conversation": "A conversation begins.",
  "trial.same_conversation": "The message goes on in the conversation there is.",
  "trial.flow": "The questionnaire {flow} begins.",
  "trial.call_back": "A call back is promised.",
  "trial.nothing_stored":
    "This is a trial: nothing of it is stored. The last submission is kept for a day to be tried on.",
} as const;
