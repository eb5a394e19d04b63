import { z } from 'zod';
import { recordLimits } from '@adiuva/shared/contracts/records.ts';
import { bold, list, plural, shown, whenWords } from '@adiuva/shared/language/wording.ts';
import { wallTime } from '@adiuva/shared/language/zone.ts';
import type { Agent } from './agents.ts';
import { mentions, momentOf, seenEmails, seenTasks, within, zoneOf, type SeenRecord } from './context-view.ts';
import { actionItems, hasLabel, mailKinds, senderOf, subjectOf, triage, type ActionItem, type MailKind } from '@adiuva/shared/language/mail-rules.ts';
import { createTool, explain, noteTools, propose, proposeChange } from './record-tools.ts';
import { givesOrders } from '@adiuva/shared/language/orders.ts';
import { tool, type ToolTurn } from './tool.ts';

const filters = {
  from: z.string().optional(),
  before: z.string().optional(),
  label: z.string().max(100).optional(),
  query: z.string().max(200).optional(),
};

/** Messages that fit, newest first. */
function chosen({ from, before, label, query }: { [K in keyof typeof filters]?: string | undefined }, { context }: ToolTurn): SeenRecord[] {
  const zone = zoneOf(context);
  const bears = (labels: unknown) => label === undefined || (Array.isArray(labels) && labels.includes(label));
  return seenEmails(context)
    .filter((email) => within(email['receivedAt'], from, before, zone) && bears(email['labels']) && mentions(email, query))
    .toSorted((a, b) => momentOf(b['receivedAt'], zone) - momentOf(a['receivedAt'], zone) || 0);
}

const listEmail = tool({
  name: 'list_email',
  description: 'Messages as sender, subject, time and labels (never bodies), by time received (from inclusive, before exclusive), label and words.',
  parameters: z.strictObject(filters),
  run(args, turn) {
    const emails = chosen(args, turn);
    return { summary: `Looked through your mail: ${emails.length} found`, result: { emails } };
  },
});

const mailNoun = String.raw`(?:(?:e-?)?mails?|inbox|mailbox|messages)`;
const polite = String.raw`^(?:please |can you |could you )?`;

const kindWords: Readonly<Record<MailKind, string>> = {
  action: 'Asks for something',
  reply: 'Waits for an answer',
  meeting: 'Meetings',
  money: 'Money',
  security: 'Access to accounts',
  other: 'Everything else',
  automatic: 'From machines',
  newsletter: 'Advertising',
  suspicious: 'Suspicious: gives orders to an assistant, nothing of it was followed',
};
const noMail = 'I see no mail here. Connect a mail account in Plugins, then ask again.';
const onlyMetadata = 'Judged by senders, subjects and labels; what the messages say I do not see.';

const triageEmail = tool({
  name: 'triage_email',
  description: `Sorts messages by what they want, judged by sender, subject and labels: ${mailKinds.join(', ')}.`,
  parameters: z.strictObject(filters),
  answers: (message) => (asksToTriage.test(message.trim()) ? (/\bunread\b/i.test(message) ? { label: 'unread' } : {}) : undefined),
  run(args, turn) {
    const sorted = chosen(args, turn).map(triage);
    const groups = Object.entries(kindWords).flatMap(([kind, title]) => {
      const mails = sorted.filter((one) => one.kind === kind);
      return mails.length === 0
        ? []
        : [
            `**${title}**\n\n${list(
              mails.map(({ mail }) => mailLine(mail, turn)),
              8,
            )}`,
          ];
    });
    const seen = sorted
      .slice(0, 100)
      .map(({ mail, kind, reason, unread }) => ({ id: mail.id, subject: mail['subject'], from: mail['from'], kind, reason, unread }));
    const words =
      sorted.length === 0
        ? noMail
        : [`${plural(sorted.length, 'message')}, ${sorted.filter(({ unread }) => unread).length} unread.`, ...groups, onlyMetadata].join('\n\n');
    return { summary: `Sorted ${plural(sorted.length, 'message')}`, result: { messages: seen, words } };
  },
});
/** For all of the mail; what names a sender, a subject or a time is a search. */
const allMail = String.raw`(?:(?:all|any|of|my|the|our|new|unread|latest|recent|open) ){0,4}${mailNoun}`;
const asksToTriage = new RegExp(
  [
    String.raw`${polite}(?:triage|sort|prioriti[sz]e|classify|categori[sz]e|go through|organi[sz]e)\b.{0,30}\b${mailNoun}\b.{0,30}$`,
    String.raw`${polite}(?:summari[sz]e|sum up|check|review|scan|look (?:at|over|through)|(?:give me |show me |write )?(?:an? |the )?(?:quick |short )?(?:summary|overview|digest) (?:of|for)) ${allMail}(?: (?:for me|please|now|today))*[\s.?!]*$`,
    String.raw`^(?:what(?:'s| is)|anything|is there anything) (?:new |important |urgent )?(?:in|about) ${allMail}[\s.?!]*$`,
    String.raw`\bwhich\b.{0,20}\b${mailNoun}\b.{0,30}\b(?:need|require|want|wait|important|urgent|answer|reply|attention)\b`,
  ].join('|'),
  'i',
);

