import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import type { Assistance, Part } from '@adiuva/shared/language/assist.ts';
import { agentsAnswering, effects, effectsAnswering, holdsStrangers, type Effect } from '../agents/agents.ts';
import { linkRule, type LinkRule } from './links.ts';

/** Where English puts a verb that asks: first, after a stop or a joint, after "you" or "please". Elsewhere `plan`, `report` and `new` are no requests. */
const place = String.raw`(?:^|[.,;:!?\n]\s*|(?<!\p{L})(?:and|then|also|please|just|kindly|you|want to|like to|let's|lets|go ahead and)\s+)(?:please |kindly |just |also )*`;
const english = (verbs: string) => new RegExp(`${place}(?:${verbs})(?!\\p{L})`, 'iu');
/** Words of other languages, wherever they stand, and none that English has too. */
const foreign = (words: string) => new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'iu');

/** Words with which people ask for something to be put, changed or taken away; in a few languages, because a model may be asked in any. */
const asking: readonly (readonly [Effect, RegExp])[] = [
  ['removes', english('delete|remove|erase|cancel|clear|drop|scrap|discard|trash|wipe|empty|get rid|call off|unschedule|take .{1,40} off')],
  [
    'removes',
    foreign(
      String.raw`lösch\p{L}*|entfern\p{L}*|absag\p{L}*|sag\p{L}? .{1,40} ab|stornier\p{L}*|streich\p{L}*|supprim\p{L}*|annul[ei]\p{L}*|effac\p{L}*|enlèv\p{L}*|enlever|elimin[aeo]\p{L}*|borra\p{L}*|cancela\p{L}*|cancella\p{L}*|rimuov\p{L}*|apag\p{L}*|verwijder\p{L}*|annuleer\p{L}*`,
    ),
  ],
  [
    'changes',
    english(
      "move|reschedule|postpone|delay|push|shift|change|update|rename|edit|set|mark|complete|finish|tick|check off|reopen|(?:re-?)?prioriti[sz]e|snooze|extend|shorten|resolve|fix|sort out|tag|label|swap|replace|i(?:'ve| have)? (?:just |already )?(?:finished|completed|done|did)",
    ),
  ],
  [
    'changes',
    foreign(
      String.raw`verschieb\p{L}*|änder\p{L}*|erledig\p{L}*|markier\p{L}*|umbenenn\p{L}*|benenn\p{L}* .{1,60} um|setz\p{L}{0,3}|déplac\p{L}*|modifie\p{L}*|modifica\p{L}*|repousse\p{L}*|terminer?|terminez|muev\p{L}*|cambi[ae]\p{L}*|marca\p{L}*|spost[ai]\p{L}*|verplaats\p{L}*|wijzig\p{L}*`,
    ),
  ],
  [
    'adds',
    english(
      'add|create|make|remind|schedule|book|plan|note|write|draft|save|put|remember|turn|notify|index|keep|set up|arrange|jot|log|compose|prepare|new (?:task|event|note|reminder|project)',
    ),
  ],
  [
    'adds',
    foreign(
      String.raw`erinner\p{L}*|erstell\p{L}*|leg\p{L}? .{1,60} an|anleg\p{L}*|notier\p{L}*|schreib\p{L}*|trag\p{L}? .{1,60} ein|plane|mach\p{L}? .{1,60} (?:daraus|draus)|ajout\p{L}*|crée\p{L}*|créer|rappel\p{L}*|notez|écri[rstv]\p{L}*|planifie\p{L}*|crea|crear|añad\p{L}*|agreg\p{L}*|recuérd\p{L}*|escrib\p{L}*|apunta\p{L}*|aggiung\p{L}*|ricord\p{L}*|scriv\p{L}*|maak|herinner\p{L}*|voeg\p{L}*|schrijf\p{L}*`,
    ),
  ],
];

/** Turns before this one whose words of the user still count: "Shall I?" is answered with "yes". */
const remembered = 4;

/** What may be proposed in a turn. */
export interface Allowance {
  readonly effects: ReadonlySet<Effect>;
  /** The records that may be taken away, where the user has named them clearly; absent: any. */
  readonly removable?: ReadonlySet<string>;
  /** Which addresses may be named; absent: any. */
  readonly links?: LinkRule;
}

export const everything: Allowance = { effects: new Set(effects) };

/**
 * What a model may propose while texts of strangers are in the turn, or an answer that may repeat them: no more than the user's own words ask for. Without such
 * texts, everything. A question asks for nothing; what is neither understood nor a question may add and change, but removes nothing unless the user says so, and
 * then only the records that the user names, where the language room finds them by their names, however sure it is of the rest. `parts` are what that room made of the message, if it
 * was asked before.
 */
export async function allowanceFor(message: string, context: ChatContext, parts?: readonly Part[]): Promise<Allowance> {
  if (!holdsStrangers(context) && !repeatsStrangers(context)) return everything;
  const read = parts ?? (await import('@adiuva/shared/language/assist.ts')).assistParts(message, context, 'cloud', (part) => agentsAnswering(part).length > 0);
  const said = [...context.conversationHistory.slice(-remembered).flatMap(({ role, content }) => (role === 'user' ? [content.slice(0, 2_000)] : [])), message];
  const worded = asking.filter(([, pattern]) => said.some((text) => pattern.test(text))).map(([effect]) => effect);
  const understood = read.flatMap(({ text, assistance }) => (assistance ? understoodEffects(text, assistance, worded.length > 0) : effectsAnswering(text)));
  const removals = read.flatMap(({ assistance }) => assistance?.steps ?? []);
  const removed = removals.flatMap(({ action, params }) => (action === 'delete_record' ? [String(params['id'])] : []));
  return { effects: new Set([...worded, ...understood]), links: linkRule(message, context), ...(removed.length > 0 && { removable: new Set(removed) }) };
}

/** An earlier answer may say again what a stranger wrote, though the text itself is no longer in the turn. */
const repeatsStrangers = ({ conversationHistory }: ChatContext): boolean => conversationHistory.some(({ role }) => role === 'assistant');

const sure = 0.85;
const plainly = 0.95;

/** `worded`: the message has a verb that says which effect is wanted. */
function understoodEffects(message: string, { steps, understood, confidence }: Assistance, worded: boolean): readonly Effect[] {
  if (steps.length > 0) return steps.map(({ action }) => (action === 'delete_record' ? 'removes' : action === 'update_record' ? 'changes' : 'adds'));
  // A rule that leaves no choice found nothing to do, or nothing is said at all.
  const saysNothing = confidence >= plainly || !/[\p{L}\p{N}]/u.test(message);
  const asksOnly = /[?？]\s*$/.test(message) || saysNothing || (understood && (worded || confidence >= sure));
  return asksOnly ? [] : ['adds', 'changes'];
}
