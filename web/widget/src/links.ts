/** Addresses in a text, so that they can be made links without ever reading the text as HTML. */

/** http and https; the punctuation of the sentence stays outside, and so does a bracket that was opened before. */
const address = /(https?:\/\/(?:\([^\s()<>]*\)|[^\s<>()"«»“”])*(?:\([^\s()<>]*\)|[^\s<>()"«»“”.,:;!?…'*_]))/gi;

/** A text cut at its addresses: every second piece is one. */
export function pieces(text: string): string[] {
  return text.split(address);
}
