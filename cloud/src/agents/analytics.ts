import { z } from 'zod';
import { bold, list, plural, shown } from '@adiuva/shared/language/wording.ts';
import type { Agent } from './agents.ts';
import { momentOf, zoneOf } from './context-view.ts';
import { isoDay, periodIn, periods, periodWords, spanBefore, spanOf, type Period } from './days.ts';
import { figuresOf, metricTrends, reachOf, trend, type Figures, type Reach, type Trend } from './figures.ts';
import type { Span } from './occurrences.ts';
import { explain, noteTools, propose } from './record-tools.ts';
import { tool, type ToolTurn } from './tool.ts';

const getMetrics = tool({
  name: 'get_metrics',
  description: 'Figures the device counted over everything it holds; empty where it sent none.',
  parameters: z.strictObject({ names: z.array(z.string().max(100)).max(50).optional() }),
  run({ names }, { context }) {
    const all = Object.entries(context.metrics ?? {});
    const metrics = Object.fromEntries(names ? all.filter(([name]) => names.includes(name)) : all);
    return { summary: `Read ${Object.keys(metrics).length} figures`, result: { metrics } };
  },
});

const summarizePeriod = tool({
  name: 'summarize_period',
  description: 'Counts over the tasks, events and messages of this request in a span (from inclusive, before exclusive; each record once without them).',
  parameters: z.strictObject({ from: z.string().optional(), before: z.string().optional() }),
  async run({ from, before }, { context, now }) {
    const zone = zoneOf(context);
    const start = from === undefined ? now - yearMs : momentOf(from, zone);
    const end = before === undefined ? now + yearMs : momentOf(before, zone);
    const span = from === undefined && before === undefined ? undefined : { start, end };
    return { summary: 'Counted tasks, events and mail', result: await figuresOf(context, now, span) };
  },
});
const yearMs = 366 * 86_400_000;

/** Where the data do not reach, said in words: a nought there would be a lie. */
function gapsOf(span: Span, { context, now }: ToolTurn): string[] {
  const zone = zoneOf(context);
  const { tasks, events, emails } = reachOf(context);
  const missing = (reach: Span | undefined, what: string) =>
    reach === undefined ? [`no ${what} at all`] : reach.start > span.start && span.start < now ? [`${what} only from ${isoDay(reach.start, zone)} on`] : [];
  return [...missing(tasks, 'tasks with a date'), ...missing(events, 'events'), ...missing(emails, 'mail')];
}

const honest = (gaps: readonly string[]): string =>
  [
    `Counted over what your device sent along${gaps.length > 0 ? `, which holds ${gaps.join(', ')}` : ''}.`,
    'When a task was completed is not among it: done tasks count by their due date.',
  ].join(' ');

const comparedFigures: readonly (readonly [name: string, kind: keyof Reach, of: (figures: Figures) => number])[] = [
  ['Tasks due', 'tasks', ({ tasks }) => tasks.all],
  ['Tasks done', 'tasks', ({ tasks }) => tasks.done],
  ['Events', 'events', ({ events }) => events.all],
  ['Hours in events', 'events', ({ events }) => events.hours],
  ['Messages', 'emails', ({ emails }) => emails.all],
];

/** Figures of a period and how they differ from the one before it; only kinds whose data reach back so far are compared. */
async function compared(period: Period, turn: ToolTurn): Promise<{ figures: Figures; trends: Trend[]; span: Span }> {
  const zone = zoneOf(turn.context);
  const [span, earlier] = [spanOf(period, turn.now, zone), spanBefore(period, turn.now, zone)];
  const [figures, before] = [await figuresOf(turn.context, turn.now, span), await figuresOf(turn.context, turn.now, earlier)];
  const reach = reachOf(turn.context);
  const trends = comparedFigures
    .filter(([, kind]) => (reach[kind]?.start ?? Infinity) <= earlier.start)
    .filter(([, , of]) => of(before) + of(figures) > 0)
    .map(([name, , of]) => trend(name, of(before), of(figures)));
  return { figures, trends, span };
}

const trendLine = ({ name, before, now, change, direction }: Trend): string =>
  direction === 'same' ? `${shown(name)}: ${now}, as before` : `${shown(name)}: ${now}, ${direction} from ${before} (${change > 0 ? '+' : ''}${change})`;

const period = z.enum(periods);

