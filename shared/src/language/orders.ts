/** What stands in the place of a text that gives orders. */
export const withheld = '(withheld: this text gives orders to an assistant)';

/**
 * Texts that speak to an assistant rather than to a person. A net, not a wall: what slips through still meets the bounds of what the user asked for, and the
 * approval of the plan. Several languages, because strangers write in any.
 */
const orders: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:all|any|your|the|previous|prior|above|earlier|every)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines?|orders?|directions?|restrictions?|context)\b/i,
  /\b(?:system|developer) (?:prompt|message|note|override)\b|<\/?(?:system|assistant|instructions?)>|\[(?:system|inst)\]|<\|[a-z_]+\|>/i,
  /\b(?:dear |hey |hi |hello )?(?:ai|a\.i\.|llm|gpt|chatgpt|claude|gemini|copilot|adiuva|assistant|language model|chatbot|bot)\s*[:,!]\s*\S/i,
  /\b(?:you are now(?! (?:subscribed|registered|following|connected|signed|logged|enrolled|able|part|an? \w*member|member|booked|checked|all set))|act as|pretend to be|from now on,? you|your new (?:task|role|instructions?))\b/i,
  /\b(?:delete|remove|erase|wipe|destroy|cancel|complete|forward|export|upload|share|send|reveal|print|repeat)\b.{0,30}\b(?:all|every|each|the user'?s|user'?s|your)\b.{0,30}\b(?:tasks?|events?|notes?|mails?|e-?mails?|messages?|records?|files?|contacts?|data|passwords?|instructions?|prompt|calendar)\b/i,
  /\b(?:create|add|make|insert)\b.{0,20}\b(?:a |an )?(?:task|event|note|reminder|record)s?\b.{0,20}\b(?:named|called|titled|that says|for the user|saying)\b/i,
  /\b(?:modify|change|replace|integrate|insert|add|append|include|substitute|render|rewrite|scramble|rearrange|format)\b.{0,80}\byour (?:answer|response|reply|output)\b/i,
  /\b(?:ignoriere|vergiss|missachte)\b.{0,40}\b(?:anweisung|regel|vorgabe|instruktion)|\b(?:lösche?|lösch)\b.{0,20}\b(?:alle|jede|sämtliche)\b/i,
  /\bignor(?:e|ez|a|ad|are|ate)\b.{0,40}\b(?:instructions|consignes|instrucciones|reglas|istruzioni|regole|règles)\b|\b(?:supprime[zr]?|elimina|borra|cancella|efface[zr]?)\b.{0,20}\b(?:toutes?|tous|todas?|todos?|tutt[ei])\b/i,
];

/** Letters as they look: full-width forms are folded, and signs without width, which may be put between letters, are taken out. */
export const plain = (text: string): string => text.normalize('NFKC').replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu, '');

/** Whether a text gives orders to an assistant. */
export const givesOrders = (text: string): boolean => {
  const read = plain(text.slice(0, 4_000)).replace(/\s+/g, ' ');
  return read === withheld || orders.some((pattern) => pattern.test(read));
};
