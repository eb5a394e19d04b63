import type { ContextRecord } from '../contracts/chat.ts';
import { at, dayOfTime, mondayOf } from './civil.ts';
import { fit, keyWords } from './matching.ts';
import { answer, eventSpan, isOpen, overlaps, text, timeField, windowOf, type Reply, type Span, type Turn } from './turn.ts';
import { bold, clockWords, dayWords, list, plural, shown, stretchWords, whenWords } from './wording.ts';

const order: Readonly<Record<string, number>> = { urgent: 0, high: 1, medium: 2, low: 3 };

function taskLine(task: ContextRecord, { zone, now }: Turn): string {
  const due = text(task, 'dueAt');
  const level = text(task, 'priority');
  return [
    bold(text(task, 'title')),
    due ? `due ${whenWords(due, zone, now)}` : '',
    level === 'high' || level === 'urgent' ? `${level} priority` : '',
    isOpen(task) ? '' : 'done',
  ]
    .filter(Boolean)
    .join(' · ');
}

function eventLine(event: ContextRecord, { zone, now, reading }: Turn): string {
  const who = /\bwho\b/i.test(reading.request) ? people(event) : [];
  return [
    bold(text(event, 'title')),
    stretchWords(text(event, 'startAt'), text(event, 'endAt'), zone, now),
    shown(text(event, 'location')),
    who.length > 0 ? `with ${shown(who.join(', '))}` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A task with only a date is due at the end of that day. */
function dueTime(task: ContextRecord, turn: Turn): number | undefined {
  const due = timeField(task, 'dueAt', turn.zone);
  return due === undefined || text(task, 'dueAt').includes('T') ? due : due + 86_399;
}

const byDue = (turn: Turn) => (a: ContextRecord, b: ContextRecord) =>
  (dueTime(a, turn) ?? Infinity) - (dueTime(b, turn) ?? Infinity) || (order[text(a, 'priority')] ?? 2) - (order[text(b, 'priority')] ?? 2);
const byStart = (turn: Turn) => (a: ContextRecord, b: ContextRecord) => (timeField(a, 'startAt', turn.zone) ?? 0) - (timeField(b, 'startAt', turn.zone) ?? 0);

/** The stretch of time a question is about: the date in it, bounded by "before", "until", "after" and "since". */
function asked(turn: Turn): (Span & { words: string }) | undefined {
  const date = turn.reading.when[0];
  if (!date) return /\b(?:my|the) week\b/i.test(turn.reading.request) ? { ...weekOf(turn), words: 'this week' } : undefined;
  const span = windowOf(date, turn.zone);
  const lead = /\b(before|until|till|by|up to|after|since|from|starting)\s*(?:the\s*)?$/i
    .exec(turn.reading.text.slice(Math.max(0, date.from - 14), date.from))?.[1]
    ?.toLowerCase();
  if (lead && /before|until|till|by|up to/.test(lead)) return { from: -Infinity, to: /by/.test(lead) ? span.to : span.from, words: `${lead} ${date.text}` };
  if (lead && /after|since|from|starting/.test(lead) && date.end === null)
    return { from: lead === 'after' ? span.to : span.from, to: Infinity, words: `${lead} ${date.text}` };
  return { ...span, words: date.text };
}

const weekOf = ({ today }: Turn): Span => ({ from: at(mondayOf(today), 0), to: at(mondayOf(today) + 7, 0) });

export const overdueTasks = (turn: Turn): ContextRecord[] =>
  turn.context.recentTasks.filter((t) => isOpen(t) && (dueTime(t, turn) ?? Infinity) < turn.now).sort(byDue(turn));
const dueIn = (turn: Turn, span: Span): ContextRecord[] =>
  turn.context.recentTasks.filter((t) => isOpen(t) && inside(timeField(t, 'dueAt', turn.zone), dueTime(t, turn), span)).sort(byDue(turn));
const inside = (start: number | undefined, end: number | undefined, span: Span) =>
  start !== undefined && end !== undefined && start < span.to && end >= span.from;
export const eventsIn = (turn: Turn, span: Span): ContextRecord[] =>
  turn.context.upcomingEvents.filter((e) => overlaps(eventSpan(e, turn.zone) ?? { from: 1, to: 0 }, span)).sort(byStart(turn));

const onDevice = 'in what I can see here';
const questionWords = new Set(
  'what which show list display view see read tell give how many do did is are have has any when where who whats me i my on there am due open overdue left need needs done task todo list this next week today tomorrow day get everything anything all please things thing can you be should going to dos priority item currently now still right know want statu state progres already yet priorities high urgent low shopping grocery groceries'.split(
    ' ',
  ),
);

/** Words of the question that may name what it is about. */
const topicWords = (turn: Turn): string[] => keyWords(turn.reading.title).filter((w) => !questionWords.has(w) && w.length > 2);

/** Open, overdue, due, done tasks; by tag, project, priority or words. */
export function queryTasks(turn: Turn): Reply {
  const { reading, context } = turn;
  const q = reading.request.toLowerCase();
  if (/\bover ?due|\blate\b|past due|missed\b/.test(q)) return tasksAnswer(turn, overdueTasks(turn), 'overdue');
  if (/\b(?:done|completed?|finished|finish)\b/.test(q) && !/\bto (?:get )?(?:be )?done\b|need/.test(q))
    return tasksAnswer(
      turn,
      context.recentTasks.filter((t) => !isOpen(t)),
      'done',
    );
  const span = asked(turn);
  if (span && !/\b(?:tasks?|to-?dos?|to do|due|chores?|errands?|lists?|reminders?|need to|have to|should i|must i|get done)\b/.test(q))
    return queryEvents(turn);
  if (span) return withOverdue(turn, span, tasksAnswer(turn, dueIn(turn, span), `due ${shown(span.words)}`));
  const level = /\b(urgent|high|low|medium)(?:[ -]priority)?\b/.exec(q)?.[1] ?? (/\bimportant\b/.test(q) ? 'high' : undefined);
  if (level)
    return tasksAnswer(
      turn,
      openTasks(turn).filter((t) => text(t, 'priority') === level || (level === 'high' && text(t, 'priority') === 'urgent')),
      `open with ${level} priority`,
    );
  const tag = reading.quick.tags[0] ?? (/\b(?:shopping|grocer\w+)\b/.test(q) ? 'shopping' : undefined);
  if (tag)
    return tasksAnswer(
      turn,
      openTasks(turn).filter((t) => tagsOf(t).includes(tag)),
      `open under #${shown(tag)}`,
    );
  return byTopic(turn) ?? tasksAnswer(turn, openTasks(turn), 'open');
}

/** Who asks about now wants to know what is late as well. */
function withOverdue(turn: Turn, span: Span, reply: Reply): Reply {
  const inSpan = new Set(dueIn(turn, span).map(({ id }) => id));
  const late = span.from <= turn.now && turn.now < span.to ? overdueTasks(turn).filter(({ id }) => !inSpan.has(id)) : [];
  return late.length === 0 ? reply : { ...reply, response: `${reply.response}\n\nOverdue:\n\n${list(late.map((t) => taskLine(t, turn)))}` };
}

const openTasks = (turn: Turn) => turn.context.recentTasks.filter(isOpen).sort(byDue(turn));
const tagsOf = (task: ContextRecord): string[] => (Array.isArray(task.fields['tags']) ? task.fields['tags'].map((tag) => String(tag).toLowerCase()) : []);

function byTopic(turn: Turn): Reply | undefined {
  const topic = topicWords(turn);
  const hits =
    topic.length === 0 ? [] : turn.context.recentTasks.filter((t) => fit(topic, `${text(t, 'title')} ${text(t, 'projectId')} ${tagsOf(t).join(' ')}`) > 0);
  return hits.length > 0 ? tasksAnswer(turn, hits, `that fit "${shown(topic.join(' '), 60)}"`) : undefined;
}

function tasksAnswer(turn: Turn, tasks: readonly ContextRecord[], words: string): Reply {
  if (tasks.length === 0) return answer('task', `No tasks are ${words} ${onDevice}.`.replace('are that fit', 'that fit').replace('are open', 'are open'));
  return answer('task', `${plural(tasks.length, 'task')} ${words}:\n\n${list(tasks.map((t) => taskLine(t, turn)))}`);
}

/** Events of a stretch of time, the next one, or those that fit words; where a date is asked, tasks due then as well. */
export function queryEvents(turn: Turn): Reply {
  const span = asked(turn);
  const topic = keyWords(turn.reading.title).filter((w) => !eventQuestion.has(w) && w.length > 2);
  const pool = span ? eventsIn(turn, span) : turn.context.upcomingEvents.filter((e) => (eventSpan(e, turn.zone)?.to ?? 0) > turn.now).sort(byStart(turn));
  const fitting = topic.length === 0 ? [] : pool.filter((e) => fit(topic, `${text(e, 'title')} ${people(e).join(' ')}`) > 0);
  if (fitting.length > 0) return answer('calendar', `${plural(fitting.length, 'event')} that fit:\n\n${list(fitting.map((e) => eventLine(e, turn)))}`);
  if (/\bnext (?:meeting|event|appointment|call)\b|\bnext\s*[?.!]*$/i.test(turn.reading.request))
    return pool[0] ? answer('calendar', `Next: ${eventLine(pool[0], turn)}`) : answer('calendar', `No event lies ahead ${onDevice}.`);
  const tasks = span && Number.isFinite(span.from) ? dueIn(turn, span) : [];
  const where = span ? `${/^(?:by|before|until|till|after|since|from|up to|starting) /.test(span.words) ? '' : 'for '}${shown(span.words)}` : 'ahead';
  const events =
    pool.length === 0 ? `No events ${where} ${onDevice}.` : `${plural(pool.length, 'event')} ${where}:\n\n${list(pool.map((e) => eventLine(e, turn)))}`;
  const alsoTasks = span !== undefined && /\b(?:tasks?|to-?dos?)\b/i.test(turn.reading.request);
  const none = alsoTasks ? '\n\nNo tasks are due then.' : '';
  const due = tasks.length === 0 ? none : `\n\n${plural(tasks.length, 'task')} due:\n\n${list(tasks.map((t) => taskLine(t, turn)))}`;
  return { ...answer('calendar', events + due), agents: tasks.length > 0 || alsoTasks ? ['calendar', 'task'] : ['calendar'] };
}

const eventQuestion = new Set(
  'what which show list display view see read tell give how many long do did i is are have has any when where who whats me my on there am calendar schedule scheduled agenda plan planned event events meet meetings meeting appointment next upcoming come this week today tomorrow day weekend going go anything something can you for set up everything all please be invited attending attends joining coming how look week happen coming morning afternoon evening know want look like time start month busy year'.split(
    ' ',
  ),
);
const people = (event: ContextRecord): string[] => (Array.isArray(event.fields['attendees']) ? event.fields['attendees'].map(String) : []);

const workday = { from: 8 * 3600, to: 20 * 3600 };

/** Whether a time is free, from the events in the context. */
export function checkFree(turn: Turn): Reply {
  const span = asked(turn) ?? { from: turn.now, to: at(turn.today + 1, 0), words: 'today' };
  const bounded = { ...span, from: Math.max(span.from, -1e12), to: Math.min(span.to, span.from + 14 * 86_400) };
  const busy = eventsIn(turn, bounded).filter((e) => e.fields['allDay'] !== true);
  const whole = eventsIn(turn, bounded).filter((e) => e.fields['allDay'] === true);
  const also = whole.length > 0 ? `\n\nAll day: ${whole.map((e) => bold(text(e, 'title'))).join(', ')}.` : '';
  if (busy.length === 0) return answer('calendar', `You are free ${shown(span.words)}: no event lies there ${onDevice}.${also}`);
  if (bounded.to - bounded.from <= 3_600)
    return answer('calendar', `No. ${plural(busy.length, 'event')} ${shown(span.words)}:\n\n${list(busy.map((e) => eventLine(e, turn)))}${also}`);
  const gaps = freeGaps(turn, bounded, busy);
  const free =
    gaps.length > 0
      ? `\n\nFree: ${gaps.map((g) => `${dayWords(dayOfTime(g.from), turn.today)} ${clockWords(g.from)}–${clockWords(g.to)}`).join(', ')}.`
      : '\n\nNo gap of half an hour is left there.';
  return answer(
    'calendar',
    `Not entirely. ${plural(busy.length, 'event')} ${shown(span.words)}:\n\n${list(busy.map((e) => eventLine(e, turn)))}${free}${also}`,
  );
}

function freeGaps(turn: Turn, span: Span, busy: readonly ContextRecord[]): Span[] {
  const gaps: Span[] = [];
  const last = dayOfTime(span.to - 1);
  for (let day = dayOfTime(span.from); day <= Math.min(last, dayOfTime(span.from) + 6); day++) {
    let from = Math.max(span.from, at(day, workday.from));
    const to = Math.min(span.to, at(day, span.to - span.from <= 43_200 ? 86_400 : workday.to));
    for (const event of busy) {
      const own = eventSpan(event, turn.zone)!;
      if (own.to <= from || own.from >= to) continue;
      if (own.from - from >= 1_800) gaps.push({ from, to: own.from });
      from = Math.max(from, own.to);
    }
    if (to - from >= 1_800) gaps.push({ from, to });
  }
  return gaps.slice(0, 8);
}

/** Today at a glance. */
export function brief(turn: Turn): Reply {
  const span = asked(turn) ?? { from: at(turn.today, 0), to: at(turn.today + 1, 0), words: 'today' };
  const [events, due, late] = [eventsIn(turn, span), dueIn(turn, span).filter((t) => (dueTime(t, turn) ?? 0) >= turn.now), overdueTasks(turn)];
  const mails = unread(turn.context.emailMetadata);
  const part = (title: string, lines: string[]) => (lines.length === 0 ? '' : `**${title}**\n\n${list(lines, 10)}`);
  const name = turn.context.userProfile.displayName;
  const body = [
    part(
      'Events',
      events.map((e) => eventLine(e, turn)),
    ),
    part(
      'Due',
      due.map((t) => taskLine(t, turn)),
    ),
    part(
      'Overdue',
      late.map((t) => taskLine(t, turn)),
    ),
    mails.length > 0 ? `**Mail**\n\n- ${plural(mails.length, 'unread message')}` : '',
  ].filter(Boolean);
  const title = span.to - span.from > 2 * 86_400 ? shown(span.words) : dayWords(dayOfTime(span.from), turn.today);
  const head = `${name ? `${shown(name)}, ` : ''}${title}: ${plural(events.length, 'event')}, ${plural(due.length, 'task')} due, ${late.length} overdue.`;
  return { ...answer('calendar', [head, ...body].join('\n\n')), agents: ['calendar', 'task'] };
}

const hasLabel = (mail: ContextRecord, label: string): boolean =>
  Array.isArray(mail.fields['labels']) && mail.fields['labels'].some((l) => String(l).toLowerCase() === label);
const unread = (mails: readonly ContextRecord[]): ContextRecord[] =>
  mails.filter((m) => hasLabel(m, 'unread') || m.fields['unread'] === true || m.fields['read'] === false);

const mailQuestion = new Set(
  'what which show list display view see read tell give how many do did is are have has any when where who whats me my on there am mail mails email emails e inbox mailbox message messages new recent latest last check from unread received sent send got get today this week yesterday hour past all please can you i it been in or if to be come lately anything newest look open find search summarize summarise summary summaries overview digest check review go through inboxes sender senders people contact contacts write writes wrote emailed mailed most often frequently day days morning yet just me them'.split(
    ' ',
  ),
);

/** Mail by sender, subject, time and the unread label; metadata only. */
export function queryMail(turn: Turn): Reply {
  const mails = turn.context.emailMetadata;
  if (mails.length === 0) return answer('email', 'I see no mail here. Connect a mail account in Plugins, then ask again.');
  const span = asked(turn);
  const topic = keyWords(turn.reading.title).filter((w) => !mailQuestion.has(w) && w.length > 1);
  const wanted = (/\bunread\b/i.test(turn.reading.request) ? unread(mails) : mails)
    .filter((m) => !span || inside(timeField(m, 'receivedAt', turn.zone), timeField(m, 'receivedAt', turn.zone), span))
    .filter((m) => topic.length === 0 || fit(topic, `${text(m, 'from')} ${text(m, 'subject')}`.replace(/[@.]/g, ' ')) > 0)
    .sort((a, b) => (timeField(b, 'receivedAt', turn.zone) ?? 0) - (timeField(a, 'receivedAt', turn.zone) ?? 0));
  if (wanted.length === 0) return answer('email', `No mail fits that ${onDevice}.`);
  if (/\b(?:most|often|frequently)\b/i.test(turn.reading.request))
    return answer(
      'email',
      `Of ${plural(wanted.length, 'message')}, by sender:\n\n${list(
        groupBy(wanted, (m) => text(m, 'from')),
        10,
      )}`,
    );
  return answer(
    'email',
    `${plural(wanted.length, 'message')}:\n\n${list(wanted.map((m) => `${bold(text(m, 'subject') || '(no subject)')} · from ${shown(text(m, 'from'))} · ${whenWords(text(m, 'receivedAt'), turn.zone, turn.now)}`))}`,
  );
}

export const mailWriting = (turn: Turn): Reply =>
  answer(
    'email',
    `I cannot write or send mail from here. I can keep it as a task; say for example "Remind me to email ${shown(/\b(?:to|[Ee]-?mail|[Mm]ail) (\p{Lu}\p{L}+)/u.exec(turn.reading.request)?.[1] ?? 'Marta')} tomorrow at 9".`,
  );

const groupBy = (tasks: readonly ContextRecord[], key: (t: ContextRecord) => string): string[] => {
  const counts = new Map<string, number>();
  for (const task of tasks) counts.set(key(task), (counts.get(key(task)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${shown(name)}: ${n}`);
};

/** The figure a question asks for, by its words; the first that fits leads the answer. */
const wanted: readonly (readonly [RegExp, string])[] = [
  [/\boverdue|\blate\b/i, 'Overdue'],
  [/\bopen\b|\bleft\b|\bpending\b|\bunfinished\b/i, 'Open'],
  [/\b(?:done|complete[ds]?|finish(?:ed)?|closed?)\b/i, 'Done'],
  [/\b(?:meetings?|events?|appointments?)\b/i, 'Events this week'],
];

/** Figures from the context, and from the metrics the client sent where it sent any. Hours are not tracked, and it says so. */
export function figures(turn: Turn): Reply {
  const { context, reading, now } = turn;
  const open = context.recentTasks.filter(isOpen);
  const lines = [...taskFigures(turn), ...metricFigures(context.metrics)];
  const best = leading(reading.request, lines);
  const groups = [
    open.length > 0 ? `**Open by priority**\n\n${list(groupBy(open, (t) => text(t, 'priority') || 'medium'))}` : '',
    open.some((t) => text(t, 'projectId')) ? `**Open by project**\n\n${list(groupBy(open, (t) => text(t, 'projectId') || 'no project'))}` : '',
  ];
  const source = `From ${plural(context.recentTasks.length, 'task')} and ${plural(context.upcomingEvents.length, 'event')} I can see (${dayWords(dayOfTime(now), turn.today)}):`;
  const honest = reading.intent === 'analytics_time' ? 'Working time is not tracked here; these are the figures I have.' : source;
  const rest = lines.filter((line) => line !== best).map(([name, value]) => `${name}: ${value}`);
  return answer('analytics', [best ? `**${best[0]}: ${best[1]}**` : '', honest, list(rest), ...groups].filter(Boolean).join('\n\n'));
}

type Figure = readonly [name: string, value: string];

function taskFigures(turn: Turn): Figure[] {
  const tasks = turn.context.recentTasks;
  const open = tasks.filter(isOpen).length;
  const done = tasks.length - open;
  const week = weekOf(turn);
  const events = eventsIn(turn, week);
  const seconds = events.filter((e) => e.fields['allDay'] !== true).reduce((sum, e) => sum + (eventSpan(e, turn.zone)!.to - eventSpan(e, turn.zone)!.from), 0);
  return [
    ['Open', String(open)],
    ['Done', `${done}${tasks.length > 0 ? ` (${Math.round((done / tasks.length) * 100)} %)` : ''}`],
    ['Overdue', String(overdueTasks(turn).length)],
    ['Events this week', `${events.length}, ${Math.round(seconds / 360) / 10} hours`],
  ];
}

/** The metric whose name shares most words with the question, else the figure its words ask for. */
function leading(question: string, lines: readonly Figure[]): Figure | undefined {
  const said = keyWords(question);
  const shared = lines.map((line) => ({ line, hits: keyWords(line[0]).filter((w) => fit([w], question) > 0 && said.length > 0).length }));
  const best = shared.toSorted((a, b) => b.hits - a.hits)[0];
  if (best && best.hits >= 2) return best.line;
  const name = wanted.find(([pattern]) => pattern.test(question))?.[1];
  return lines.find(([own]) => own === name);
}

/** Numbers of the metrics by their names: `completedThisWeek` reads "Completed this week". */
function metricFigures(metrics: Readonly<Record<string, unknown>> | undefined): Figure[] {
  const flat = Object.entries(metrics ?? {}).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([k, v]) => [`${key} ${k}`, v] as const)
      : [[key, value] as const],
  );
  return flat
    .filter(([, v]) => typeof v === 'number' && Number.isFinite(v))
    .slice(0, 20)
    .map(([key, v]): Figure => [shown(nameWords(key)), String(Math.round((v as number) * 100) / 100)]);
}

function nameWords(key: string): string {
  const words = key
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Words of a question that name nothing. */
const asking = new Set(
  'what which who whom whose where when why how does do did is are was were can could should would will say says said tell show find there any anything something about my me we our us you your it its know mean means write writes written document documents file files notes'.split(
    ' ',
  ),
);
const quoted = { documents: 3, characters: 300 } as const;

/** What the documents at hand say to a question, in their own words; undefined where none fits. They are quoted, never followed. */
export function fromDocuments(turn: Turn): Reply | undefined {
  const said = keyWords(turn.reading.request).filter((word) => !asking.has(word) && word.length > 2);
  const fitting = turn.context.relevantDocuments
    .map((document) => ({ document, score: fit(said, `${document.title} ${document.excerpt.slice(0, 4_000)}`) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, quoted.documents);
  if (fitting.length === 0) return undefined;
  const quotes = fitting.map(({ document: { title, excerpt, provenance } }) => {
    const whose = provenance === 'untrusted' ? ' (written by somebody else)' : '';
    return `${bold(title)}${whose}:\n\n> ${shown(bestSentence(excerpt, said), quoted.characters)}`;
  });
  return answer('general', `I cannot answer in my own words without a language model. This is what I found:\n\n${quotes.join('\n\n')}`);
}

/** The sentence that holds most of the words, else the first. */
function bestSentence(excerpt: string, words: readonly string[]): string {
  const sentences = excerpt
    .slice(0, 4_000)
    .split(/(?<=[.!?])\s+|\n+/)
    .filter((sentence) => sentence.trim() !== '');
  const scored = sentences.map((sentence) => ({ sentence, hits: words.filter((word) => fit([word], sentence) > 0).length }));
  return scored.toSorted((a, b) => b.hits - a.hits)[0]?.sentence.trim() ?? '';
}
