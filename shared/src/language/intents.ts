import type { AgentName } from '../contracts/chat.ts';

/** What a text asks for. A closed set: every one has a row in {@link intentRules} or is an agent's fallback. */
export type Intent =
  | 'create_task'
  | 'create_reminder'
  | 'create_note'
  | 'create_project'
  | 'query_tasks'
  | 'update_task'
  | 'complete_task'
  | 'reopen_task'
  | 'delete_task'
  | 'create_event'
  | 'query_events'
  | 'check_free'
  | 'update_event'
  | 'delete_event'
  | 'email_query'
  | 'email_compose'
  | 'email_contact'
  | 'analytics_summary'
  | 'analytics_count'
  | 'analytics_time'
  | 'analytics_trend'
  | 'daily_brief'
  | 'help'
  | 'greeting'
  | 'general'
  | 'unknown';

/** Politeness and names of assistants in front of a request. */
export const courtesy =
  /^(?:\s*(?:hey|hi|hello|good (?:morning|afternoon|evening)|ok|okay|so|well|um|uh|please|pls|kindly|olly|alexa|siri|google|adiuva|assistant|computer|cortana|and|then|also|now|just|yes|yeah)[\s,!.:]+){0,5}(?:(?:can|could|would|will) you (?:please |kindly |just |help me |help me to |go ahead and )?|(?:i want|i'd like|i would like|i need|id like) you to |(?:please|kindly) |(?:i want|i need|i'd like|i would like|id like|i wanna|wanna|i have|i've got|i must|let'?s|help me(?: to)?) to (?=add|create|make|set|put|schedule|remind|move|delete|remove|mark|cancel|note|book|rename|change|know|see|plan|reschedule)|(?:help me|let'?s) (?=add|create|make|set|schedule|plan|book|move)|go ahead and )?(?:please |kindly )?/i;

const c = (source: string) => new RegExp(source, 'i');
const eventNoun = String.raw`(?:events?|meetings?|appointments?|appts?|calls?|calendar|schedule|agenda|invites?|bookings?|sessions?|interviews?|1:1s?|one-on-ones?|lunch|dinner|breakfast|brunch)`;

const dailyBrief = c(
  String.raw`\b(?:daily|morning|evening|day|quick|today'?s) (?:brief|briefing|summary|overview|rundown|digest)\b|^brief me\b|\b(?:brief|catch) me up\b|\bwhat(?:'s| is| does) my day (?:look|like)|\bhow(?:'s| is| does) my day (?:look|going to)|\bstart my day\b|\bplan (?:for )?my (?:day|week)\b|^(?:summari[sz]e|sum up|review) my (?:day|week)\b|^my day[?.!]*$|^(?:what'?s|what is) up (?:for )?today|\bgive me (?:a|my|the) (?:brief|briefing|rundown|overview)\b`,
);
const helpWords = c(
  String.raw`^(?:help|\?|what can (?:you|i) (?:do|ask|say)|what do you do|how do(?:es)? (?:i use |this )|what are you able|commands|show (?:me )?(?:the )?(?:help|commands))\b.{0,40}$`,
);
const greetings = c(
  String.raw`^(?:hi|hello|hey|good (?:morning|afternoon|evening)|howdy|greetings|yo|thanks|thank you|thx|cheers|bye|goodbye|good night)(?: (?:there|adiuva|you|so much|again|a lot))?[\s!.?]*$`,
);

/** Words to the assistant about its own instructions; nothing to write down. */
const orders = c(
  String.raw`^(?:please )?(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?|rules|guidelines|directives)\b|\b(?:your|the) (?:system|hidden|initial|original|internal) (?:prompts?|instructions?|message|rules)\b|\bsystem prompt\b`,
);
/** Source code and data, which nobody says. */
const code = c(String.raw`^\s*(?:<[a-z!/?][^>]*>|[{[]\s*(?:"|\{|\[|[}\]])|(?:select|insert|update|delete|drop|alter)\s+(?:\*|from|into|table|database)\b.*;)`);

/** Which intent a text has within its agent, first match wins; the last row of an agent is its fallback. */
export const intentRules: Readonly<Record<AgentName, readonly (readonly [RegExp, Intent])[]>> = {
  task: [
    [
      c(
        String.raw`^(?:take|make|write|jot|add|create|save|leave|start|new)?\s*(?:down )?(?:a |an |this |me a |new |quick )*(?:note|memo)\b(?!.*\b(?:calendar)\b)|^note\b`,
      ),
      'create_note',
    ],
    [
      c(
        String.raw`^(?:mark|check|tick|cross|set|flag)\b.*\b(?:done|complete|completed|finished|off|out)\b|^(?:complete|finish|close|tick off|check off|cross off|cross out)\s+(?!by\b)(?:the |my |task |off )|^(?:i(?:'ve| have)?(?: just| already)? (?:finished|completed|done|did|paid|sent|called|bought|handled))\b|\bis (?:now )?(?:done|finished|complete|completed)[.!]*$|^done(?: with)?[: ]`,
      ),
      'complete_task',
    ],
    [c(String.raw`^(?:reopen|uncheck|untick|mark\b.*\b(?:not done|undone|incomplete|open)\b|set\b.*\bopen\b)`), 'reopen_task'],
    [
      c(
        String.raw`^(?:delete|remove|erase|drop|cancel|clear|take\b.*\b(?:off|out|away)\b|get rid of|scratch|discard|trash|strike|empty|wipe|cross)\b|\b(?:remove|delete|erase|clear)\b.*\b(?:list|task|to-?do|reminder)|\b(?:off|from) (?:of )?(?:my |the )?(?:\w+ )?(?:list|to-?dos?)\b.*$(?<!add.*)`,
      ),
      'delete_task',
    ],
    [
      c(
        String.raw`^(?:what|which|show|list|display|view|see|read|tell|give|how many|do i|did i|is |are |have i|has |any|when|where|whats|what's|find|search|check|see|let me|open my|pull up|go over|inform|refresh|am i|i need to know|who|overdue|i want to (?:know|see))\b|\?\s*$`,
      ),
      'query_tasks',
    ],
    [
      c(
        String.raw`^(?:move|reschedule|postpone|delay|push|shift|change|update|rename|edit|modify|make\b.*\b(?:urgent|important|(?:high|low|medium) priority|due)\b|set (?:the )?(?:priority|due|deadline|project)|prioriti[sz]e|raise|lower|bump|tag|untag|assign|snooze|extend|bring forward|sort|organi[sz]e|replace|swap|adjust|correct)\b`,
      ),
      'update_task',
    ],
    [c(String.raw`\bremind(?:er|ers)?\b|\bdon'?t let me forget\b|\bping me\b|\bnotify me\b`), 'create_reminder'],
    [c('.'), 'create_task'],
  ],
  calendar: [
    [
      c(
        String.raw`\b(?:am i|will i be|are we|is (?:he|she|everyone)|when am i|do i have (?:any )?(?:free|time|openings?|availability)|find (?:me )?(?:a |some )?(?:free|time|slot)|when can i|any free|free (?:time|slots?)|available|availability|open slots?)\b(?!.*\b(?:tickets|seats)\b).*\b(?:free|busy|available|availability|time|slots?|openings?|open)\b|\bfree\b.*\?$|^(?:free|busy) `,
      ),
      'check_free',
    ],
    [
      c(
        String.raw`^(?:delete|remove|erase|drop|cancel|clear|call off|scratch|get rid of|take\b.*\boff\b|wipe|empty|scrap|discard|unschedule|nix)\b|\b(?:cancel|delete|remove|erase|clear)\b.*\b${eventNoun}`,
      ),
      'delete_event',
    ],
    [
      c(
        String.raw`^(?:move|reschedule|postpone|delay|push|shift|change|update|rename|edit|modify|bring forward|extend|shorten|adjust|swap|relocate|invite|add \w+(?: and \w+)* to (?:the |my )?(?:\w+ )?(?:meeting|event|call|invite))\b`,
      ),
      'update_event',
    ],
    [
      c(
        String.raw`^(?:what|which|show|list|display|view|see|read|tell|give|how many|how long|do i|did i|is |are |have i|has |any|when|where|who|whats|what's|whens|find|search|check|let me|open my|pull up|go over|inform|am i|anything|is there|i want to (?:know|see)|notify me (?:about|of|with)|look up|does|remind me what|how (?:does|is) my)\b|\?\s*$`,
      ),
      'query_events',
    ],
    [c(String.raw`\bremind(?:er|ers)?\b`), 'create_reminder'],
    [c('.'), 'create_event'],
  ],
  email: [
    [
      c(
        String.raw`\b(?:add|save|store|create|new|put|insert|include|update|remember)\b.*\b(?:contacts?|address(?:es)?|address book|email id)\b|\bnew (?:email |contact )?(?:address|contact)\b|^(?:add|save|store)\b.*\bemail\b`,
      ),
      'email_contact',
    ],
    [
      c(
        String.raw`^(?:send|write|compose|draft|reply|respond|forward|mail|e-?mail|start|shoot|drop|answer|create an? (?:new )?e?-?mail|make an? (?:new )?e?-?mail|let \w+ know|tell)\b|\b(?:send|write|compose|draft|reply|respond|forward)\b.*\b(?:e-?mails?|mail|message|to)\b|\b(?:email|mail) (?:to )?(?!from\b|about\b|today\b|account\b)\w+ (?:that|saying|about|and|to|regarding)\b`,
      ),
      'email_compose',
    ],
    [c('.'), 'email_query'],
  ],
  analytics: [
    [c(String.raw`\b(?:how (?:much time|many hours|long)|hours|time (?:spent|did|do|have)|spend(?:ing)? (?:my )?time|timesheet|tracked)\b`), 'analytics_time'],
    [
      c(
        String.raw`\b(?:compare|comparison|versus|vs|trend|trends|over time|improv\w*|difference|better|worse|progress|streak|than last|week over week|growth)\b`,
      ),
      'analytics_trend',
    ],
    [c(String.raw`\b(?:how many|number of|count|percentage|percent|ratio|rate|total|average|most|least|proportion|share)\b`), 'analytics_count'],
    [c('.'), 'analytics_summary'],
  ],
  general: [[c('.'), 'general']],
};

/** Requests whose words leave no choice, ahead of the classifier. */
const plainRules: readonly (readonly [RegExp, AgentName, Intent])[] = [
  [
    c(
      String.raw`^remind me(?: of| about| that)? (?:i (?:have|need|ought) to be (?:at|in)|(?:i have|i'?ve got) an? (?:[\w']+ ){0,3}(?:meeting|appointment|call|interview|class|lesson|exam))\b`,
    ),
    'calendar',
    'create_event',
  ],
  [c(String.raw`^(?:remind me(?: [^.?!]{0,40}?)? to|don'?t let me forget to|remember to|don'?t forget to) (?!(?:see|know)\b)\w`), 'task', 'create_reminder'],
  [
    c(
      String.raw`^(?:(?:take|make|write|jot down|add|save|new|quick) (?:a |an |me a |this )?(?:new |quick )?)?(?:note|memo)(?: to self)?(?:\s*[:,-]\s*| that | saying )\S`,
    ),
    'task',
    'create_note',
  ],
  [c(String.raw`^(?:jot|note|write) (?:this |that )?down(?! .*\b(?:lists?|calendar|schedule|to-?dos?)\b)\b`), 'task', 'create_note'],
  [c(String.raw`^(?:task|to-?do|todo)\s*:\s*\S`), 'task', 'create_task'],
  [c(String.raw`^(?:add|create|make|new)(?: a| an| the)?(?: new)? (?:task|to-?do|todo)\b(?! lists?\b)`), 'task', 'create_task'],
  [
    c(String.raw`^(?:add|create|make|start|set up|new)(?: a| an| another)?(?: new)? project\b(?! (?:meeting|call|review|plan|report|task|note)\b)`),
    'task',
    'create_project',
  ],
  [c(String.raw`^(?:event|appointment|meeting)\s*:\s*\S`), 'calendar', 'create_event'],
  [c(String.raw`^(?:mark|check|tick|set)\s+.{1,200}\s(?:as|is)\s(?:done|complete|completed|finished)[.!]*$`), 'task', 'complete_task'],
  [
    c(
      String.raw`^(?:what|which|show|list|tell me|is|are|anything|do i have)\b(?!.*\b(?:bills?|payments?|rent|tax(?:es)?|cards?|baby|library|mortgage|loan|oil|insurance|inspection|flight|train|refund)\b).{0,60}\b(?:overdue|past due|due)\b`,
    ),
    'task',
    'query_tasks',
  ],
  [
    c(
      String.raw`^what (?:should|must|do|shall|can) i (?:need to |have to |still need to )?(?:do|work on|finish|tackle)(?: next)?(?: today| tomorrow| now| this week| next| tonight| first)?[?.!]*$`,
    ),
    'task',
    'query_tasks',
  ],
  [
    c(
      String.raw`^(?:what(?:'s| is) the (?:status|state|progress) of|how far along (?:is|are)|is .{1,80} (?:already |now )?(?:done|finished|completed)(?: yet)?\?)`,
    ),
    'task',
    'query_tasks',
  ],
  [
    c(String.raw`^who(?:'s|'re| is| are| will be)? (?:(?:also |all )?(?:invited|attending|coming|joining|going)\b|(?:in|at) (?:the|my|our|tomorrow|today)\b)`),
    'calendar',
    'query_events',
  ],
  [
    c(String.raw`^(?:who|which (?:senders?|people|contacts?))\b.{0,20}\b(?:e-?mails?|e-?mailed|mails?|mailed|writes?|wrote|messages?|messaged)\b.{0,20}\bme\b`),
    'email',
    'email_query',
  ],
  [c(String.raw`^(?:reopen|uncheck|untick)\s+\S`), 'task', 'reopen_task'],
  [orders, 'general', 'general'],
  [
    c(String.raw`^(?:undo|revert|roll back|take (?:that|it) back)(?: (?:that|it|this|everything|the last (?:change|plan|action|thing)))?[\s.!?]*$`),
    'general',
    'general',
  ],
  [c(String.raw`^what(?:'s| is| comes) next[\s?.!]*$`), 'calendar', 'query_events'],
  [dailyBrief, 'calendar', 'daily_brief'],
  [code, 'general', 'unknown'],
  [helpWords, 'general', 'help'],
  [greetings, 'general', 'greeting'],
];

/** Verbs of chores: with a date they are something to do, not a meeting. */
export const chore =
  /^(?:call(?! (?:me|with|in|is|at|on)\b)|phone|ring|pay|buy|submit|finish|pick up|drop off|return|renew|review|prepare|clean|fix|wash|water|feed|sign|file|iron|mow|proofread|finali[sz]e|pack|study|print|mail|read(?! (?:me|my|out|back|all|it|the (?:list|news|e-?mail))\b))\b(?!.*\b(?:tickets?|trains?|flights?|cab|taxi|uber|bus|lists?|calendar|e-?mails?|meeting|appointment|card|account)\b)/i;

/** The agent and intent of a request that says plainly what it wants. */
export function plainIntent(request: string): { agent: AgentName; intent: Intent } | undefined {
  const rule = plainRules.find(([pattern]) => pattern.test(request));
  return rule && { agent: rule[1], intent: rule[2] };
}

/** Intents that add a record. */
export const captures: ReadonlySet<Intent> = new Set<Intent>(['create_task', 'create_reminder', 'create_note', 'create_project', 'create_event']);

export function intentOf(agent: AgentName, request: string): Intent {
  return intentRules[agent].find(([pattern]) => pattern.test(request))?.[1] ?? 'unknown';
}
