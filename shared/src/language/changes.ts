import type { ContextRecord } from '../contracts/chat.ts';
import type { PlanStep } from '../contracts/plan.ts';
import { priority as priorities, type Fields, type Priority } from '../contracts/records.ts';
import { at, dayOfTime, isoDate, secondsOfDay, weekdayOf } from './civil.ts';
import { conflicts } from './capture.ts';
import { shiftTime } from './date-days.ts';
import { duration } from './date-numbers.ts';
import { fold } from './dates.ts';
import { keyWords, matchRecord, type Match } from './matching.ts';
import { sentence, tidy, titleOf } from './titles.ts';
import { answer, eventSpan, isOpen, overlaps, text, timeField, together, windowOf, type Reply, type Turn } from './turn.ts';
import { bold, list, plural, repeatWords, shown, stretchWords, whenWords } from './wording.ts';
import { isoTime, readIso } from './zone.ts';

type Kind = 'task' | 'event';
interface Target {
  kind: Kind;
  record: ContextRecord;
}

const kindOf = (record: ContextRecord): Kind => (record.fields['startAt'] === undefined ? 'task' : 'event');
const nameOf = (record: ContextRecord): string => text(record, 'title');

function line(record: ContextRecord, { zone, now }: Turn): string {
  if (kindOf(record) === 'event') return `${bold(nameOf(record))} · ${stretchWords(text(record, 'startAt'), text(record, 'endAt'), zone, now)}`;
  const due = text(record, 'dueAt');
  return `${bold(nameOf(record))}${due ? ` · due ${whenWords(due, zone, now)}` : ''}${isOpen(record) ? '' : ' · done'}`;
}

/** The record a request is about, or the question to ask instead. Nothing is guessed: several that fit are listed. */
function target(turn: Turn, name: string, verb: string, pool: readonly ContextRecord[]): Target | Reply {
  const agent = turn.reading.agent === 'calendar' ? 'calendar' : 'task';
  const match = matchIn(turn, name, pool);
  if (match.kind === 'one') return { kind: kindOf(match.record), record: match.record };
  if (match.kind === 'many')
    return answer(
      agent,
      `Several fit "${shown(name, 80)}". Which one do you want to ${verb}?\n\n${list(match.records.map((r) => line(r, turn)))}\n\nNothing was changed.`,
    );
  return answer(agent, `I found no task or event that fits "${shown(name, 80)}" in what I can see here, so nothing was changed.`);
}

/** What stands for the record that was talked about last. */
const pronoun = /^(?:it|this|that|them|(?:this|that) (?:one|task|event|meeting|appointment|reminder|item))$/i;

/** Like `matchRecord`, but that "it" means the record in focus. */
export function matchIn({ focus }: Turn, name: string, records: readonly ContextRecord[]): Match {
  return focus && pronoun.test(name.trim()) && records.some(({ id }) => id === focus.id) ? { kind: 'one', record: focus } : matchRecord(name, records);
}

/** Several records named in one breath ("the invoice and the taxes"), where each name means just one of its own. */
function several(turn: Turn, names: string, records: readonly ContextRecord[]): Target[] | undefined {
  const pieces = names.replace(/^(?:both|all of|all)\s+/i, '').split(/\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*/i);
  const found = pieces.map((piece) => matchIn(turn, clean(piece), records));
  const named = found.flatMap((match) => (match.kind === 'one' ? [match.record] : []));
  const each = named.length === pieces.length && new Set(named.map(({ id }) => id)).size === named.length;
  return pieces.length > 1 && each ? named.map((record) => ({ kind: kindOf(record), record })) : undefined;
}

const isReply = (value: Target | Reply): value is Reply => 'response' in value;
const pool = ({ context }: Turn): ContextRecord[] => [...context.recentTasks, ...context.upcomingEvents];