const reportPeriod = tool({
  name: 'report_period',
  description:
    'A report on a period: tasks due, done and overdue, events and their hours, conflicts, mail and its senders, and how they compare with the period before.',
  parameters: z.strictObject({ period: period.default('this_week') }),
  answers: (message) => (asksForReport.test(message.trim()) ? { period: periodIn(message) ?? 'this_week' } : undefined),
  async run({ period: named }, turn) {
    const { figures, trends, span } = await compared(named, turn);
    const zone = zoneOf(turn.context);
    const { tasks, events, emails } = figures;
    const lines = [
      `${plural(tasks.all, 'task')} due: ${tasks.done} done, ${tasks.open} open, ${tasks.overdue} overdue`,
      [
        `${plural(events.all, 'event')}, ${events.hours} hours`,
        ...(events.allDay > 0 ? [`${events.allDay} all day`] : []),
        ...(events.conflicts > 0 ? [plural(events.conflicts, 'conflict')] : []),
      ].join(', '),
      `${plural(emails.all, 'message')}${
        emails.senders.length > 0
          ? `, most from ${emails.senders
              .slice(0, 3)
              .map(([name, count]) => `${shown(name)} (${count})`)
              .join(', ')}`
          : ''
      }`,
    ];
    const words = [
      `**Report on ${periodWords(named)}, ${isoDay(span.start, zone)} to ${isoDay(span.end - 1, zone)}**\n\n${list(lines)}`,
      trends.length > 0 ? `Beside the period before:\n\n${list(trends.map(trendLine))}` : '',
      honest(gapsOf(span, turn)),
    ];
    return { summary: `Counted ${periodWords(named)}`, result: { period: named, ...figures, trends, words: words.filter(Boolean).join('\n\n') } };
  },
});
const kindOfReport = String.raw`(?:(?:weekly|monthly|daily|status|productivity|activity|(?:this |last )?(?:week|month)'?s) )`;
const spanOfReport = String.raw`(?: (?:on|of|for|about|from))?(?: (?:my |the )?(?:week|month|day|today|yesterday|(?:this|last) (?:week|month)|last 7 days))`;
/** For me, or of a kind, or of a span: to write a report without all that is work of the user, not a question. */
const asksForReport = new RegExp(
  String.raw`^(?:please |can you |could you )?(?:${[
    String.raw`(?:give|show|make|create|prepare|generate|write) me (?:a |an |my |the )?(?:short |quick |full )?${kindOfReport}?(?:report|review)${spanOfReport}?`,
    String.raw`(?:(?:show|generate|run|i need|i want|i'd like) )?(?:a |an |my |the )?(?:short |quick |full )?${kindOfReport}(?:report|review)${spanOfReport}?`,
    String.raw`(?:(?:show|generate|run|i need|i want|i'd like) )?(?:a |my |the )?(?:report|review)${spanOfReport}`,
  ].join('|')})(?: please)?[\s.?!]*$`,
  'i',
);

const findTrends = tool({
  name: 'find_trends',
  description: 'How figures develop: a period beside the one before it, and every series or pair of values among the figures the device counted.',
  parameters: z.strictObject({ period: period.default('this_week') }),
  answers: (message) => (asksForTrends.test(message) ? ({ period: /\bmonth/i.test(message) ? 'this_month' : 'this_week' } as const) : undefined),
  async run({ period: named }, turn) {
    const { trends, span } = await compared(named, turn);
    const counted = metricTrends(turn.context.metrics);
    const words = [
      trends.length > 0
        ? `${bold(periodWords(named))} beside the period before:\n\n${list(trends.map(trendLine))}`
        : `Nothing of ${periodWords(named)} can be compared with the period before.`,
      counted.length > 0 ? `Counted by your device:\n\n${list(counted.map(trendLine))}` : '',
      honest(gapsOf(span, turn)),
    ];
    return { summary: `Compared ${plural(trends.length + counted.length, 'figure')}`, result: { trends, counted, words: words.filter(Boolean).join('\n\n') } };
  },
});
const asksForTrends =
  /^(?:please |can you |could you )?(?:what|show|find|any|tell|are there|is there|how)\b.{0,40}\btrends?\b|\bweek over week\b|^(?:please )?(?:compare|how does)\b.{0,40}\b(?:this|last) (?:week|month)\b.{0,30}\b(?:with|to|and|against|compare)\b/i;

const saveReport = tool({
  name: 'save_report',
  description: 'Proposes to keep a report as a note.',
  effect: 'adds',
  parameters: z.strictObject({ title: z.string().trim().min(1).max(1_000), body: z.string().max(100_000), explain }),
  run: ({ title, body, explain: why }, turn) =>
    propose(turn, 'create_record', { type: 'note', fields: { title, body, tags: ['report'] } }, why || 'You asked to keep this report.'),
});

export const analytics: Agent = {
  name: 'analytics',
  description: 'Figures about tasks, time and mail: how many, how long, how it develops; reports.',
  skills: ['count and compare', 'find what is overdue', 'report on a period', 'find trends', 'keep reports'],
  thinking: 'Counting',
  instructions: 'agent.analytics',
  tools: [getMetrics, summarizePeriod, reportPeriod, findTrends, saveReport, ...noteTools],
};
