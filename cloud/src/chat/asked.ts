import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { effects, effectsAnswering, holdsStrangers, type Effect } from '../agents/agents.ts';

/** Words with which people ask for something to be put, changed or taken away; in a few languages, because a model may be asked in any. */
const asking: readonly (readonly [Effect, RegExp])[] = [
  [
    'removes',
    /(?<!\p{L})(?:delete|remove|erase|cancel|clear|drop|scrap|discard|trash|wipe|empty|get rid|call off|take .{0,40} off|lösch\p{L}*|entfern\p{L}*|absag\p{L}*|sag .{0,40} ab|storn\p{L}*|streich\p{L}*|supprim\p{L}*|annul\p{L}*|effac\p{L}*|enlev\p{L}*|elimin\p{L}*|borra\p{L}*|cancel\p{L}*|quita\p{L}*|rimuov\p{L}*|apag\p{L}*|verwijder\p{L}*|annuleer\p{L}*)(?!\p{L})/iu,
  ],
  [
    'changes',
    /(?<!\p{L})(?:move|reschedule|postpone|delay|push|shift|change|update|rename|edit|set|mark|complete|finish|finished|done|tick|check off|reopen|prioriti[sz]e|snooze|extend|shorten|resolve|fix|tag|label|sort|swap|replace|verschieb\p{L}*|änder\p{L}*|erledig\p{L}*|markier\p{L}*|umbenenn\p{L}*|setz\p{L}*|déplac\p{L}*|modifi\p{L}*|report\p{L}*|termin\p{L}*|chang\p{L}*|muev\p{L}*|mover|cambia\p{L}*|marca\p{L}*|complet\p{L}*|spost\p{L}*|modific\p{L}*|verplaats\p{L}*|wijzig\p{L}*)(?!\p{L})/iu,
  ],
  [
    'adds',
    /(?<!\p{L})(?:add|create|make|new|remind|schedule|book|plan|note|write|draft|save|put|record|remember|turn|notify|tell me when|index|keep|set up|arrange|invite|erinner\p{L}*|erstell\p{L}*|leg .{0,40} an|anleg\p{L}*|notier\p{L}*|schreib\p{L}*|trag\p{L}*|plane\p{L}*|mach\p{L}*|ajout\p{L}*|cré\p{L}*|rappel\p{L}*|not\p{L}*|écri\p{L}*|planifi\p{L}*|crea\p{L}*|añad\p{L}*|agreg\p{L}*|recuérd\p{L}*|record\p{L}*|escrib\p{L}*|apunta\p{L}*|aggiung\p{L}*|ricord\p{L}*|scriv\p{L}*|maak|herinner\p{L}*|voeg\p{L}*|schrijf\p{L}*)(?!\p{L})/iu,
  ],
];

/** Turns before this one whose words of the user still count: "Shall I?" is answered with "yes". */
const remembered = 4;

/**
 * What a model may propose while texts of strangers are in the turn: no more than the user's own words ask for. Without such texts, everything. A question asks
 * for nothing; what is neither understood nor a question may add and change, but removes nothing unless the user says so.
 */
export async function allowedEffects(message: string, context: ChatContext): Promise<ReadonlySet<Effect>> {
  if (!holdsStrangers(context)) return new Set(effects);
  const said = [...context.conversationHistory.slice(-remembered).flatMap(({ role, content }) => (role === 'user' ? [content.slice(0, 2_000)] : [])), message];
  const worded = asking.filter(([, pattern]) => said.some((text) => pattern.test(text))).map(([effect]) => effect);
  return new Set([...worded, ...effectsAnswering(message), ...(await understoodEffects(message, context))]);
}

async function understoodEffects(message: string, context: ChatContext): Promise<readonly Effect[]> {
  const { assist } = await import('@adiuva/shared/language/assist.ts');
  const { steps, understood, confidence } = assist(message, context);
  if (steps.length > 0) return steps.map(({ action }) => (action === 'delete_record' ? 'removes' : action === 'update_record' ? 'changes' : 'adds'));
  const asksOnly = /[?？]\s*$/.test(message) || (understood && confidence >= sure);
  return asksOnly ? [] : ['adds', 'changes'];
}

const sure = 0.85;