function update(turn: Turn, { kind, record }: Target, fields: Fields, what: string, why: string): Reply {
  const step: PlanStep = {
    action: 'update_record',
    params: { type: kind, id: record.id, fields },
    explain: `${what}, because you asked for it: ${why}`.slice(0, 900),
  };
  const hint = kind === 'event' && fields['startAt'] ? conflicts(turn, { ...step, params: { fields: { ...record.fields, ...fields } } }, record.id) : '';
  return {
    agents: [kind === 'event' ? 'calendar' : 'task'],
    response: `I will change ${bold(nameOf(record))} when you approve: ${shown(what, 300)}.${hint}`,
    steps: [step],
    title: `Change ${kind}: ${nameOf(record)}`.slice(0, 200),
  };
}

/** Reads the new values a request names, beside the target's name. */
interface Wanted {
  name: string;
  rename?: string;
  priority?: Priority;
  addTags?: string[];
  project?: string;
  location?: string;
  shift?: { words: string; sign: 1 | -1 };
  /** Of its end alone. */
  stretch?: true;
  /** To the date in the request. */
  move?: true;
  /** As often as the request says. */
  repeat?: true;
}

const levelWords = `(${priorities.options.join('|')}|top|important|critical|normal)`;
const levels: Readonly<Record<string, Priority>> = {
  low: 'low',
  medium: 'medium',
  normal: 'medium',
  high: 'high',
  important: 'high',
  urgent: 'urgent',
  top: 'urgent',
  critical: 'urgent',
};
const c = (source: string) => new RegExp(source, 'i');
const the = String.raw`(?:(?:the|my) )?(?:(?:task|event|to-?do|item|meeting called) )?`;

/** The ways to say a change: pattern, and how its groups are read. */
const forms: readonly (readonly [RegExp, (g: string[]) => Wanted])[] = [
  [
    c(
      String.raw`^(?:change|set|move|update|put|push|shift) (?:the )?(?:due date|due time|deadline|due|date|day|time|start|start time) (?:of|for|on) ${the}(.+?) (?:back )?(?:to|for|on|at|until|till) .+$`,
    ),
    ([, name]) => ({ name: name!, move: true }),
  ],
  [c(String.raw`^(?:make|mark|set) ${the}(.+?) due (?:on |by |at )?.+$`), ([, name]) => ({ name: name!, move: true })],
  [
    c(
      String.raw`^(?:the |my |our )?(.+?) (?:has |have )?(?:been |was |were |is |got |just )*(?:moved|rescheduled|postponed|shifted|pushed(?: back)?|brought forward) (?:to|until|till|from .+ to) .+$`,
    ),
    ([, name]) => ({ name: name!, move: true }),
  ],
  [c(String.raw`^(?:make|let|have|set) ${the}(.+?) (?:to )?(?:repeat(?:ing)?|recur(?:ring)?)\b.*$`), ([, name]) => ({ name: name!, repeat: true })],
  [c(String.raw`^(?:rename|retitle) ${the}(.+?) (?:to|as|into) (.+)$`), ([, name, to]) => ({ name: name!, rename: to! })],
  [c(String.raw`^(?:change|update|edit|set) (?:the )?(?:title|name) of ${the}(.+?) to (.+)$`), ([, name, to]) => ({ name: name!, rename: to! })],
  [
    c(String.raw`^(?:set|change|update|raise|lower|put|bump) (?:the )?priority (?:of|for|on) ${the}(.+?) (?:to|as|at) ${levelWords}(?: priority)?$`),
    ([, name, p]) => ({ name: name!, priority: levels[p!.toLowerCase()]! }),
  ],
  [
    c(String.raw`^(?:make|mark|set|flag|change|update|bump) ${the}(.+?) (?:as |to |is )?(?:an? )?${levelWords}(?:[ -]priority)?$`),
    ([, name, p]) => ({ name: name!, priority: levels[p!.toLowerCase()]! }),
  ],
  [c(String.raw`^prioriti[sz]e ${the}(.+)$`), ([, name]) => ({ name: name!, priority: 'high' })],
  [c(String.raw`^(?:tag|label) ${the}(.+?) (?:with|as) #?([\p{L}\w-]+)$`.replace('\\p{L}', 'a-z')), ([, name, tag]) => ({ name: name!, addTags: [tag!] })],
  [c(String.raw`^add (?:the )?(?:tag|label) #?([\w-]+) to ${the}(.+)$`), ([, tag, name]) => ({ name: name!, addTags: [tag!] })],
  [
    c(String.raw`^(?:change|update|set|move) (?:the )?(?:location|place|venue) (?:of|for) ${the}(.+?) to (.+)$`),
    ([, name, to]) => ({ name: name!, location: to! }),
  ],
  [c(String.raw`^(?:move|assign|put) ${the}(.+?) (?:to|into|in) (?:the )?project (.+)$`), ([, name, to]) => ({ name: name!, project: to! })],
  [
    c(String.raw`^(extend|lengthen|prolong|shorten|cut) ${the}(.+?) by (.+)$`),
    ([, verb, name, by]) => ({ name: name!, shift: { words: by!, sign: /^(?:shorten|cut)$/i.test(verb!) ? -1 : 1 }, stretch: true }),
  ],
  [
    c(String.raw`^(?:push|move|shift|delay|postpone|snooze|put off) ${the}(.+?) (?:back |off |out )?by (.+)$`),
    ([, name, by]) => ({ name: name!, shift: { words: by!, sign: 1 } }),
  ],
  [c(String.raw`^(?:push|move|shift|put) ${the}(.+?) (?:back|later|out) (?:by )?(.+)$`), ([, name, by]) => ({ name: name!, shift: { words: by!, sign: 1 } })],
  [
    c(String.raw`^(?:delay|postpone|snooze) ${the}(.+?) (?:for )?((?:an?|\d+|one|two|three|four|five) (?:minute|hour|day|week|month)s?)$`),
    ([, name, by]) => ({ name: name!, shift: { words: by!, sign: 1 } }),
  ],
  [c(String.raw`^(?:bring|move|pull) ${the}(.+?) (?:forward|earlier|up) (?:by )?(.+)$`), ([, name, by]) => ({ name: name!, shift: { words: by!, sign: -1 } })],
  [c(String.raw`^(?:bring|move|pull) (?:forward|up) ${the}(.+?) by (.+)$`), ([, name, by]) => ({ name: name!, shift: { words: by!, sign: -1 } })],
];