const mailLine = (mail: SeenRecord, { context, now }: ToolTurn): string => {
  const zone = zoneOf(context);
  const received = whenWords(String(mail['receivedAt'] ?? ''), zone, wallTime(zone, now));
  return [bold(subjectOf(mail) || '(no subject)'), shown(senderOf(mail)), received, ...(hasLabel(mail, 'unread') ? ['unread'] : [])].join(' · ');
};

/** Action items for which no task stands there yet. */
function newItems(args: Parameters<typeof chosen>[0], turn: ToolTurn): ActionItem[] {
  const known = new Set(seenTasks(turn.context).map((task) => plainTitle(task['title'])));
  const items = actionItems(chosen(args, turn)).filter(({ title }) => !known.has(plainTitle(title)));
  return [...new Map(items.map((item) => [plainTitle(item.title), item])).values()].slice(0, mostItems);
}

const plainTitle = (title: unknown): string =>
  String(title ?? '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
const mostItems = 25;

const extractActionItems = tool({
  name: 'extract_action_items',
  description: 'What messages ask for, as far as their subjects show it, for which no task exists yet. Only looks; propose_action_items adds the steps.',
  parameters: z.strictObject(filters),
  answers: (message) => (asksForItems.test(message) && !asksForTasks.test(message.trim()) ? {} : undefined),
  run(args, turn) {
    const items = newItems(args, turn);
    const found = items.map(({ mail, title, reason }) => ({ email: mail.id, title, reason }));
    const words =
      items.length === 0
        ? `No subject asks for anything that is not a task already. ${onlyMetadata}`
        : `${plural(items.length, 'thing')} to do:\n\n${list(items.map(({ title, reason }) => `${bold(title)}: ${reason}`))}\n\n${onlyMetadata}`;
    return { summary: `Found ${plural(items.length, 'action item')}`, result: { items: found, words: seenEmails(turn.context).length === 0 ? noMail : words } };
  },
});
const asksForItems = new RegExp(String.raw`\b(?:action items?|to-?dos?)\b.{0,20}\b(?:in|from|of)\b.{0,20}\b${mailNoun}\b`, 'i');

const proposeActionItems = tool({
  name: 'propose_action_items',
  description: 'Proposes a task for each thing that messages ask for and that is no task yet.',
  effect: 'adds',
  parameters: z.strictObject(filters),
  answers: (message) => (asksForTasks.test(message.trim()) ? {} : undefined),
  run(args, turn) {
    const items = newItems(args, turn);
    for (const { mail, title, reason } of items)
      propose(
        turn,
        'create_record',
        { type: 'task', fields: { title, tags: ['mail'] } },
        `You asked for tasks from your mail: ${senderOf(mail).slice(0, 100)} wrote, and ${reason}.`,
      );
    const words =
      items.length === 0
        ? `No subject asks for anything that is not a task already; I propose no task. ${onlyMetadata}`
        : `I propose ${plural(items.length, 'task')}:\n\n${list(items.map(({ title, reason }) => `${bold(title)}: ${reason}`))}\n\n${onlyMetadata}`;
    return {
      summary: `Proposed ${plural(items.length, 'task')}`,
      result: { proposed: items.length, words: seenEmails(turn.context).length === 0 ? noMail : words },
    };
  },
});
const asksForTasks = new RegExp(
  String.raw`${polite}(?:(?:turn|make|convert|change)\b.{0,20}\b${mailNoun}\b.{0,20}\b(?:into|to)\b.{0,15}\b(?:tasks?|to-?dos?)\b|(?:create|make|add|extract|pull|propose)\b.{0,20}\b(?:tasks?|to-?dos?|action items?)\b.{0,20}\b(?:from|out of|for)\b.{0,15}\b${mailNoun}\b)|^.{0,60}\b${mailNoun}\b.{0,40}\b(?:create|make|add|propose)\b.{0,20}\b(?:tasks?|to-?dos?)\b.{0,40}$`,
  'i',
);

const labels = z.array(z.string().min(1).max(recordLimits.tag)).max(recordLimits.tags);

/** Two names for one change: models say `classify`, the builtin assistant names record and verb. */
const labelling = (name: string) =>
  tool({
    name,
    description: 'Proposes the labels of a message; they replace the ones it has.',
    effect: 'changes',
    parameters: z.strictObject({ id: z.string().min(1).max(100), labels, explain }),
    run: (args, turn) => proposeChange(turn, 'email', args.id, { labels: args.labels }, args.explain),
  });

const draftEmail = tool({
  name: 'draft_email',
  description: 'Proposes a draft, kept as a note: nothing is ever sent.',
  effect: 'adds',
  parameters: z.strictObject({
    to: z.string().max(recordLimits.short).optional(),
    subject: z.string().trim().min(1).max(1_000),
    body: z.string().max(50_000),
    sign: z.boolean().optional().describe('Ends with a greeting and the name of the user'),
    reply: z.boolean().optional().describe('It answers the newest message of `to`, whose subject it takes'),
    explain,
  }),
  answers: draftAsked,
  run(args, turn) {
    const { displayName } = turn.context.userProfile;
    const body = args.sign ? `${args.body}\n\nBest regards${displayName ? `\n${displayName}` : ''}` : args.body;
    const subject = (args.reply && args.to ? answeredSubject(args.to, turn) : undefined) ?? args.subject;
    const fields = { title: `Draft: ${subject}`, body: args.to ? `To: ${args.to}\n\n${body}` : body, tags: ['draft'] };
    const { summary, result } = propose(
      turn,
      'create_record',
      { type: 'note', fields },
      args.explain || 'You asked for a draft; it is kept as a note and not sent.',
    );
    const quoted = body
      .split('\n')
      .map((line) => `> ${shown(line, 500)}`)
      .join('\n');
    const words = `I prepared a draft${args.to ? ` to ${bold(args.to)}` : ''}, to be kept as a note. I cannot send it.\n\n${quoted}`;
    return { summary, result: { ...(result as object), words } };
  },
});

const writing = String.raw`^(?:please |can you |could you |help me (?:to )?)*(?:write|draft|compose|prepare)(?: me)?(?: up)? (?:an? |the |my )?(?:quick |short |polite |brief |friendly )*`;
const name = String.raw`([\p{L}\p{N}@._-]+(?:[ '’][\p{L}\p{N}@._-]+){0,3}?)`;
/** Who gets it and what it says; the second says that it answers a message. */
const draftRequests: readonly (readonly [RegExp, reply: boolean])[] = [
  [
    new RegExp(
      String.raw`${writing}(?:e-?mail|mail|message|letter)(?: draft)? (?:to|for) ${name}(?:(?:,|:)?\s+((?:that|saying|to say|telling|about|regarding|on|asking|thanking|to ask|to thank|inviting|letting|informing|with the subject)\b.{2,2000}))?[\s.!?]*$`,
      'isu',
    ),
    false,
  ],
  [
    new RegExp(
      String.raw`(?:${writing}(?:reply|response|answer) to|^(?:please |can you |could you )*(?:reply|respond|write back) to) (?:the |that )?(?:e-?mail (?:from|of) |mail (?:from|of) |message (?:from|of) )?${name}(?:['’]s (?:last |latest )?(?:e-?mail|mail|message))?(?:(?:,|:)?\s+((?:that|saying|to say|telling|about|regarding|asking|thanking|to ask|to thank|letting|informing|with)\b.{2,2000}))?[\s.!?]*$`,
      'isu',
    ),
    true,
  ],
];
const them = String.raw`(?:him|her|them|everyone|[\p{L}\p{N}]+)`;
/** What is to be said, as a sentence to the one who reads it; first match wins. */
const sayings: readonly (readonly [RegExp, (said: string) => string])[] = [
  [
    new RegExp(String.raw`^(?:that|saying(?: that)?|to say(?: that)?|(?:telling|letting|informing) ${them}(?: know)?(?: that| of)?)\s+(.+)$`, 'isu'),
    (said) => said,
  ],
  [new RegExp(String.raw`^(?:thanking|to thank) ${them} for (.+)$`, 'isu'), (said) => `Thank you for ${said}`],
  [new RegExp(String.raw`^(?:asking|to ask) (?:${them} )?(?:if|whether) (.+)$`, 'isu'), (said) => `I would like to know whether ${said}`],
  [new RegExp(String.raw`^(?:asking|to ask) (?:${them} )?for (.+)$`, 'isu'), (said) => `Could you please send me ${said}?`],
  [new RegExp(String.raw`^(?:asking|to ask) ${them} to (.+)$`, 'isu'), (said) => `Could you please ${said}?`],
  [new RegExp(String.raw`^inviting ${them} to (.+)$`, 'isu'), (said) => `I would like to invite you to ${said}`],
  [/^(?:about|regarding|on|with the subject|asking about|to ask about)\s+(.+)$/isu, (said) => `I am writing to you about ${said}`],
  [/^with\s+(.+)$/isu, (said) => said],
];

/** A request that says to whom and, mostly, what: the words of the user, between a greeting and a name. */
function draftAsked(message: string): { to: string; subject: string; body: string; sign: true; reply?: true } | undefined {
  for (const [pattern, reply] of draftRequests) {
    const [, to, what = ''] = pattern.exec(message.trim()) ?? [];
    if (!to) continue;
    const said = what.replace(/[.!?\s]+$/, '');
    const [found, wording] = sayings.find(([form]) => form.test(said)) ?? [];
    const topic = (found?.exec(said)?.[1] ?? '').trim();
    if (!reply && !topic) return undefined;
    const sentence = topic ? wording!(topic) : 'Thank you for your message.';
    return {
      to: to.replace(/['’]s$/, ''),
      subject: topic ? capital(topic.split('\n')[0]!).slice(0, 120) : 'Your message',
      body: `Hi ${to.replace(/^(?:the|my|our) /i, '').split(/[\s@]/)[0]},\n\n${capital(sentence).replace(/(?<![.?!])$/, '.')}`,
      sign: true,
      ...(reply && { reply }),
    };
  }
  return undefined;
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** The subject of an answer: that of the newest message of the one who gets it, unless it gives orders to an assistant. */
function answeredSubject(to: string, turn: ToolTurn): string | undefined {
  const mail = chosen({ query: to }, turn).find((one) => senderOf(one).toLowerCase().includes(to.toLowerCase()));
  const subject = mail && subjectOf(mail);
  return subject && !givesOrders(subject) ? `Re: ${subject}`.slice(0, 300) : undefined;
}

export const email: Agent = {
  name: 'email',
  description: 'Mail: what came, from whom, what matters; labels; what to do about it; drafts kept as notes.',
  skills: ['find messages', 'sort them by what they want', 'find what they ask for', 'label them', 'write drafts'],
  thinking: 'Looking at your mail',
  instructions: 'agent.email',
  tools: [
    listEmail,
    triageEmail,
    extractActionItems,
    proposeActionItems,
    labelling('classify_email'),
    labelling('update_email'),
    draftEmail,
    ...noteTools,
    createTool('task', 'Proposes a task that follows from a message.'),
  ],
};
