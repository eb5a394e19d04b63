/** What a piece of a message is, as far as it decides whether the next piece may stand by itself. */
export type PieceKind = 'words' | 'capture' | 'other';

/** Verbs that ask for something to be added. */
export const captureVerbs = 'remind|add|create|schedule|set|book|make|note|put|plan|block|take a note';
const verbs = [
  captureVerbs,
  'show|list|tell|give|what|which|how many|how much|how|when|who|am i|do i|is there|are there|check|find|look|compare|brief|report|generate|suggest|recommend',
  'summari[sz]e|sum up|triage|sort|prioriti[sz]e|rank|extract|turn|draft|write|compose|reply|answer|resolve|fix',
  'delete|remove|cancel|clear|move|reschedule|postpone|delay|push|shift|bring|mark|complete|finish|close|tick|reopen|rename|change|update|tag|snooze',
].join('|');

/** Between two requests; the look ahead keeps "bread and butter" in one piece. */
const joint = new RegExp(
  String.raw`(\s*;\s*|\s*\n+\s*|[.!?]\s+(?=\p{Lu})|,?\s+(?:and\s+)?(?:then|also|plus|after that,?|afterwards)\s+|,?\s+and\s+|,\s+)(?=(?:please\s+)?(?:${verbs})\b)`,
  'iu',
);
/** What can only be said to the assistant, also behind something to be added. */
const toAssistant = new RegExp(String.raw`^(?:please\s+)?(?:(?:${captureVerbs})\b|(?:show|tell|give|brief)\s+me\b)`, 'i');

/** Something to be made of what was said before: no request of its own. */
const refersBack =
  /^(?:please\s+)?(?:add|create|make|put|note|plan|schedule|book|turn|list|show|tell|give)\s+(?:me\s+)?(?:them|these|those|it|one|that|the (?:results?|rest|list)|(?:an? )?(?:tasks?|to-?dos?|events?|reminders?) (?:for|from|out of|of) (?:any(?:thing)?|every(?:thing)?|each|all|them|those|these|whatever|what)\b)\b/i;

/** Longer messages and more pieces are prose, not requests. */
const limits = { characters: 1_000, pieces: 6 } as const;

/**
 * A message cut where another request may begin. What follows a text to be kept (a note, a mail) belongs to it unless a new sentence begins, and after something
 * to be added only what can be said to nobody but the assistant: one may well be reminded to call somebody and cancel something. The message itself where it is one.
 */
export function piecesOf(message: string, kindOf: (piece: string) => PieceKind): string[] {
  if (message.length > limits.characters) return [message];
  const [first = '', ...rest] = message.trim().split(joint);
  const pieces = [first];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const [between, piece] = [rest[i]!, rest[i + 1]!];
    if (belongs(kindOf(pieces.at(-1)!), between, piece)) pieces.push(`${pieces.pop()!}${between}${piece}`);
    else pieces.push(piece);
  }
  const said = pieces.map((piece) => piece.trim()).filter(Boolean);
  return said.length > limits.pieces || said.length === 0 ? [message] : said;
}

function belongs(kind: PieceKind, between: string, piece: string): boolean {
  const begins = /[;\n.!?]/.test(between);
  if (refersBack.test(piece)) return true;
  if (kind === 'words') return !begins;
  return kind === 'capture' && !begins && !/then|also|plus|after/i.test(between) && !toAssistant.test(piece);
}