const clean = (words: string): string => tidy(words.replace(/^(?:the|my)\s+/i, '').replace(/^["'“](.+)["'”]$/, '$1'));

/** Whether a request has the form of a change and names a record at hand, whatever else it sounds like. */
export function namesChange(turn: Turn): boolean {
  const request = turn.reading.request.replace(/[.!\s]+$/, '');
  for (const [pattern, read] of forms) {
    const found = pattern.exec(request);
    if (found) return matchIn(turn, clean(read(found as unknown as string[]).name), pool(turn)).kind !== 'none';
  }
  return false;
}

/** Changes one task or event: title, priority, tags, project, place, or its time. */
export function change(turn: Turn): Reply {
  const request = turn.reading.request.replace(/[.!\s]+$/, '');
  for (const [pattern, read] of forms) {
    const found = pattern.exec(request);
    if (found) return changeFields(turn, read(found as unknown as string[]));
  }
  return turn.reading.when.length > 0 ? moveTo(turn) : askChange(turn, turn.reading.title);
}

const askChange = ({ reading }: Turn, name: string): Reply =>
  answer(
    reading.agent,
    `What should change about ${bold(name)}? For example: "move it to Friday 3pm", "make it urgent", "rename it to …". Nothing was changed.`,
  );

function repeat(turn: Turn, goal: Target): Reply {
  const { recurrence } = turn.reading.found;
  if (!recurrence) return answer(turn.reading.agent, `How often should ${bold(nameOf(goal.record))} repeat? For example "every Monday". Nothing was changed.`);
  return update(turn, goal, { recurrence }, `repeats ${repeatWords(recurrence)}`, 'the repetition is from your words.');
}

function changeFields(turn: Turn, wanted: Wanted): Reply {
  const goal = target(turn, clean(wanted.name), 'change', pool(turn));
  if (isReply(goal)) return goal;
  const { record, kind } = goal;
  if (wanted.move) return turn.reading.when.length > 0 ? moved(turn, goal) : askChange(turn, nameOf(record));
  if (wanted.repeat) return repeat(turn, goal);
  if (wanted.rename !== undefined)
    return update(
      turn,
      goal,
      { title: sentence(clean(wanted.rename)).slice(0, 300) },
      `rename "${nameOf(record)}" to "${sentence(clean(wanted.rename))}"`,
      'both names are from your words.',
    );
  if (wanted.priority)
    return kind === 'task'
      ? update(
          turn,
          goal,
          { priority: wanted.priority },
          `priority ${text(record, 'priority') || 'medium'} → ${wanted.priority}`,
          'the priority is from your words.',
        )
      : answer('calendar', 'Events have no priority here. Nothing was changed.');
  if (wanted.addTags)
    return kind === 'task'
      ? update(
          turn,
          goal,
          { tags: [...new Set([...((record.fields['tags'] as string[] | undefined) ?? []), ...wanted.addTags])].slice(0, 50) },
          `add the tag ${wanted.addTags.join(', ')}`,
          'the tag is from your words.',
        )
      : answer('calendar', 'Events have no tags here. Nothing was changed.');
  if (wanted.project)
    return kind === 'task'
      ? update(turn, goal, { projectId: clean(wanted.project) }, `project → ${clean(wanted.project)}`, 'the project is from your words.')
      : answer('calendar', 'Events have no project here. Nothing was changed.');
  if (wanted.location)
    return kind === 'event'
      ? update(turn, goal, { location: clean(wanted.location).slice(0, 500) }, `place → ${clean(wanted.location)}`, 'the place is from your words.')
      : answer('task', 'Tasks have no place here. Nothing was changed.');
  return wanted.shift ? shiftBy(turn, goal, wanted) : answer(turn.reading.agent, 'Nothing was changed.');
}

function shiftBy(turn: Turn, goal: Target, { shift, stretch }: Wanted): Reply {
  const { words, sign } = shift!;
  const by = duration({ text: fold(words), now: turn.now, today: turn.today, local: (iso) => readIso(turn.zone, iso) }, 0)?.value;
  const fields = goal.kind === 'task' ? ['dueAt'] : stretch ? ['endAt'] : ['startAt', 'endAt'];
  const start = timeField(goal.record, 'startAt', turn.zone);
  const old = fields.map((f) => text(goal.record, f));
  if (!by || old.some((value) => value === ''))
    return answer(turn.reading.agent, `${bold(nameOf(goal.record))} has no time that could be moved by "${shown(words, 60)}". Nothing was changed.`);
  const moved = old.map((value) => {
    const wall = shiftTime(readIso(turn.zone, value)!, by, sign);
    return value.includes('T') || by.seconds ? isoTime(turn.zone, wall) : isoDate(dayOfTime(wall));
  });
  if (stretch && start !== undefined && readIso(turn.zone, moved[0]!)! <= start)
    return answer('calendar', `${bold(nameOf(goal.record))} is shorter than that. Nothing was changed.`);
  return update(
    turn,
    goal,
    Object.fromEntries(fields.map((f, i) => [f, moved[i]])),
    `${whenWords(old[0]!, turn.zone, turn.now)} → ${whenWords(moved[0]!, turn.zone, turn.now)}`,
    `the shift is from "${words}".`,
  );
}

function moveTo(turn: Turn): Reply {
  const { reading } = turn;
  const date = reading.when.at(-1)!;
  const name = clean(
    titleOf(reading.text, reading.intent, reading.quick, [{ from: cutBefore(reading.text, date.from), to: date.to }]).replace(
      /\s+(?:to|from|until|for|on|at)$/i,
      '',
    ),
  );
  const goal = target(turn, name, 'move', pool(turn));
  return isReply(goal) ? goal : moved(turn, goal);
}

/** Moves to the date in the request: what is left unsaid, the day or the time of day, stays as it was. */
function moved(turn: Turn, goal: Target): Reply {
  const { reading, zone, now } = turn;
  const date = reading.when.at(-1)!;
  const { record, kind } = goal;
  const old = timeField(record, kind === 'event' ? 'startAt' : 'dueAt', zone);
  const hadTime = text(record, kind === 'event' ? 'startAt' : 'dueAt').includes('T');
  const start = readIso(zone, date.start)!;
  const timed = date.start.includes('T');
  const onDay = date.kind === 'time' && old !== undefined ? at(dayOfTime(old), secondsOfDay(start)) : start;
  const day = date.grain === 'week' && old !== undefined ? dayOfTime(start) + weekdayOf(dayOfTime(old)) - 1 : dayOfTime(start);
  const wall = !timed && old !== undefined ? at(day, hadTime ? secondsOfDay(old) : 0) : onDay;
  const withTime = timed || hadTime;
  const value = withTime ? isoTime(zone, wall) : isoDate(dayOfTime(wall));
  const why = `the new time is from "${date.text}"${!timed && hadTime ? ', the time of day stays' : ''}.`;
  if (kind === 'task')
    return update(
      turn,
      goal,
      { dueAt: value },
      `due ${text(record, 'dueAt') ? `${whenWords(text(record, 'dueAt'), zone, now)} → ` : ''}${whenWords(value, zone, now)}`,
      why,
    );
  return update(
    turn,
    goal,
    movedEvent(turn, record, wall, withTime, date.kind.endsWith('range') ? date.end : null),
    `${stretchWords(text(record, 'startAt'), text(record, 'endAt'), zone, now)} → ${whenWords(value, zone, now)}`,
    why,
  );
}

const cutBefore = (words: string, from: number): number => from - (/\s*\b(?:(?:to|until|for|on|at|by)\s+)*$/i.exec(words.slice(0, from))?.[0].length ?? 0);

/** The length of the event stays, unless a new end was given; a whole-day event that gets a time becomes one hour. */
function movedEvent(turn: Turn, record: ContextRecord, wall: number, withTime: boolean, newEnd: string | null): Fields {
  const { zone } = turn;
  const span = eventSpan(record, zone);
  const allDay = record.fields['allDay'] === true || !text(record, 'startAt').includes('T');
  const length = span ? span.to - span.from : 3_600;
  if (!withTime) return { startAt: isoDate(dayOfTime(wall)), endAt: isoDate(dayOfTime(wall + length)) };
  const end = newEnd?.includes('T') ? readIso(zone, newEnd)! : wall + (allDay ? 3_600 : length);
  return { startAt: isoTime(zone, wall), endAt: isoTime(zone, end), ...(allDay && { allDay: false }) };
}

/** Marks a task as done, or open again. */
export function setStatus(turn: Turn, status: 'done' | 'open'): Reply {
  const verb = status === 'done' ? 'mark as done' : 'open again';
  const fitting = turn.context.recentTasks.filter((task) => isOpen(task) === (status === 'done'));
  const many = status === 'done' && /\b(?:all|every|everything)\b/i.test(turn.reading.request) ? meantByAll(turn, fitting) : undefined;
  const all = many?.map((record): Target => ({ kind: 'task', record })) ?? several(turn, turn.reading.title, fitting);
  if (all?.length === 0) return answer('task', 'There is nothing that fits in what I can see here, so nothing was changed.');
  if (all) return together(all.map((goal) => statusOf(turn, goal, status)));
  const goal = target(turn, clean(turn.reading.title), verb, fitting);
  return isReply(goal) ? goal : statusOf(turn, goal, status);
}

/** Most records that one request changes. */
const mostAtOnce = 50;

/** Tasks that "all" means: those that are late, those of a day, or every one; undefined where other words say which. */
function meantByAll(turn: Turn, tasks: readonly ContextRecord[]): ContextRecord[] | undefined {
  const { reading, now } = turn;
  const rest = keyWords(reading.title).filter(
    (word) => !/^(?:all|every|everyth|everything|open|over|overdue|late|due|task|tasks|of|today|tomorrow)$/.test(word),
  );
  if (rest.length > 0) return undefined;
  const date = reading.when[0];
  const span = date && windowOf(date, turn.zone);
  const late = /\b(?:over ?due|late)\b/i.test(reading.request);
  const fits = (task: ContextRecord) => {
    const due = dueSpan(task, turn);
    return (!late || (due !== undefined && due.to < now)) && (!span || (due !== undefined && overlaps(due, span)));
  };
  return tasks.filter(fits).slice(0, mostAtOnce);
}

const statusOf = (turn: Turn, goal: Target, status: 'done' | 'open'): Reply =>
  update(
    turn,
    goal,
    { status },
    status === 'done' ? 'mark as done' : 'mark as open again',
    `you named "${clean(turn.reading.title)}", which fits "${nameOf(goal.record)}".`,
  );

const everything = /\b(?:all|every|everything|entire|whole|clear|empty|wipe)\b/i;

/** Removes one task or event, or with "all" those of a stretch of time. */
export function remove(turn: Turn): Reply {
  const { reading } = turn;
  if (everything.test(reading.request)) return removeAll(turn);
  const all = several(turn, reading.title, pool(turn));
  if (all)
    return removal(
      turn,
      all.map(({ record }) => record),
      `you named "${clean(reading.title)}".`,
    );
  const kinds =
    reading.agent === 'calendar' ? [turn.context.upcomingEvents, turn.context.recentTasks] : [turn.context.recentTasks, turn.context.upcomingEvents];
  const first = target(turn, clean(reading.title), 'delete', onDay(turn, kinds[0]!));
  const goal =
    isReply(first) && matchIn(turn, clean(reading.title), onDay(turn, kinds[0]!)).kind === 'none'
      ? target(turn, clean(reading.title), 'delete', onDay(turn, kinds[1]!))
      : first;
  return isReply(goal) ? goal : removal(turn, [goal.record], `you named "${clean(reading.title)}", which fits "${nameOf(goal.record)}".`);
}

/** A date in the request narrows what may be meant, where anything lies on it. */
function onDay(turn: Turn, records: readonly ContextRecord[]): readonly ContextRecord[] {
  const date = turn.reading.when[0];
  if (!date) return records;
  const span = windowOf(date, turn.zone);
  const within = records.filter((r) => {
    const own = kindOf(r) === 'event' ? eventSpan(r, turn.zone) : dueSpan(r, turn);
    return own !== undefined && overlaps(own, span);
  });
  return within.length > 0 ? within : records;
}

function dueSpan(record: ContextRecord, turn: Turn) {
  const due = timeField(record, 'dueAt', turn.zone);
  return due === undefined ? undefined : { from: due, to: due + (text(record, 'dueAt').includes('T') ? 60 : 86_400) };
}

function removeAll(turn: Turn): Reply {
  const { reading, context, zone } = turn;
  const events = reading.agent === 'calendar';
  const date = reading.when[0];
  const span = date ? windowOf(date, zone) : undefined;
  const onlyDone = /\b(?:done|completed|finished)\b/i.test(reading.request);
  const all = (events ? context.upcomingEvents : context.recentTasks).filter((r) => {
    const own = events ? eventSpan(r, zone) : dueSpan(r, turn);
    return (!span || (own !== undefined && overlaps(own, span))) && (events || !onlyDone || !isOpen(r));
  });
  if (all.length === 0) return answer(reading.agent, 'There is nothing that fits in what I can see here, so nothing was changed.');
  if (all.length > 50) return answer(reading.agent, `That would delete ${all.length} records, more than one plan may hold. Name a shorter time.`);
  return removal(turn, all, `you asked for all of them${date ? ` of "${date.text}"` : ''}.`);
}

function removal(turn: Turn, records: readonly ContextRecord[], why: string): Reply {
  const steps = records.map((record): PlanStep => ({
    action: 'delete_record',
    params: { type: kindOf(record), id: record.id },
    explain: `Delete the ${kindOf(record)} "${nameOf(record)}", because ${why}`.slice(0, 900),
  }));
  const kinds = [...new Set(records.map(kindOf))];
  const kind = kinds.length > 1 ? 'record' : kinds[0]!;
  const lead = records.length === 1 ? `I will delete this ${kind} when you approve:` : `I will delete ${plural(records.length, kind)} when you approve:`;
  return {
    agents: kinds.map((each) => (each === 'event' ? 'calendar' : 'task')),
    response: `${lead}\n\n${list(
      records.map((r) => line(r, turn)),
      50,
    )}\n\nIt can be undone.`,
    steps,
    title: (records.length === 1 ? `Delete ${kind}: ${nameOf(records[0]!)}` : `Delete ${plural(records.length, kind)}`).slice(0, 200),
  };
}
