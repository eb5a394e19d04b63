import type { AgentName } from '../../contracts/chat.ts';

/**
 * What people say to each agent, as templates: `[a|b]` is a choice (an empty one leaves it out), `{slot}` a word of {@link slots}. One template a
 * line; a leading `3*` gives it that weight. Written for this project from how people ask; no sentence of a public data set is in here.
 */
export const corpus: Readonly<Record<AgentName, string>> = {
  task: `
4*[add|put|place|include|insert|write] {food} [to|on|onto|in] [my|the|our|a|] {list}
2*[add|put|write|stick|throw] {food} and {food} [to|on] [my|the|our] [shopping|grocery|] list
3*[add|put|insert|place|include] {errand} [to|on|in] [my|the|a] {list}
3*[add|put|insert|include] {chorehing} [to|on|in] [my|the] {list}
2*[add|put] {thing} [to|on] [my|the|our] {list}
[add|put|save] [this|that|it|these|them|an item|new item|the item|items|something|another item|one more thing|a thing|{num} items] [to|on|onto|in] [my|the|our|a|{name}'s] {list}
[add|create|enter|make] [a|an|the|another|] [new|] [task|to do|todo|to-do|chore|action item|errand] [called|named|for|to|about|:|] {errand}
[create|make|start|begin|open|set up|build|generate|compile|prepare] [a|me a|another|my|the] [new|fresh|empty|] {list}
[create|make|start|begin] [a|me a|another] [new|] list [for|of|called|named|titled|about] [groceries|shopping|work|chores|{event}|{food}|things to buy|the trip|things to pack|birthday gifts|my errands|{thing}|movies to watch|household items|things i need|{city}|school|ideas|tasks|{name}]
[i want to|i need to|i'd like to|let me|i wanna] [make|create|start|build|begin] [a|another|my] [new|] {list}
[i want to|i need to|i'd like to|let me|i wanna|i gotta|i would like to] [add|put|have] {food} [to|on] [my|the] {list}
[i need|i'm out of|we're out of|we need|we ran out of|i ran out of] {food} [so add it to|put it on|add them to|add that to] [my|the|our] [shopping|grocery|] list
[new|a new|another] [list|task|to do|todo|to do item|list item]
[please|] new {list} [please|]
[list|add] [a|] [new|] item
[make|get] [me|] a list [now|please|]
4*[what is|what's|whats|what are|tell me what is|tell me what's|show me what's|read me what's|let me know what's|say what is] [on|in] [my|the|our|this|{name}'s] {list} [today|now|right now|for today|for {weekday}|please|at the moment|currently|so far|for tomorrow|]
2*[what|which] [things|items|tasks|stuff|chores|products|groceries] [are|do i have|did i put|have i put|have i added] [on|in] [my|the] {list}
[what|how much|how many things|how many items] [do i have|have i got|did i put|is left|is there|are there|do we have|are left|remain] [on|in] [my|the|our] {list} [now|today|for this week|]
2*[is|are] {food} [on|in|already on|currently on|included on|listed on] [my|the|our] {list}
2*[do i have|did i put|did i add|have i added|have i put|did i remember to put|do we have|did i include|did i write] {food} [on|to|in|down on] [my|the|our] {list} [yet|already|]
2*[do i have|did i put|did i add|have i added|have i put|did i remember to put|is|was] {chorehing} [on|to|in] [my|the] {list} [yet|already|]
[do i have|is there|did i put|is] [a task|an item|anything|something|an entry] [to|about|for|on] {errand} [on|in] [my|the] {list}
2*[show|show me|read|read me|display|open|pull up|bring up|give me|tell me|check|see|view|review|list|go over|go through|let me see|let me hear|recite|find|look at|get|say|print|repeat|retrieve|name] [my|the|all my|all the|our|today's] [{list}|lists|to dos|tasks|reminders|list items|items on my list|things to do|reminder list|chores] [please|for today|for me|today|now|out loud|]
[what|which|tell me what|show me which|show me the|give me the] lists [do i have|have i made|are there|did i make|are available|are saved|i have|have i created|did i create|i've made] [saved|available|right now|]
[do i have|are there|have i got|are there currently] [any|some|multiple|other] [lists|tasks|to dos|reminders|chores|open tasks|pending tasks]
[available|my|existing|current|all|all my|all of my|any] lists
lists [please|available|]
list [all|my|] [lists|tasks|items|to dos|reminders]
[what's|what is] next on [my|the] {list}
[what else|what other things|what more] [is|do i have|are] on [my|the] {list}
[what does|what do] my {list} [say|look like|have on it|contain|consist of|include]
[what|which] [tasks|to dos|chores|things|errands|jobs] [do i have|are left|are due|are overdue|remain|are pending|are open|should i do|must i do|do i still have|are still open|have i not finished] [{date}|to do|to do {date}|to complete|to finish|]
3*[what|what all|what else] [do i|must i|should i|am i supposed to|did i|do i still] [need to|have to|need to get|want to|] [do|get done|accomplish|finish|complete|take care of] [today|tomorrow|this week|this weekend|next|{date}|]
[what is|what's] [due|overdue|outstanding|pending|left to do|still open|on my plate|on my to do list|past due] [today|tomorrow|this week|next week|by {weekday}|on {weekday}|this month|]
[is anything|do i have anything|anything] [due|overdue|left to do] [today|this week|tomorrow|on {weekday}|]
[am i|i'm] [done with|finished with] [my|all my] [tasks|list|to do list|chores]
[show|list|display|find] [me|] [overdue|urgent|high priority|open|completed|finished|important|low priority|pending|unfinished|my] tasks [for {date}|tagged work|in project {proj}|due {date}|]
4*[remove|delete|erase|take|clear|drop|cross|strike|scratch|get rid of|eliminate|cut|wipe] {food} [from|off|off of|out of|on] [my|the|our] {list}
2*[remove|delete|erase|take|clear|cross|scratch|check|strike] [off|] {chorehing} [from|off|off of|on] [my|the] {list}
2*[remove|delete|erase|take|cross off|clear] [this|that|it|the item|the last item|item {num}|the first item|everything|all items|the second entry|all|{errand}|this item|the following|these items|{thing}] [from|off|off of|on|in] [my|the|this|that] {list}
3*[remove|delete|erase|clear|empty|cancel|discard|trash|throw away|get rid of|wipe|destroy|eliminate|dump] [my|the|this|that|all|all my|all of my|the entire|the whole|a|] [{list}|lists|to dos|tasks|reminders|reminder|latest list|previous list|old list|last list|{name} list|music list|video list|excel list|items|item]
[delete|remove|erase|clear] [item|task|the item|entry|number|the task|list|the] [{num}|called {chore}|named {name}|about {topic}|last|first|{food}]
[i don't|we don't|i do not|i no longer] need {food} [anymore|any more|] [so|] [take it off|remove it from|delete it from] [my|the] {list}
[i already|i've already|i just|i have] [bought|got|picked up|did|finished] [{food}|{thing}|{chorehing}] [so|please|] [take it off|remove it from|cross it off|check it off|delete it from] [my|the] list
[can you|] [cross|check|tick|mark] {chorehing} off [of|] [my|the] {list}
2*[mark|set|check|flag|tick] [the|my|] [invoice|report|{chore}|{errand}|task|laundry|homework|first task|last task|presentation|groceries] [as|off|] [done|complete|completed|finished|off]
[i|i've|i have] [finished|completed|done|just finished|already did] [the|my] [task|report|laundry|homework|{chorehing}|presentation task|dishes]
[complete|finish|close|reopen|start] [the|my] [task|report task|to do|presentation|proposal|item|invoice task|first task]
[update|change|edit|modify|adjust|move|extend|set|push back] [the|my] [deadline|due date|priority|title|name|status|description] [of|for|on] [the|my|] [task|report|project|presentation|{chore}|proposal|essay] [to {date}|to high|]
[make|set|mark] [the|my] [task|report|invoice|laundry|presentation|proposal] [urgent|high priority|low priority|important|due {date}]
[prioritize|sort|organize|order|arrange|group|rank|filter] my [tasks|to dos|to do list|list|chores] [by|according to|] [date|due date|importance|priority|deadline|project|]
[rename|edit|change|update|modify|replace|swap] [the|my|an item on my|something on my|{food} with {food} on my] {list}
[rename|delete|remove|postpone|snooze|reschedule] [the|my] [task|to do|report task|item|reminder to {errand}]
[assign|move|tag] [the|this] task [to|with] [{name}|work|project {proj}|home]
5*remind me to {errand} [{when}|]
2*[don't let me forget|make sure i remember|help me remember|i need to remember|remind me that i need|nudge me|ping me] to {errand} [{when}|]
4*[set|create|make|add|put in|start|schedule|give me|i need|i want|i'd like] [a|an|the|another|me a] [new|] [reminder|reminder|alert] [to {errand}|for {errand}|for later|for {date}|for {chorehing}|for me|for {when}|for this|to do something|for something|about {topic}|{when}|for my {event}|to {errand} {when}|that i need to {errand}|so i remember to {errand}|for me to {errand}|]
3*[what|what are|show me|tell me|read|list|do i have any|are there any|give me|what's on|what's in|check|go over|see|let me see|review|name|display|pull up|share] [all|all of|] [my|the] [reminders|reminder list|list of reminders|saved reminders|set reminders|active reminders|current reminders|reminder] [are|set|today|for {date}|please|left|for this week|]
[what|which|how many] [reminders|things to remember] [do i have|are set|have i set|did i set|are on my list|have been set|are there] [for {date}|today|]
2*[what|what things|what stuff|what was it that] [did i|was i|am i|do i|had i] [want|wanted|need|needed|ask you|asked you|supposed|trying|going|planned] to [remember|be reminded of|be reminded about|remind me about|not forget] [today|this week|to do|before|earlier|]
[what did i|what have i] [ask|asked|told|tell] you to remind me [about|of|to do|]
[remind me what|tell me what|help me recall what|can you recall what|do you remember what] i [wanted to|needed to|was supposed to|had to|asked you to] [remember|do|not forget|remind me of|be reminded about]
[refresh my memory|jog my memory] [on|about] [what|the things|stuff] i [have to do|need to remember|wanted to remember|was supposed to do]
[is there|was there|did i have] something i [was supposed to|wanted to|needed to] [remember|do|be reminded of]
[delete|remove|cancel|clear|change|edit|update|turn off] [the|my|all my|that|this] [reminder|reminders] [to {errand}|about {topic}|for {errand}|for {date}|]
2*[i need to|i have to|i must|i should|don't forget to|remember to|i've got to|gotta|need to|have to] {errand} [{when}|by {date}|before {date}|]
3*{errand} {when}
2*{errand} [by|before] {weekday}
{chore}
{errand}
[buy|get|pick up|order|grab] {food} [and {food}|] {date}
[finish|submit|prepare|review|write|complete|draft|send] the [report|proposal|slides|budget|invoice|presentation|contract|essay|application|minutes] [by|before|for] [{weekday}|{date}|{person}|the meeting]
[todo|to do|task|to-do]: {errand} [{when}|]
[note|memo|take a note|make a note|write down|jot down|note to self|add a note|new note|save a note|write this down|take down a note|create a note] [that|:|about|saying|] [the wifi password is {num}|{topic}|the code is {num}|{name} likes {food}|the spare key is under the mat|{message}|idea for {topic}|we agreed on {topic}|{name} prefers tea|{errand}]
[show|read|find|open|search] my notes [about {topic}|]
[what|which] is my [most urgent|most important|next|top|highest priority|first] task
[work|shopping|grocery|chores|family|home|packing] list [please|items|]
[put|add] {num} [bottles of|bags of|boxes of|pounds of|cans of|packs of|] {food} [to|on] [my|the] [shopping|grocery] list
[please|] remember [to|that i need to|i have to] {errand}
[i want|i'd like|i need] {food} [on|added to|put on|removed from|deleted from|off] [my|the] {list}
[have|has] {food} [been added to|been put on|made it onto|been removed from] [my|the] {list}
[how long|how big|how full] is [my|the] {list}
[let's|let us] [go over|review|make|check|update|work on] [my|the|our] {list}
[update|change|edit|check] [my|the] {list}
[add|put|include] more [items|things|stuff|songs|names|{food}] [to|in|on] [the|my|a] [list|shopping list|playlist list]
[tell me|let me know|check] if {food} [is|are] [on|in] [my|the] {list}
[tell me|let me know|check|see|verify|confirm] [if|whether] {chorehing} [is|was] [on|in] [my|the] {list} [of things to do|]
what do i need [to buy|to get|from the store|to pick up|at the store|to purchase|at the grocery store|to shop for] [{date}|]
what [am i|are we] [out of|supposed to buy|buying] [at the store|from the grocery store|]
[do i need|do we need|should i get|should i buy|did i want|did i need] [to buy|to get|] {food} [from the store|at the store|when i go shopping|when i go to the store]
[clear|finish|complete|check off] [everything|all] [on|from] my {list}
[add|buy|get] [some|more|] {food} [and {food}|]
[tell me|show me|give me|what are|read out|i want to hear|i want to see|i need] the [contents|items|things|entries|names] [of|in|on] [my|the|our] {list}
[what|which|how many] [songs|movies|books|people|items|names] [are|do i have] on my [list|music list|movie list|reading list|watch list|guest list]
[remove|delete|erase|take|add|put] [{song}|{title}|{name}|{artist}] [from|off|to|on] [my|the] [music list|movie list|song list|reading list|watch list|guest list|list of books]
2*[is|are|was|were] {food} [one of the things|among the things|something|one of the items|part of what] [i need to buy|on my list|i have to get|we need from the store|i put on my list|i wrote down]
[start|create|make|begin] [a|me a|another] [new|] list [of|for] [{product}|things to do in {city}|{thing}|people to call|{cuisine} restaurants to try|gift ideas|{title} characters|songs to learn|supplies|stuff for the {room}|things {name} needs]
[delete|erase|remove|forget|undo] [what i just|the thing i just|everything i|the last thing i] [wrote|typed|added|put in|said|entered] [on the list|to my list|there|]
[remove|delete|erase|scratch] [{name}|{food}|{thing}|number {num}|{song}|that|the second one|the last one]
[put|jot|write|mark|note] down {chorehing} [on|in|as one of] my [list|list of things to do|tasks|to do list]
[i'd like|i want|i need] [you to|] [make|add|put|a|start] [a|an|] [list|new list|to do|item|addition to my list|entry on my list|item on my to do list]
[let me|i want to|can i] [hear|see|know] [what's on|everything on|all of] my {list}
[is there|do i have] [anything|something|any items|food|stuff] [on|left on|in] [my|the] {list} [i haven't done|for today|]
[which|what] [of my|] lists [has|have|contains|include|includes] {food}
[inform me|let me know|tell me|update me] [of|about|on] [what|which] [tasks|chores|things|to dos] [i have|are] [listed|left|open|on my list|to do] [today|]
[what|which] [reminders|things|tasks] [am i forgetting|did i forget|have i forgotten|do i need to remember|should i remember]
[give me|i need|read me] [a rundown of|an update on|an overview of|the rundown on] my [to do list|reminders|tasks|reminder list|chores]
[show|open|see|sort|filter] [my|] [tasks|to dos] [with|by|that have] [a|] [deadline|tag|due date|high priority]
[add|create] [a|] task for {name} to {errand} [{when}|]
[bought|finished|did|done with|completed] [the|] [{food}|{thing}|{chorehing}] [take it off the list|check it off|]
`,
  calendar: `
4*[schedule|set up|set|book|arrange|plan|organize|create|make|add|put|put in|request|block|fix] [a|an|the|my|another] {meet} [with {person}|] [for|] {when}
3*[schedule|set up|book|arrange|plan|organize] [a|an|my|] {meet} with {person} [{when}|about {topic}|at {placekind}|at my office|in room {num}|regarding {topic}|]
[schedule|set up|add|create|plan|put|enter|book|save|make] [a|an|the|my|] {event} [for|on|] {when}
[schedule|set up|plan|organize|book] [my|the|a|our|] {event}
3*[add|put|place|enter|insert|mark|write|save|include|log|pencil in] [a|an|the|my|] {event} [to|on|in|into|onto] [my|the|our] [calendar|schedule|agenda|planner|diary|google calendar|work calendar|family calendar|outlook calendar] [for|] {when}
2*[add|put|place|enter|insert|mark|include] [a|an|the|my|this|] [{meet}|{event}|event|new event|this event|reminder] [to|on|in|into] [my|the|our] [calendar|schedule|agenda] [please|]
[mark|block|block off|block out|reserve|clear|save|free up] {date} [on my calendar|in my calendar|for {event}|for {meet} with {person}|as {event}|as busy|on the calendar for {event}]
[mark|set|note|save|remember|record] {date} as [my|the|] {event} [on my calendar|in the calendar|]
[create|add|make|set|new|set up|start|enter|save] [a|an|the|] [new|recurring|repeating|weekly|monthly|] [event|calendar event|calendar entry|appointment|meeting|meeting event] [called|named|for|titled|about|on|at|with|] [{event}|{person}|{when}|{topic}|{date}]
[create|add|make|set|new|set up|save|plan] [a|an|the|my|] [new|recurring|repeating|] [event|calendar event|calendar entry|appointment|meeting|calendar] [please|for me|]
[i have|i've got|there is|we have|i'm having|i will have] [a|an|my] [{meet}|{event}] [with {person}|] {when} [please add it|put it on my calendar|add it to my calendar|add that to my schedule|]
[i need|i want|i would like|i'd like] to [schedule|set up|make|book|have|add|create|plan] [a|an|the|my] [{meet}|{event}|event|appointment] [with {person}|] [for|on|] {when}
[i need|i want|i'd like] to [meet|meet with|see|have lunch with|talk with] {person} {when}
[i'm|i am|i'll be] [meeting|having lunch with|having dinner with|seeing|going to see] {person} {when} [add it to my calendar|put that on my calendar|]
4*[what is|what's|whats|show me what's|tell me what's|what do i have] [on|in] [my|the|our|{name}'s] [calendar|schedule|agenda|planner|diary] [for|] [{date}|]
4*[what|which] [events|meetings|appointments|plans|things|activities] [do i have|have i got|are|are scheduled|do i have scheduled|are planned|are there|are on my calendar|have been scheduled|do we have|did i schedule|are coming up|do i have coming up] [for|on|] [{date}|]
4*[do i have|have i got|are there|did i schedule|is there|do we have|did i have|will i have] [any|a|an|] [meetings|meeting|appointments|appointment|events|event|plans|{meet}|{event}|scheduled meetings|conflicts|other plans|calls|something planned|anything planned|anything scheduled|anything on my calendar|anything booked|things planned] [with {person}|] [for|on|] [{date}|]
2*[do i have|have i got|is there] [anything|something|a thing] [to do|going on|happening|planned|scheduled|on|on the books|coming up] [for|on|] {date}
2*[what|what all|what else] [do i have|have i got|is] [going on|planned|scheduled|happening|on|coming up|lined up|booked|set up] [for|on|] [{date}|]
2*[what am i|what are we] [doing|up to|scheduled to do|scheduled for] {date}
[what does|how does|what's] my [day|week|schedule|calendar|weekend|afternoon|morning|month|agenda] [look like|look|looking like|] [{date}|for {date}|]
3*[when|what time|what day|where|what date] is [my|the|our|that|this|today's|{name}'s] [next|first|last|] [{meet}|{event}] [with {person}|] [scheduled|{date}|]
2*[when|what time|what day] [do i|am i|did i|will i] [meet|meeting|have my|have a|have the|have|scheduled for|supposed to meet|schedule my|set my|go to] [{event}|{meet}|{person}] [with {person}|]
[when|what time] does [my|the] [{meet}|{event}|next event|first meeting] [start|begin|end|finish|take place]
[how long|how much time] [is|until|before|till] [my|the] [next|] [{meet}|{event}]
[who|how many people] [is|are|will be] [attending|coming to|invited to|at|in] [my|the] [{meet}|{event}]
2*[is|was] [my|the|there a|there an|{name}'s] [{meet}|{event}] [on|in|scheduled|set for|on my calendar|on {date}|{date}|still on|in the calendar] [{date}|]
[is|was|did i put|did i set|did i mark] {date} [as|] [my|the|] [{event}|{meet}|free|busy|open] [on my calendar|]
2*[am i|will i be|are we] [free|busy|available|booked|doing anything|meeting anyone|working|off|double booked|meeting with {person}|having lunch with {name}] [{when}|]
[do i have|is there|are there|find|find me] [a|any|some|] [free|open|available] [time|slot|slots|hour|afternoon|times|half hour] [{date}|{when}|on my calendar {date}|]
[when|what time|what day] [am i|will i be] [free|available|busy] [{date}|]
2*[show|show me|tell me|give me|list|display|open|read|read me|check|look at|view|pull up|bring up|let me see|run through|describe|find|see|tell me about|inform me of|let me know|i want to see|i want to know] [my|the|all my|all the|all|today's|tomorrow's|upcoming|my upcoming|any|our] [calendar|schedule|agenda|events|meetings|appointments|upcoming events|planner|next event|next meeting|plans|first appointment|meeting schedule|appointment list|calendar events] [for|on|] [{date}|please|]
[is|are|do|does] [{name}|the conference room|the meeting room|a meeting room|room {num}|any meeting room|the boardroom] [free|available|open|booked|vacant] [for a meeting|{when}|]
[find|check|look for|see if there is|are there|reserve|book|get me] [a|an|any|] [available|free|open|] [meeting room|conference room|meeting rooms|board room] [{when}|]
[upcoming|next|my next|today's|this week's|tomorrow's|future|my|the next] [events|meetings|appointments|event|meeting|appointment|schedule|calendar|agenda]
calendar [{date}|please|events|for {date}|]
[anything|something|any plans|any events|any meetings|plans|events|meetings|appointments|what's up|schedule|agenda] [on|for|] {date}
5*[delete|remove|cancel|erase|clear|scratch|drop|call off|get rid of|take off|scrap|unschedule|wipe out|nix] [my|the|this|that|all|all my|all of my|the next|a|an|next|our|today's|every|] [{meet}|{event}|event|events|meeting|appointment|appointments|calendar event|meetings|calendar entry|plans|scheduled event] [with {person}|] [{when}|on {date}|for {date}|from my calendar|from the calendar|off my calendar|on my calendar|scheduled for {date}|called {event}|from my schedule|i have {date}|please|]
2*[clear|empty|wipe|erase|clean|free up|delete|reset|remove everything on|remove everything from|delete everything from|delete everything on] [my|the|our] [calendar|schedule|agenda|day|week|afternoon|events|calendar events] [for {date}|on {date}|{date}|completely|entirely|please|]
[cancel|delete|remove] [everything|all events|all meetings|whatever i have|anything|all appointments|my plans] [scheduled|planned|on my calendar|] [for|on|] {date}
[take|remove|erase] [my|the] [{event}|{meet}] [off|from|off of|out of] [my|the] [calendar|schedule|agenda]
2*[reschedule|move|push|postpone|shift|change|delay|push back|bump|update|edit|modify] [my|the|our] [{meet}|{event}] [with {person}|] [to|until|for|from {weekday} to|] {when}
3*[move|reschedule|push|postpone|shift|bump|push back|bring forward] [my|the|our|] {appt} [with {person}|] [to|until|by] {when}
[cancel|delete|drop|skip|remove] [my|the|] {appt} {when}
[when|what time] is [my|the] {appt}
[book|schedule|add] [the|a|my|] {appt} [for|on|] {when}
{appt} {when}
[change|update|edit|modify|adjust] [the|my] [time|date|location|details|title|place] [of|for|on] [the|my] [{meet}|{event}|event|appointment] [to {when}|]
[invite|add] {person} [and {person}|] to [the|my] [{meet}|{event}|event|calendar event|meeting]
[repeat|make] [this|the|my] [event|meeting|{event}] [every|each|repeat every|a recurring event|weekly] [{weekday}|week|month|]
3*[{meet}|{event}] with {person} {when}
2*[{meet}|{event}] {when}
[{meet}|{event}] at [the|] {placekind} {when}
{name}'s [birthday|wedding|party|graduation|recital] [is|] {date}
[what day|when] is {name}'s [birthday|wedding|party|graduation]
2*[remind me|alert me|notify me|let me know|tell me|warn me|send me an alert|give me a notification] [about|of|for|before|when it's time for|on] [my|the|our|all my|any|upcoming|] [{meet}|{event}|upcoming events|meetings|next meeting|appointments|event] [with {person}|] [{when}|an hour before|ten minutes before|a day before|in advance|the day before|]
[remind me|let me know|notify me|alert me] [when|of when|what time|where] [my|the|i have my] [{meet}|{event}|next meeting] [is|starts|begins|]
[remind me|tell me] [what|which] [events|meetings|plans|appointments] i have {date}
[set|create|add|put|send] [a|an|up a|] [notification|alert|calendar reminder|event reminder|calendar alert|meeting reminder|appointment reminder|reminder in my calendar|reminder on my calendar] [for|about] [my|the|] [{meet}|{event}|event] [{when}|]
[set|create|make|add] [a|] reminder [for|of|about] [my|the|a] [{meet}|{event}] [with {person}|] {when}
[cancel|delete|remove] [the|my|] [meeting|event|calendar|appointment] [reminder|notification|alert] [for {date}|]
[open|launch|show|sync|share|go to|check|access|use|look up|print|import|export] [my|the|] [calendar|google calendar|calendar app|work calendar] [with {name}|for me|]
[how|where|can you tell me how] [do i|can i|to] [schedule|set up|add|create|delete|make] [a|an] [meeting|event|appointment|calendar event] [on my calendar|]
[how many|how much] [meetings|events|appointments|calls|things] [do i have|are there|are on my calendar|have i got] [{date}|]
[what|who|where] [is|was|are] [the|my] [subject|topic|location|place|agenda|time|address|attendees] [of|for] [my|the] [next|] [{meet}|{event}|event|meeting]
[anything|is there anything|do i have anything|is there something] [important|urgent|special|] [happening|on my calendar|on my schedule|in my calendar|on the agenda] [{date}|]
[put|save|write|keep|hold] [me|] [down|a spot|the date|time] for {event} [{when}|]
[i'm|i am|i will be] [going|flying|traveling|off|leaving|moving|getting married|out of town] [to {city}|] {when} [put it in my calendar|add it to the calendar|mark my calendar|save it to my calendar]
[do i|am i] have [a|] [full|busy|free|light|clear|open] [day|schedule|calendar|week|morning|afternoon] [{date}|]
[did|has|is] {person} [accepted|accept|confirmed|decline|coming to|waiting for me at|expecting me at] [my|the|our] [meeting|invite|invitation|{meet}]
2*[i would like to be|i want to be|please make sure i am|i need to be|i should be|keep me] [notified|reminded|alerted|informed|updated|told] [of|about|before|when|on] [my|the|any|our|] [{event}|{meet}|events|meetings|church services|weekly {event}] [{when}|]
[{date}|the {nth}] [is|will be] [{name}'s birthday|our anniversary|my {event}|the {event}] [right|isn't it|put it down|correct|]
[is|does|will|are] [{person}|mr {name}|the ceo|the doctor|they] [waiting for me|expecting me|meeting me|seeing me|joining us|meeting with me|have a meeting with me|coming to the meeting] [now|{when}|today|]
[where|at what place|in which room|in what building|what location] is [my|the|our|tomorrow's] [{meet}|{event}] [{date}|with {person}|being held|]
[i don't want|i can't make it|i won't be able|i'm not going|i am unable] to [go to|attend|make it to|] [the|my] [{event}|{meet}] [so|please|] [delete it|cancel it|remove it from my calendar|take it off the schedule|]
[set|start|fix|make|put] [event|meeting|appointment|an event] [date|time|] [in|on] [the|my|] calendar [with {person}|with others|for {when}|with my team|]
[does|do] my [calendar|schedule|agenda] [have|show|say|list|include|contain] [anything|any meetings|an appointment|{event}|any openings|a {event}] [{date}|on it|for {date}|]
[format|organize|sort|fill|check|restore|reset|back up] [data|my|the|everything] [from|on|in|] calendar
[set|put|schedule|add|make] {event} [for|on|at] {when}
[new|create] [meeting|event|appointment] [add|with|invite|including] {person} [and {person}|] [as attendees|as guests|]
[make|take] [a|] note [on|in] my calendar [for|about|of] [the|my|] {event} [{when}|]
[take note|make note|note|remember|keep in mind|remember this date] [of|that|] [{date}|today] [as|is] [my|our|the] [{event}|first day of work|anniversary|first date]
[what|which] [day|date] [did i|do i|have i] [set|put|have|mark|book|schedule] [for|on my calendar for|down for] [my|the|our|] [{event}|first day of school|{meet}]
[change|cancel|erase|drop] my [plans|plan] [for|on|with|] [{date}|{person} {date}|erase my next event|]
[is it possible|could it be|am i right|is it true] [that|] i have [a|an|the] [{meet}|{event}] [with {person}|] {date}
[tell me|let me know|give me] [what|everything|all|anything] [is|that's|i have] [happening|going on|coming up|planned|scheduled] [for me|] {date}
[how|what] [busy|free|packed|open|full] [am i|is my day|is my week|does my day look|is my calendar] [{date}|]
[notify me|alert me|tell me|give me a heads up|buzz me] [{num} minutes before|an hour before|when it's time for|the day before] [my|the|every|each] [{meet}|{event}|next event|appointments]
[set|turn on] [notifications|reminders|alerts] for [all|my|all my|the] [events|meetings|appointments|upcoming events] [{date}|]
[which|what] [of my|] [friends|people|colleagues] [am i meeting|do i meet|have i invited|are coming] {date}
[make sure|check that|confirm] [my|the] [calendar|schedule] is [clear|empty|free|open] [for|] {date}
[do i have|is there] [a|any|] [birthday|birthdays|anniversary|party|deadline] [coming up|this month|{date}]
[i need|book|find] [some|a|] time [with {person}|for {event}|to meet {person}|on my calendar for {event}] {when}
[when|what time] [can|could|should] [{person} and i|i|we] [meet|have lunch|get together|schedule the {meet}] [{date}|]
[anything|what is] [going on|happening|up|on] [with me|for me|] [{date}|on my schedule]
[remove|delete|cancel] [the|my|that] [birthday|birthday party|{event}] [event|] [on|for] [coming|] {weekday}
[get|read] me [through|] my [day|week|schedule for {date}|appointments]
[repeat|duplicate|copy|share] [my|the|this] [event|meeting|appointment] [{when}|with {person}|every {weekday}]
every {weekday} {time} [{event}|{meet} with {person}]
weekly {meet} with {person} [on|every] {weekday} [{time}|]
`,
  email: `
5*[send|write|compose|draft|type|start|create|shoot|prepare|make|fire off|open] [a|an|the|another|me an|out an|] [new|quick|short|] [email|e-mail|mail|email message|email] [to|for] {person} [please|now|]
5*[send|write|compose|draft|shoot] [a|an|the|] [email|e-mail|mail|email] to {person} [that|saying|telling them|telling her|telling him|that says|and say|and tell him|with the message|with the subject|asking if|to tell him|to say|and tell her that|] {message}
2*[send|write|compose|draft] [a|an|the|] [email|mail] to {person} [about|regarding|asking about|concerning|on] {topic}
2*[email|mail|e-mail] {person} [that|about|saying|regarding|and say|to say|asking about|and ask about|a message saying|the message|back saying|with|to tell them] [{message}|{topic}]
[email|mail] {person} [please|right now|for me|today|back|]
[email|mail|e-mail] [this|that|it|the file|the report|the document|the photo|these pictures|the invoice|the following] to {person}
[send|forward|mail] [this|that|it|{topic}|the file|the report|the pictures|my resume|the attachment|the document|the link|the last email|{name}'s email|this email|my last email] [to|over to] [{person}|my email|my boss|this email address|my inbox|everybody in my contacts] [by email|via email|in an email|as an email|by mail|]
[send|write] [{person}|{name}] [a|an] [email|mail|e-mail] [about {topic}|saying {message}|that {message}|please|]
4*[reply|respond|answer|write back|reply back|send a reply|send a response] [to|] [the|this|that|my|{name}'s|{person}'s|the last|the latest|the most recent|his|her] [email|mail|message|e-mail|last email|latest email|recent email] [from {person}|] [saying {message}|with {message}|that {message}|by saying {message}|and say {message}|please|]
[reply|respond|write back] to {person} [that|saying|with|and say|by email that|and tell them] {message}
[send|write] {message} to {person} [by|via|through|in an|using|on] [email|mail|gmail]
[send|mail|email] {message} to [{name} at gmail dot com|{name}@gmail.com|{name} at yahoo dot com|my boss's email|{name}@aol dot com|{name} at hotmail|{name}@work.org]
[send|compose|write|start|begin|create|draft|open] [a|an|the|my|this|] [new|] [email|mail|e-mail] [please|for me|now|to the address|to this address|to a new recipient|]
[i want|i need|i would like|i'd like|help me|let's] to [send|write|compose|reply to|draft] [an|a|the|this|his|] [email|mail] [to {person}|about {topic}|]
[i need|i want] [this|an|the] email [sent|written|forwarded|sent out] [to {person}|now|today|]
[tell|let|inform|notify|ask] {person} [by email|via email|in an email|over email] [that|] {message}
[cc|copy|bcc|attach|add] [{person}|the file|the report|a photo] [on|to] [the|this|my] [email|mail|message]
[save|delete|discard] [the|this|my] [draft|email draft|draft email]
[delete|remove|archive|move|mark|flag|star] [the|this|that|all|all my|my|] [email|emails|mails|unread emails|spam|junk mail|emails from {person}|message from {name}|mail] [as read|as unread|to trash|]
5*[do i have|have i got|did i get|did i receive|are there|have i received|is there|any|got|have you seen|did i miss] [any|a|some|] [new|unread|recent|important|urgent|other|more|] [emails|email|mail|mails|messages in my inbox|e-mails|e-mail] [from {person}|today|this morning|about {topic}|yet|in my inbox|from work|lately|since {date}|in the last hour|right now|from {company}|to read|waiting|]
4*[check|read|show|show me|open|read me|tell me|display|list|look at|get|pull up|view|find|search|scan|fetch|bring up|refresh|look through|go through|see] [my|the|all my|all|any|my new|new|unread|my unread|the latest|my latest|my last|recent|the most recent|my recent|today's|] [email|emails|mail|mails|inbox|e-mail|mailbox|gmail|email inbox|email account|outlook|email messages|new messages] [from {person}|for me|please|about {topic}|today|now|for new messages|from {date}|with attachments|for anything from {person}|from this week|]
3*[has|did|have] {person} [emailed|sent|send|email|replied|reply|written|sent me|email me|emailed me|reply to my email|replied to my email|responded|respond to my email|answered my email|sent me an email|send me any mail|written me any email|send me anything] [me|back|an email|any email|any mail|today|yet|lately|recently|this week|]
2*[what|which] [emails|new emails|mails|mail|unread emails|messages|email] [do i have|have i received|did i get|are new|came in|are unread|have come in|are in my inbox|have i got|did i receive|came|are there] [today|from {person}|this morning|since {date}|about {topic}|]
[what|who] [is|was|are|were] [my|the] [last|latest|newest|most recent|first|recent|next|new|] [email|emails|mail|mails|e-mail|unread email] [about|from|say|saying|i got|i received|in my inbox|]
[what|what all] [did|does] [{name}'s|{person}'s|the|my last|that|the latest|my mom's] [email|mail|e-mail] [say|from {person} say|contain|about|from work say]
[who|who all] [sent|emailed|has emailed|has sent|wrote|is emailing|mailed] me [an email|emails|mail|a mail|today|recently|last|yesterday|the last email|]
[how many|number of|count of] [new|unread|] [emails|mails|messages] [do i have|did i get|are in my inbox|have i received|are there|are unread|came in|are waiting] [today|from {person}|now|]
[is|was] [there|anything|something] [new|any|an|important|anything new|anything|unread|] [in|inside|on] [my|the] [inbox|mailbox|email|mail|mail folder|email account|email inbox|junk mail|spam folder|gmail]
[anything|something|what's|what is] [new|important|interesting|] in my [inbox|mailbox|email|emails|mail]
[did|has] [the|my|an|that] [email|mail|reply|message|confirmation email|response] [from|by] {person} [come|arrive|arrived|come in|come through|get here|been received]
[tell me|let me know|notify me|alert me] [if|when] [i get|i receive|there is|{person} sends|i have|a] [a|an|any|new|] [email|mail|emails|new mail] [from {person}|arrives|]
[search|find|look for|locate|show|check] [an|the|all|any|my|] [email|emails|mail|mails] [from|about|regarding|sent by|with the subject|by|containing] [{person}|{topic}|{company}]
[inbox|emails|email|mail|unread mail|new email|new emails|check mail|latest emails|recent emails|email inbox|mails]
[what|when] [time|date|day|] did [{person}|{name}] [send|email] [me|] [that email|the email|his email|me about {topic}|the mail|last]
[read|open|show] [the|] [email|mail|message|last message|first email|next email] [from|by|of] {person}
5*[add|save|store|put|insert|include|create|enter|record|register] [a|an|the|this|{name}'s|{person}'s|that|new|his|her|my|] [new|] [email|email address|e-mail|e-mail address|contact|contact info|email id|mail id|email contact|address] [to|in|into|for|on|of] [my|the|] [contacts|contact list|address book|contact|phonebook|email contacts|email list|{name}|address list|email address book]
3*[add|save|create|make|set up|enter|store] [a|an|the|this|that|] [new|] [contact|email contact|email address|contact email|email|e-mail address|contact for {name}|contact named {name}|email of {name}|email for {person}|address for {name}] [please|for me|with this email|]
3*[add|save|put|store|include] [{name}|{name} at gmail dot com|{name}@gmail.com|{name}@yahoo dot com|{name} at work dot com|this person|this sender|him|her|them|{name} smith|this guy|{name} from work] [to|in|into|as] [my|the|a|] [contacts|contact list|address book|email contacts|contact|email list|new contact|email]
[new|another|add] [contact|email contact|email address|contact address|contacts|contact please]
[put|place|keep] [this|that|{name}'s] [email|address|email address] in my [contacts|address book|contact list]
[i got|i have|here is|this is] [a|{name}'s] new [email|email address|contact] [add it|save it|please save it to my contacts|add it to my contacts|for my contacts]
[update|change|edit|remember] [{name}'s|my|the|{person}'s] [email|email address|contact|contact info|contact details] [to {name}@gmail.com|in my contacts|]
[draft|write] a [polite|formal|thank you|short|] [note|letter|reply|response] to {person} by email
[did|do] i [reply|respond|answer|write back] [to|] {person}'s [email|mail|message]
[unsubscribe|mute|block] [me from|] [this|the|] [newsletter|mailing list|emails from {company}|sender]
[search|find|look up|pull up|open] [{name}|{person}] [in my email|in my mail|in my inbox|in my contacts|emails|mails]
2*[what|which|any|show|read|check|got any|do i have|are there] [new|unread|recent|the latest|my] messages [from {person}|for me|in my inbox|today|waiting for me|]
[has|have|did] [the|a|any|my] [letter|message|mail|email|reply|response|confirmation] from [{person}|{company}] [come|arrived|come yet|arrive yet|been delivered]
[send|shoot|drop] {person} a [line|message|note|quick note] [by email|via email|saying {message}|telling them {message}|about {topic}]
[let|tell] {person} know [by email|via email|in an email] [that|] {message}
[mail|email] to {person} [that|saying|about|] [{message}|{topic}]
[reply|respond|answer] [yes|no|okay|with thanks|by saying yes|by answering no|that i agree|with i'll be there] [to|] [the|his|her|{name}'s|that|] [latest|last|] [email|mail|message]
[send|use|take] [the|this|that] [address|email address] [you gave me|i gave you|in my contacts|of {name}] [to|and send] [{person}|an email to {person}|to write {message}]
[start|begin|open|compose] [an|a new|the] email [for|to] [an address|a contact|someone|somebody|a person|address] [not in my contacts|in my contacts|new|i met|]
[what is|what's|tell me|show me|read] the [subject|sender|date|time|content|title|body|name] [and sender|line|] [of|on|in] [my|the|that] [last|latest|newest|first|] [email|mail|message]
[who|which person] [is|was] the [last|latest|] [email|mail|message] from
[check|see|find out|look|verify] [if|whether|to see if|and see if] {person} [has|] [sent|emailed|replied|wrote|written|responded|answered] [me|] [any|an|] [email|mail|emails|anything|today|lately|back|]
[please|] [check|read|show] [someone's|{name}'s|the recent|everyone's|work|personal] [email|emails|mail|mails] [please|from today|]
[new|recent|unread|today's|the latest] [mail|emails|email|messages] [from|by|about] {person}
[add|create|save] [this|the|a new|] [sender|person|number|email|address] [as|to|into|in] [a|my|the|] [contact|contacts|new contact|list of contacts]
[i want|i need] to [add|save|create|store] [a|an|the|this|{name}'s] [new|] [contact|email|email address|address]
[email|send an email to|write to] [everyone|my team|all my contacts|the whole class|my group] [about|that|saying] [{topic}|{message}]
[when|what time] did [i|{person}] [last|] [email|mail|write to|send an email to] [me|{person}|]
[how many|any|what] [emails|mail|messages] [from|since|after|before] [{person}|{date}|five pm|yesterday|noon] [are there|came in|]
[email|mail] [{name}|{kin}]
[is|are] [there|] [any|an|] [email|emails|mail|mails] [from|about|regarding] [{person}|{topic}|{company}] [today|]
`,
  analytics: `
4*how many [tasks|to dos|things|items|projects|goals|chores|tickets] [did i|have i|do i|did we] [complete|completed|finish|finished|get done|close|closed|do|done|usually finish|usually complete|knock out|achieve|create] [{period}|on average|per day|each week|]
4*how [many hours|much time|long|many minutes] [did i|have i|do i|did we] [work|worked|spend|spent|spend working|log|logged|track|tracked|focus|put in|usually work|study|studied] [on {proj}|for {proj}|in meetings|on {proj} {period}|{period}|on each project|by project|for client work {period}|doing {proj}|per day]
2*[what|which] [percentage|percent|share|fraction|proportion|number] of [my|the|all] [tasks|time|goals|projects|to dos|day|week|work|tickets|habits] [is|are|was|were|did i|have i|have|went to|got] [completed|done|overdue|late|spent on {proj}|finish on time|finished|high priority|in meetings|blocked|{proj}|finished on time|assigned to {name}|due dates|a deadline]
3*[what is|what's|whats|how is|how's|show|show me|give me|tell me|calculate|graph|plot|chart] my [productivity|completion rate|task completion rate|focus time|productivity score|progress|performance|average|average completion time|streak|current streak|longest streak|habit streak|work life balance|productivity trend|task velocity|velocity|time usage|response rate|workload|burn rate|busiest day|success rate|average workday|screen time breakdown|weekly average|reply time|email reply rate|response time] [{period}|over time|by day|compared to last week|per week|for {proj}|]
3*[compare|contrast] [this|my|last|the] [week|month|quarter|year|productivity|performance|hours|progress|week's tasks|time] [to|with|against|and|vs|versus] [last|the previous|the past|the one before|last year's] [week|month|quarter|year|one|]
2*[am i|have i been|was i] [improving|more productive|getting better|productive|getting more done|on track|falling behind|making progress|less productive|spending too much time in meetings|meeting my goals|overworked|overloaded|working too much|keeping up with my habits|spending my time well|focused enough|ahead of schedule|slowing down|procrastinating] [{period}|than last week|compared to last month|on {proj}|lately|]
2*[what|which] [day|days|hour|hours|time of day|weekday|week|month|days of the week] [am i|was i|were|is|was|do i] [most productive|least productive|the busiest|busiest|my best|get the most done|my most productive|work the most|most focused|my worst|the most overloaded|complete the most tasks] [for me|{period}|]
2*[which|what] [project|projects|tasks|apps|task|categories|clients|areas|goals|habits|websites|tags|activities|groups|people|app|team members] [took|take|do i|did i|are|have|need|needs|has|is] [the most time|up most of my time|spend the most time on|use most|overdue most often|the most open tasks|more attention|behind|at risk|neglect|improve|falling behind|stuck|stalled|the least progress|slipping|distract me the most|the longest|struggling]
2*[summarize|summarise|analyze|analyse|review|evaluate|break down|assess|report on|visualize|give me insights on|give me an overview of|give me statistics on|show statistics for|show me trends in] my [tasks|work|week|month|productivity|time|meeting load|performance|habits|projects|progress|spending of time|schedule load|workload|quarter|goals|focus|tasks by status|tasks by project|completed tasks|task history|time by category|workday] [{period}|by project|by status|]
2*[give me|show me|generate|make|create|produce|build|export|prepare|send me] [a|an|the|my|me a] [weekly|monthly|daily|quarterly|yearly|productivity|time|performance|habit|progress|status|excel|pdf|summary|annual|task|team|hours] [report|summary|review|breakdown|dashboard|chart|graph|statistics|analysis|overview|insights|recap|spreadsheet] [of my tasks|{period}|for {proj}|by project|of this month's hours|on my work|of my time|of hours worked|on my habits|]
[show|show me|give me|display|see|view|what are] [my|the] [stats|statistics|analytics|insights|trends|metrics|kpis|numbers|figures|productivity stats|task statistics|weekly stats|difference in my performance|time breakdown|habit tracking|progress chart|habit report] [{period}|over time|for {proj}|please|]
[where|how] [did|does|do] [my|i] [time|hours|day|week|spend my time|use my time|my week] [go|going|get spent|break down|] [{period}|]
[how|how well|how much] [productive|am i doing|did i do|have i done|have i progressed|efficient|did i accomplish|busy|focused|consistent] [was i|am i|were we|have i been|did i get|with my goals|on my goals|with my habits|] [{period}|]
[what|how much] [did i|have i|did we] [accomplish|achieve|get done|accomplished|complete|completed|work on most|worked on|spend the most time on] [{period}]
[what|which] [is|are|was|were] [my|the] [most productive|busiest|average|best|total|longest|least productive|top|most time consuming] [day|hours|hour|week|number of tasks per day|streak|hours worked|month|project|projects|habits|tasks|activities|time wasters|distractions|focus session] [{period}|]
[how often|how frequently|how consistently] do i [exercise|miss deadlines|finish on time|complete my habits|postpone tasks|work late|meet my goals|skip my habits|hit my targets|reschedule]
[how many] [overdue|open|completed|high priority|unfinished|late|urgent|missed|blocked|recurring] tasks [do i have|are there|were there|did i have|have i missed] [by project|by priority|per project|{period}|]
[how many] [meetings|emails|hours of meetings|calls] [did i|do i|have i] [have on average|attend|send|average|have per week|attended] [{period}|per day|per week|]
[how many|what number of] [days|weeks|times] [in a row|did i|have i] [have i completed|exercise|met my goal|finished everything|worked out|hit my goal|worked overtime|studied|stuck to my habits|logged] [{period}|]
[tasks|hours|time|count|work|open tasks] [completed|worked|spent|by project|per project|by priority|by status|per week|by tag] [{period}|]
[average|total|median] [time|hours|number of tasks|tasks|work hours] [per|completed per|worked per|spent per|in] [day|week|project|task|month|{period}]
[is|was] my [productivity|performance|workload|progress|completion rate|focus] [better|worse|higher|lower|improving|going up|declining|up or down|trending up] [than last week|{period}|over time|this year|]
[predict|forecast|estimate|project] [how long|when|my workload|my completion rate|the time] [{proj} will take|i'll finish {proj}|{period}|]
[what|any] [patterns|trends|insights|correlations|bottlenecks] [do you see|are there|can you find|have you noticed] in my [work|tasks|habits|data|time|week|schedule]
[how does|how did] my [week|month|productivity|day|performance|output] [compare|compare to last week|look compared to|stack up|change] [to last month|to the previous one|{period}|]
[why|what made] [was i|am i|me] [so unproductive|less productive|more productive|behind|so busy] {period}
[track|log|record|monitor] my [time|hours|progress|habits|productivity] [on {proj}|this week|]
[did i|have i] [hit|reach|meet|met|reached|beat|achieved] my [goal|goals|target|targets|weekly goal|habit goal|step goal for work] [{period}|]
[how|what] [are|is] [my|the] [numbers|results|stats|progress|trend|totals|workload|output] [looking|for|like|doing] [{period}|]
[tell me|let me know|explain|show me] how [productive|busy|efficient|consistent|focused|effective] i [was|am|have been] [{period}|]
[tell me|show me|can you show me|i want to see|i'd like to see|let me see] [how many|what percentage of] [tasks|goals|habits|projects|hours] [i finished|i completed|were overdue|i worked|got done|i missed] [{period}|]
[what|which] [tasks|projects|things|task groups|categories|habits] [took me|did i spend|have i spent|are taking|am i spending] [the longest|the most time on|too much time|most hours on|the least time on] [{period}|]
[do i|did i|am i|have i] [spend|spent|spending|waste|wasting|lose] [too much|more|less|enough|most of my|too little] time [on|in] [{proj}|meetings|the important things|my goals|distractions|low priority work] [{period}|than last week|]
[break|split] [down|up] my [time|hours|tasks|week|work] [by|into|per] [project|category|day|client|tag|status|priority] [{period}|]
[what|when] [was|is] my [best|worst|most productive|least productive|longest|busiest] [day|week|month|streak|hour|work session] [{period}|ever|so far|]
[how|what] [far|close] am i [from|to] [my|hitting my|reaching my|finishing my] [goal|goals|target|weekly goal|monthly target|milestone] [{period}|]
[plot|chart|graph|visualize|draw|map] [my|the] [hours|completed tasks|productivity|progress|habit streaks|time|focus time|workload] [{period}|by week|over time|by project|per day]
[rank|list|order] my [projects|habits|tasks|clients|days] by [time spent|hours|completion rate|productivity|number of tasks|progress]
[what|how] [changed|has changed|improved|got worse|has improved] [in|about|with] my [productivity|work|habits|performance|schedule|time use] [{period}|since last month|]
[how many|number of|total|count of] [tasks|hours|meetings|projects|sessions|pomodoros|overdue items] [completed|worked|attended|finished|tracked|logged] [by me|] [{period}|per project|on {proj}]
[what's|what is|show|give me] the [ratio|split|balance|distribution|average|total|number|percentage|share] of [work to rest|meetings to focus time|completed to open tasks|hours per project|tasks per day|overdue tasks|time in meetings|my tasks by status|completed tasks] [{period}|]
[status|progress|summary|overview|report] [of|on|for] [my|all] [projects|goals|tasks|{proj}|habits|work] [{period}|]
[how is|how's] [project {num}|{proj}|my project|the project|my goal progress|my habit|my team] [going|progressing|coming along|doing|tracking] [{period}|against the plan|compared to plan|]
[did|do] i [get|do|accomplish|finish|work] more [this week|this month|today|on {weekday}s|in the mornings] than [last week|last month|yesterday|usual|on average|in the afternoons]
[show|show me|list|get|pull up|summarize|export] [my|all my|the] [time entries|logged hours|tracked time|time logs|work log|work sessions|completed work|activity log|focus sessions|time sheet] [{period}|for {proj}|by client|by day|]
[what|which things|which tasks] did i [work on|spend time on|get through|wrap up|close out|ship|deliver] [{period}]
[how much|how many hours of] [time|focus time|deep work|billable time|unbilled time|overtime|idle time] [have i|did i|do i] [logged|log|tracked|get|have|waste|record] [{period}|on {proj}|per day|]
[which|what] [projects|clients|tasks|goals|habits] [are|is] [over budget|over time|behind schedule|on track|off track|most profitable|taking longer than planned|blocked the longest|almost done|due soonest by workload] [{period}|]
[how am i|how are we|how have i been] [doing|tracking|performing|progressing|trending|keeping up] [on|with|against|toward|in terms of] [my goals|my targets|my habits|my projects|deadlines|my workload|productivity|completed work|{proj}] [{period}|]
[what are|show me|list|identify] my [top|biggest|main|worst] [time wasters|distractions|priorities by time|accomplishments|achievements|projects by hours|productivity killers|bottlenecks|wins|activities] [{period}|]
[what's|what is] [slowing me down|taking up most of my time|eating my time|my biggest time sink|keeping me from finishing|my most common task type|my most neglected project|my average focus session|the longest i have gone without a break]
[where am i|where do i|how do i] [losing time|waste the most time|lose the most time|spend my mornings|spend my time|falling short|spend most of my day] [{period}|]
[am i|are we] [on pace|on schedule|likely|going] to [finish {proj} on time|hit my goal|meet my deadline|reach my target|complete everything] [{period}|]
[calculate|compute|find|work out|total up|add up] [my|the] [average hours|total hours|completion rate|hours per project|time spent per task|overtime|billable hours|tasks per day|productivity score|hours i worked] [{period}|]
[how does|how do|how did] [my|this week's|this month's|today's] [productivity|hours|output|focus|workload|completed tasks|meetings|progress] [compare|stack up|differ] [to|with|from|against] [last week|last month|my average|previous weeks|the month before]
[what|how many|which] [tasks|goals|habits|projects] [have i|did i] [completed|missed|skipped|finished late|postponed|carried over|neglected|abandoned] [the most|{period}|more than twice|so far|]
[graph|show|plot|chart|give me a chart of|give me a graph of] [tasks completed|hours worked|my focus|completed vs open tasks|time by category|my habits|meetings per week|my mood and productivity] [{period}|per week|per day|over time]
[what time of day|what day|which weekday|when] [do i|am i|did i] [get the most done|work best|most focused|finish the most tasks|have the most meetings|most distracted|do my best work|slack off]
[do a|run a|give me a|prepare a|i want a|i need a] [weekly review|retrospective|productivity analysis|time audit|performance review|workload analysis|monthly recap|year in review|progress report|habit analysis|status summary] [{period}|of my tasks|for {proj}|]
[percentage|number|share|count|breakdown|distribution] of [tasks|time|hours|goals|meetings|completed tasks|my week] [by project|spent in meetings|finished late|that were completed|on {proj}|completed on time|by priority|overdue|per category] [{period}|]
[how|in what way] [has|have] [my|the] [productivity|habits|working hours|focus|completion rate|workload|output] [changed|evolved|developed|improved|declined] [{period}|over time|since {month}]
`,
  general: `
3*[what is|what's|whats|what was|what will be|what'll|how is|how's|hows|check|tell me|give me|show me|look up] [the|today's|tomorrow's|this week's|] [weather|forecast|weather forecast|temperature|weather report|weather like|humidity|wind speed|chance of rain|weather going to be like] [like|in {city}|for {city}|in {country}|{date}|outside|right now|in {city} {date}|at {time}|near {city}|]
2*[will|is|does|should|is it going to|will it|does it look like it will|is it] [it|] [rain|raining|snow|be sunny|be cold|be hot|be windy|storm|be cloudy|humid|chilly|freezing|foggy|be warmer|hail|get hotter|sunny|snowing|pouring] [{date}|in {city}|outside|in {country} {date}|in {city} {date}|]
[should i|do i need to|do i need] [bring|take|wear|carry|pack] [an umbrella|a jacket|a coat|sunscreen|a sweater|boots|a raincoat] [{date}|in {city}|]
[weather|forecast|temperature] [in|for|near|at] {city} [{date}|]
[how|what's] [hot|cold|warm|windy|the uv index|the pollen count|the air quality|humid] [is it|will it be|in {city}|outside|going to be] [{date}|in {country}|]
4*play [some|a|the|me|me some|my|] [{genre} music|{artist}|{song}|{song} by {artist}|music by {artist}|{genre}|songs by {artist}|my favorite song|my {genre} playlist|the next song|the last album by {artist}|the radio|a podcast|the news|my audiobook|{title}|a game|music|next episode of my podcast|radio station {num}|some tunes|the latest {artist} album|{song} from {artist}|{genre} from the nineties|{genre} on spotify|on youtube|the song {song}|that track again]
[i want to|i'd like to|i wanna|let me|let's|could we|can i] [hear|listen to|play|put on|watch] [some|a|the|] [{genre} music|{artist}|{song}|{title}|{genre}|music|the news|a podcast|a game of chess|trivia|the radio|harry potter audiobook|something by {artist}]
[put on|start|turn on|resume|pause|stop|skip|shuffle|repeat|replay|rewind|turn up|turn down|continue|mute|queue up] [the|my|this|some|] [music|song|{genre} music|playlist|track|radio|podcast|audiobook|volume|sound|{artist}|next song|album|speakers]
3*[add|put|insert|include] [this|the|that|a|] [song|track|album|tune|artist|{artist}|{song}|{song} by {artist}|current song|current track|{title}] [to|onto|into|on|in] [my|the|] [{genre}|workout|party|summer|road trip|{name}'s|favorites|chill|cleaning|morning|running|sleep|best of|dinner|top hits|indie espanol|this is {artist}|classic|{title}|] playlist
[add|put] {artist} to [my|the|{name}'s] [{genre}|{title}|] playlist
[create|make|start|delete] [a|me a|my|] [new|] [{genre}|workout|party|] playlist [called {title}|with {artist}|]
[what|which] [song|track|music|artist|band|album] [is|was] [this|playing|that|currently playing|on|on the radio|playing right now|{song} from]
[who|which band|what artist] [sings|sang|wrote|performed|made|produced|released|is singing] [this|{song}|this song|the song {song}|that track|this album]
[i like|i love|i hate|save|like|dislike|rate|favorite|remember|i enjoy] [this|that|the current] [song|track|music|playlist|artist|tune|band]
3*[rate|give|i'd rate|i give|i would give|score] [the|this|current|the current|last|my current|previous|a|] [{title}|book|novel|{creative}|essay|saga|series|album|textbook|chronicle|{creative} {title}] [a|] [{num}|{num} stars|{num} out of 6|{num} points|{num} of 6|four|zero stars|a {num}|a rating of {num}|best rating of 6]
3*[find|find me|show|show me|look up|search|search for|i want to see|get me|please search|play|locate|i'd like to see|where can i find|where can i buy|please look up|pull up|help me find|i'm looking for|can you get me] [the|a|] [{creative}|{creative} called|{creative} named|] {title} [{creative}|]
3*[what|when|where|find|show me|give me|which|is|what time is|are there] [movies|films|movie times|movie schedule|movie schedules|animated movies|showtimes|film times|{title}|movie schedule for animated movies] [are|is|for|at|playing|showing|start|in the neighborhood|in the area|near me|nearby] [playing|showing|at {theatre}|tonight|{date}|{theatre}|at {time}|around here|now|]
[is|when is|where is|what time is|at what time is|find] {title} [playing|showing|on|screening|start|being shown] [at|in|near] {theatre}
[give me|get|show|check|i need|i want] the [movie schedule|film schedule|movie times|schedule|schedule of films|list of movies|showtimes|timings|timing] [at|for|in|near|of] [{theatre}|{title}|the area|me]
3*[turn|switch|shut|power] [on|off|down|up] [the|all the|all|my|] {device} [in the {room}|please|now|{time}|]
[turn|switch|shut] [the|my|all the] {device} [on|off|down|up|low|all the way up] [in the {room}|please|]
2*[set|change|make|adjust|dim|brighten|lower|raise|increase|decrease|reduce] [the|my|all|] [{device}|lights|light|{room} lights|volume|brightness|temperature|thermostat|light color|heat|speed|sound] [to {colour}|in the {room}|to {num}|to {num} percent|to {num} degrees|{colour}|by {num}|more|a bit|]
[make|brew|prepare|start|get|fix|pour] [me|] [a|some|the|] [coffee|cup of coffee|espresso|latte|cappuccino|strong coffee|hot chocolate|pot of coffee] [please|{time}|now|in {num} minutes|]
[lock|unlock|open|close|check] the [front door|doors|garage|garage door|windows|blinds|gate|curtains]
[start|stop|run|activate|dock|turn on] [the|my|] [vacuum|vacuum cleaner|roomba|robot|cleaning robot|dishwasher|washing machine|sprinklers|hoover] [in the {room}|cleaning the {room}|now|please|]
[it's|it is|the room is|i'm] too [dark|bright|cold|hot|loud|quiet] [in here|in the {room}|]
3*[what is|what's|whats|define|explain|tell me about|what does|what do you know about|describe|what are|who invented|give me the definition of|what is meant by|look up|meaning of|the definition of] [{concept}|the meaning of {concept}|{concept} mean|the word {concept}|a {animal}|{sports}|the history of {country}|the theory of {concept}|the term {concept}]
3*[who|what|where|when|how] [is|was|are|were|did] [{figure}|the population of {city}|the population of {country}|the capital of {country}|the tallest building|the largest ocean|{city}|{country}|the height of {figure}|the biggest city in {country}|the oldest person|the longest river|the deepest lake|the age of {figure}|{figure} born|{figure} die|{figure} married to|world war two|the civil war|the moon|the distance to the sun|the speed of light|the best {animal}|the national animal of {country}|president in 1970|the author of {title}|the director of {title}|the host of {title}] [from|doing|now|born|]
[how] [old|tall|rich|big|far|long|heavy|fast|deep|many years|hot|strong] [is|was|can|does|do] [{figure}|a {animal}|mount everest|the moon|the sun|{city}|a {animal} live|a {animal} run|the earth|{sports} games|the great wall|the amazon river|an average {animal}]
[how many] [people|states|moons|planets|bones|calories|countries|days|ounces|feet|miles|teeth|legs|stars|points|goals|languages|carbs|hours of sleep|grams of sugar|seasons|episodes] [live in {city}|are there|are in {dish}|does jupiter have|in the human body|in a cup|in a mile|does a {animal} have|are in a pound|does {figure} speak|until christmas|in {food}|in a year|of {title} are there|should i get|did {sports} score|have i walked today|are left in the game]
2*[why|how come] [is|are|do|does|did|can't] [the sky blue|the ocean salty|{animal}s bark|people yawn|leaves change color|we dream|{country} at war|{figure} famous|the moon round|cats purr|{company} stock falling|my {device} broken|gas so expensive|my phone so slow|my back hurt|it so hot|{concept} important|birds migrate|the {animal} endangered|bread rise|onions make you cry|hair turn gray]
4*how [do i|do you|to|can i|would i|does one|should i|do people|might i] {how} [at home|quickly|without {food}|]
[what is the|what's the|whats the|which is the|is there a] [best|easiest|cheapest|fastest|right|quickest|proper|good|safest] [way|method|time|place|tool|app|book|website|thing|product] to {how}
3*[where|what|which] [is|are|'s] [the|a|some|] [nearest|closest|best|good|cheapest|nicest|top rated|most popular|highest rated] [{cuisine} restaurant|{placekind}|{cuisine} restaurants|{placekind}s|place to eat|{cuisine} food|place for {dish}] [near me|in {city}|around here|nearby|in the area|open now|in town|downtown|close to me|]
2*[find|find me|show me|recommend|suggest|search for|look for|locate|i need|i want|take me to|give me] [a|some|the|an|any|] [good|nice|cheap|nearby|nearest|fancy|local|great|romantic|] [{cuisine} restaurant|{placekind}|{cuisine} food|{cuisine} restaurants|place to eat|{placekind}s|shops|events in {city}|things to do in {city}|movie|pub|clubs|tourist attractions in {city}] [near me|in {city}|around here|nearby|downtown|with good reviews|within {num} miles|that delivers|]
[are there|is there|do you know] [any|a|some] [good|nice|cheap|] [{cuisine} restaurants|{placekind}|{placekind}s|{cuisine} place|bars|concerts|parks] [near me|in {city}|around here|nearby|open late|that have live music|]
[what|which|any] [movie|movies|film|restaurant|place|show|book|series|things|games] [should i|do you recommend i|can i|would you suggest i|is good to] [watch|go to|see|read|eat at|visit|try|do in {city}|play] [tonight|{date}|with kids|this weekend|in {city}|]
[recommend|suggest] [me|] [a|some|something|an] [movie|book|good movie|restaurant|recipe|{cuisine} dish|meal|dinner|show|documentary|song|vacation spot|game|gift for {person}] [to watch|for tonight|for dinner|please|with chicken|playing nearby|]
[how|what|does|is|are] [are the reviews|reviews|ratings|good is|popular is|busy is|long is the wait at|crowded is|packed is|expensive is] [for|of|at|] [{company}|the {cuisine} place|{placekind}|{company} on main street|{company} {time}|{company} at this time]
[does|do|will] [{company}|the {placekind}|that {cuisine} place|{company} in {city}] [take reservations|accept reservations|do takeout|deliver|have outdoor seating|have vegan options|have parking|take walk ins|serve alcohol|open on {weekday}|sell {food}|hire at sixteen|have {dish}|price match]
[cancel|confirm|change|check|verify] [my|the|our] [dinner|hotel|table|restaurant|lunch|] [reservation|reservations|booking] [at {company}|for {num}|for {date}|at {company} {time}|under {name}|for {name} at {company}|please|]
[how long|what temperature|how much time|at what temperature] [do i|should i|does it take to|to|will it take to] [cook|bake|boil|grill|roast|make|fry|steam|smoke|microwave] {dish} [for|at|in the oven|on the grill|]
2*[how do i|how do you|how to|can you tell me how to|what's the best way to|teach me to|show me how to|recipe for|give me a recipe for|find a recipe for|find me a recipe for|i need a recipe for|what is the recipe for|look up a recipe for|directions for making] [make|cook|bake|prepare|] {dish}
2*[what|which|list the|tell me the|what are the|give me the|list of] ingredients [do i need|are in|go in|go into|are needed|for|in|do you need for|do i need to make|are required for|to make|should i buy for|i need to get to make] {dish}
[can i|what can i|is it ok to] [substitute|use|replace|swap] {food} [for|with|instead of] {food} [in {dish}|when baking|]
[is|are] {food} [healthy|good for you|bad for dogs|gluten free|vegan|high in sugar|fattening|still good|bad|safe to eat raw]
[how many calories|how much fat|how much protein|how much sugar|what nutrients|what vitamins] [are in|is in|does|are there in|has] [{food}|{dish}|a slice of {dish}|a big mac|a bowl of {food}|a serving of {food}]
[what should i|what can i|what do you want to|give me ideas for what to|what's good to] [make|cook|eat|have|fix] [for dinner|for lunch|for breakfast|with {food}|tonight|with leftover {food}|]
3*[what is|what's|whats|tell me|check|how much is|when is|where do i find|can you tell me|i need to know|look up|show me|find out] [my|the] [interest rate|apr|credit limit|minimum payment|routing number|pin|rewards balance|account number|card expiration date|credit card apr|points balance|annual fee|interest on my savings|insurance plan|health plan|401k|application status|foreign transaction fee|cash back|mortgage rate|vin number|insurance deductible|overdraft fee] [on|for|of|with|at|] [{bank}|my card|my account|my loan|]
2*[i need|i want|help me|how do i|can i|please|i'd like|i have|can you|what do i do] to [change my pin|freeze my account|block my card|report fraud|report a stolen card|report a lost card|get a new card|increase my credit limit|raise my credit limit|redeem my points|set up direct deposit|improve my credit score|dispute a charge|transfer money|send money to {name}|roll over my 401k|change my insurance|apply for a credit card|close my account|open an account|cash in my rewards|unlock my account|activate my card|replace my card|add someone to my account|wire money|apply for a loan|file an insurance claim|get a cash advance|tell my bank i'm traveling|stop payment on a check|change my tax withholding]
2*[my|why was my|why is my|why did my|the] [card|credit card|debit card|account|bank account|purchase|visa|payment] [was|got|is|has been|get|was just|keeps getting] [declined|stolen|lost|blocked|frozen|damaged|hacked|on hold|rejected|denied|locked|not working|cracked|bent|compromised|suspended] [at {company}|yesterday|in {country}|]
[transfer|move|send|wire|deposit] [{num}|{num} dollars|money|some money|$100|{num} hundred dollars] [from|to|into|between] [{bank}|my savings|checking|{name}|my accounts|{bank} to {bank}|savings to checking]
[how long|when] [will it take|does it take|until|will|should i expect] [to get|for|] [my|a] [new card|replacement card|credit card|application|loan|tax refund|package|order] [to arrive|to come in the mail|to be approved|come|arrive|]
[are there|what are the|what|do i pay] [international|foreign|transaction|atm|late|annual|overdraft] fees [on|for|with|if i use] [{bank}|my card|in {country}|my card in {country}]
[let|notify|tell|inform] [{bank}|the bank|my bank|my credit card company] [know|that|] [i'm|i am|i'll be] [traveling|going|travelling|in {country}|visiting] [to {country}|abroad|soon|next week|]
[how do i|do i|how much do i owe in|what are my|am i going to get|when are] taxes [this year|due|federally|in {country}|back|]
[what|which] [is|are] the [exchange rate|conversion rate|rate] [between|from|for|of] {currency} [and|to] {currency}
[how much|how many|what is|what's|convert|exchange] [is|are|] {num} {currency} [in|to|worth in|equal in] {currency}
[how many|what is|convert|how much is] [{unit}|{num} {unit}] [are in|in|to|is in|into|is equal to] [a|{num}|] {unit}
[what is|what's|calculate|whats|solve|compute|add|multiply|tell me|how much is|figure out] [{num} plus {num}|{num} times {num}|{num} divided by {num}|the square root of {num}|{num} percent of {num}|{num} minus {num}|{num} and {num} together|pi|the sum of {num} and {num}|{num} squared|x if {num} x is {num}]
[what is|how is|how's|check|tell me|give me|what's] [the|] [{company} stock price|price of {company} stock|stock price of {company}|stock market|dow|price of gold|nasdaq|{company} trading at|{company} stock doing|value of {company} shares|share price for {company}|price of bitcoin] [today|now|at the moment|]
2*[what's|what is|how much does|how much is|how much are|how much would|what does|where can i buy|where can i get|is it worth buying|should i buy|best price on|how expensive is] [the price of|] {product} [cost|worth|on sale|going for|at {company}|online|these days|in {city}|]
[who|what team|when|did|how] [won|is winning|play|plays|do|does|did] [the game|{sports}|{sports} last night|in {sports}|{sports} play next|the championship|the match between {sports} and {sports}|{sports} win|the most {sports} titles|{sports} doing this season]
[what|what's|tell me|give me|show me|check] the [score|scores|results|standings|schedule] [of|for|in] [the|] [{sports}|{sports} game|last {sports} game|match|{sports} season]
3*[tell me|what's|what is|give me|read|play|show me|find|get|any|look up|update me on|search for] [the|some|today's|me|] [news|latest news|headlines|breaking news|top stories|local news|world news|sports news|news about {topic2}|news on {figure}|latest on {topic2}|political news|cnn news|headlines from the bbc|new york times headlines|articles about {topic2}|updates about {topic2}|stories on {concept}] [please|today|in {city}|]
[what's|what is|whats|anything] [happening|going on|new|trending] [in|with|on] [the world|{country}|{city}|politics|{sports}|twitter|{figure}|{company}|the election|technology|the stock market]
2*[book|buy|get|find|reserve|order|purchase|check|look for|search for] [me|] [a|the|some|] [train ticket|train tickets|bus ticket|taxi|cab|ride|train|uber|tickets|plane ticket|subway pass|ferry tickets] [to|from|for] [{city}|the airport|{city} to {city}|work|the {placekind}|downtown] [{when}|]
2*[when|what time|how often|which|is|are] [does|is|are|do|will] [the|] [next|first|last|] [train|bus|ferry|subway|flight|plane|trains] [to {city}|from {city}|leave|arrive|depart|run|coming|on time|for {city} leave|delayed|get to {city}|scheduled to arrive] [{date}|]
[train|bus|flight] [times|schedule|schedules|ticket|timetable] [to|from|for] {city} [{date}|]
2*[what's|what is|how's|how is|is there|check|tell me about|how bad is|any|how heavy is|show me] [the|any|] [traffic|traffic like|traffic jam|an accident|heavy traffic|construction|congestion|road work] [on my way to work|on the highway|to {city}|right now|on i {num}|downtown|near me|on the way home|at {time}|ahead|to the {placekind}]
2*[how do i|how can i|give me directions|directions|navigate|take me|show me the way|show me a map|what's the fastest route|fastest way|how far|how long does it take|how long will it take|what's the distance|what is the distance|how many miles] [get|to get|to|is it|] [to|from|home from|between] [{city}|the airport|the nearest {placekind}|{placekind}|here to {city}|work|home|{company}|{city} to {city}|{city} and {city}|the {placekind}]
[where|what|where the hell|tell me where|find] [am i|is my current location|are we|is this place|street am i on|is my location|city am i in|'s my gps location|my exact location|{name} right now]
2*[what|when|how|where|is|does|do|my|should|check|why|i need] [kind of gas|is my tire pressure|much gas|do i change the oil|often do i change my oil|do i change a flat tire|is my next oil change|was my last oil change|many miles per gallon|do i jump start|tire pressure|gas mileage|fuel|engine|car battery|oil level|check engine light|tires|brakes|air in my tires|transmission] [does my car take|is left in my tank|does my car get|do i have|in my car|on|should i use|is low|flat|a car|need|in the tank|replaced|making noise|dead]
2*[what|do i|is|are|which|how many|can i|does] [the carry on policy|vaccines|a visa|plug adapter|shots|carry on rules|plug type|vaccinations|travel alerts|bags can i check|liquids|a passport|travel warnings|luggage rules|outlet] [do i need|for|required for|on|to visit|to travel to|needed in|in|allowed on|used in|have to go to|does] [{country}|{company}|{city}|go to {country}|enter {country}|use]
[is it|is|how] safe [to|is|in] [travel to|visit|go to|drive in|{country}|{city}] [{country}|right now|at night|]
[my|the airline lost my|they lost my|i lost my|where is my|help me find my|{company} lost my] [luggage|bags|suitcase|baggage|phone|wallet|keys|glasses|ticket|dog]
[has|is|when does|when will|what's the status of|what is the status of|check on|will] [my|the|] [flight|{company} flight|flight {num}|{name}'s flight|plane] [landed|delayed|on time|board|land|from {city}|boarding|departing|arrive|late|number {num}|cancelled]
[where|what|which] [should i|can i|are good places to|places are good to] [go|travel|vacation|visit|see|do|stay] [on vacation|in {country}|in {city}|this summer|with the family|when i'm in {city}|for spring break]
[what|things|fun things|sights] [is there|to do|can i do|to see|attractions are|are] [to do in|in|to see in|around|near] [{city}|{country}]
3*[translate|how do you say|how do i say|how would i say|what is|what's|say|how can i say|tell me how to say|what's the word for] {phrase} [in|to|into] {language} [please|]
[how do you|how to|can you|please|] spell [the word|] [{concept}|{country}|necessary|rhythm|{animal}|restaurant|pneumonia|{city}]
[speak|talk|switch|change|set|can you talk] [to me in|to|your language to|the language to|in] {language} [please|from now on|]
[change|switch|use|set|make] [your|the|to a|a] [accent|voice|name|language|speed|tone|british accent|male voice|female voice|female accent] [to {language}|to {name}|faster|slower|to british|please|to a male one|]
[speak|talk|speak to me|answer|go|please speak] [slower|faster|louder|softer|more quietly|in a whisper|quieter|slowly|quickly|normally again|up]
[what|who|how|where|do|are|can|when] [is your name|are you|made you|old are you|are you from|do you work for|you have pets|you a robot|you human|you like {food}|is your favorite color|do you do for fun|were you created|you sing|you dance|you feel|your hobbies|is your birthday|you real|programmed you|you love me|your purpose|you sleep|do you live|you smart|company made you|is your boss|things interest you|is your favorite movie|you ai|you dream]
[call me|my name is|change my name to|from now on call me|you can call me|i'd like you to call me|what's my name|do you know my name|your name is now|i want to call you|what do you call me] [{name}|]
2*[tell|say|give|i want to hear|do you know|let me hear|know any|share|make me laugh with] [me|] [a|an|another|some|any|] [joke|funny joke|good joke|fun fact|interesting fact|story|jokes about {animal}s|fact about {country}|fun fact about {animal}s|riddle|poem|something funny|something interesting|knock knock joke|bedtime story|trivia about {topic2}|quote|secret]
[flip|toss|roll|throw] [a|the|] [coin|dice|die|{num} sided die|pair of dice] [and tell me the result|for me|please|]
[hi|hello|hey|good morning|good evening|good night|bye|goodbye|see you later|thanks|thank you|thanks a lot|how are you|how are you doing|how is it going|what's up|how was your day|nice to meet you|have a good day|talk to you later|you're welcome|you are the best|good job|you are funny|i am tired|i am bored|i'm hungry|i feel sad|i love you|shut up|be quiet|stop talking|never mind|that's great|good afternoon|sorry|well done|not bad|i'm happy today] [there|my friend|so much|robot|today|]
[what is|what's|tell me] the [meaning|purpose|point] of [life|existence|everything|love|this]
[what|how|is|are|can|should] [the symptoms of|do i treat|you treat|the cure for|causes|to do about|contagious is|long does|i get rid of|helps with|medicine for] {symptom} [last|at home|in kids|]
[what's|what is|what are|which|who has] the [best|biggest|fastest|smallest|most popular|most expensive|worst|cheapest|funniest|oldest|healthiest|highest paid] [{animal}|{placekind}|{sports} team|car|phone|{cuisine} dish|movie of all time|{genre} band|city in {country}|college|diet|job|programming language|laptop|airline|video game|tv show|workout|stock to buy|superhero|breed of {animal}|paint for {room}s|credit card|brand of {food}] [in the world|ever|right now|to own|for beginners|this year|]
[who|what] [wrote|directed|invented|discovered|painted|founded|starred in|played|created|composed|built] [{title}|the telephone|penicillin|{company}|the light bulb|america|the mona lisa|in {title}|the internet|the pyramids|{concept}]
[do|does|can|are|is|did|will|would|could] [{animal}s|men|women|dogs|people|babies|plants|{figure}|{company}|aliens|ghosts|the {sports}|the earth|teenagers|robots] [sleep|fly|eat {food}|get cancer|exist|like {food}|live in {country}|swim|make good pets|run for president|go extinct|own {company}|bite|need water|take over the world|see in the dark|offer discounts|get {symptom}]
2*[look up|search|google|find|find out|research|search the internet for|search the web for|show me|give me|get me|i want|tell me|i need] [information|info|facts|articles|reviews|pictures|videos|details|some information|data|tutorials|tips|prices|more] [on|about|for|of] [{concept}|{topic2}|{product}|{figure}|{country}|{animal}s|{company}|{how}|{title}|{placekind}s in {city}|{symptom}|{sports}]
[make|write|give me|come up with|create|draw] [me|] [a|some|the|] [list of names for a {animal}|list of good books|list of {country}'s presidents|poem about {topic2}|list of the best {placekind}s in {city}|essay on {concept}|story about a {animal}|list of ways to {how}|slogan for {company}|name for my {animal}|list of ideas to {how}|list of {genre} bands|picture of a {animal}|list of cheap {placekind}s|list of ingredients for {dish}|business plan]
[open|launch|close|install|download|update|uninstall|start|use|restart] [the|] [camera|app|spotify|netflix|youtube|facebook|maps|calculator|browser|game|chess|settings|windows|photos app|operating system|my computer|instagram] [app|please|on my phone|on the tv|]
[take|show|delete|edit|organize|upload|send|print|share|crop] [a|my|the|] [picture|photo|selfie|photos|screenshot|video|photos from last summer|pictures of {name}|photo album|wallpaper] [for me|on facebook|to the cloud|please|]
[how|what|is|where] [much battery|the battery level|my battery|much storage|my ip address|is my phone number|much memory|the wifi password|my wifi speed|my data usage|much space|my screen time] [is left|do i have|on this phone|does my phone have|left|on my laptop|at]
[drive|wash|sell|paint|start|lock|unlock|find] [the|my] car
[order|get|buy|i want|i'd like] [me|us|] [a|some|] [{dish}|pizza|{cuisine} food|{cuisine} takeout|burger and fries|large pepperoni pizza|takeaway|dinner|sushi] [from {company}|for delivery|to go|for pickup|please|for dinner|delivered]
[does|can i|do they|is] [{company}|the {cuisine} place|{company} delivery|the pizza place] [deliver|offer takeaway|do delivery|order takeaway|pick up food] [to my address|tonight|from {company}|near me|here|packages on {weekday}]
[has|where is|what's the status of|when will|how long until|track] my [order|package|delivery|pizza|food|takeaway|amazon package|shipment] [arrive|coming|be here|been shipped|from {company}|on its way|ready|]
[what is|what's] [your|the] [opinion|thought|take|favorite] [on|about|thing about|] [{topic2}|{figure}|{title}|{concept}|{country}|music]
[do you|did you|would you|have you|can you] [like|know|think|believe in|remember|ever|want|see|cook|drive|help me {how}|recommend|explain {concept}|hear about|read|watch] [{topic2}|{title}|{figure}|{food}|me|{country}|{animal}s|a joke|god|{sports}|something|]
[when|what day|what year|how long ago|how long until] [is|was|does|did|will] [mother's day|the election|the super bowl|{title} released|{title} come out|the next full moon|school start|the sun set|easter|{figure} born|the civil war end|winter start|the new iphone come out|the next season of {title}|tax day|daylight saving time|the last eclipse|{company} founded|summer vacation start|{company} open|the {placekind} close]
[my|the|our|a] [{device}|phone|computer|car|dog|cat|toilet|wifi|internet|screen|sink|roof|{animal}|printer] [is|won't|keeps|has|does not] [broken|turn on|work|leaking|working|making a weird noise|overheating|sick|slow|freezing|stopped|charge|connect] [what should i do|how do i fix it|help|]
[i am|i'm|i feel|i think|i want|i need|i hate|i had|i was|i just|we are|this is|it's|you are|she is|he is|they are|that was] [feeling sick|so tired|very hungry|bored|excited about the game|in love|going crazy|allergic to {food}|a vegetarian|getting old|from {country}|thinking about {topic2}|a nice day|sad about {figure}|the best assistant|really into {genre}|a terrible day|new in {city}|scared of {animal}s|looking for a job|learning {language}|a funny one|so annoying|wrong|not what i asked for|lonely|ready]
[is|was|are] [{figure}|{title}|{city}|{company}|{product}|{concept}|{country}|{food}|{sports}] [alive|dead|a good movie|dangerous|real|worth it|expensive|open today|better than {company}|still popular|available in {country}|hard to learn|good|legal|coming back|married|in {country}|any good|famous]
[what|which|how] [team|person|state|actor|celebrity|animal|planet|color|car|movie|country|language|song|food|university|day of the week|religion|brand|hand|vitamin] [is|has|does|did|was|do|won] [the most popular|closest to the sun|the biggest|{figure} play for|the safest|best for {symptom}|in {title}|considered lucky|the fastest|the most wins|spoken in {country}|you like best|served at {company}|{title} filmed in|the best at {sports}|healthiest]
[what's|what is|tell me] [a|the|an|another] [synonym|antonym|word|rhyme|nickname|abbreviation|slang|name] [for|of|that rhymes with] [{concept}|happy|{animal}|big|{city}|beautiful|love|{food}]
[can|could|may|should|will] [i|you|we|someone|anyone|my {animal}|a person] [eat {food} while pregnant|{how}|get {symptom} twice|drink tap water in {country}|recycle {thing}|bring {food} on a plane|beat {name} at chess|explain {concept}|drive in {country}|wear white after labor day|live on mars|deduct {product}|sue {company}|retire early|return {product}|use {food} as {food}|overdose on vitamins]
[what happens|what would happen|what if] [if|when] [i {how}|the sun dies|you eat too much {food}|{figure} loses|the {animal}s go extinct|i don't pay taxes|you never sleep|the internet goes down]
[volume|louder|quieter|mute|unmute|next|stop|pause|resume|skip|shuffle|lights off|lights on|radio on|brighter|dimmer|coffee|vacuum|weather|news|music|joke|traffic|play|silence|speak up] [please|now|]
[shut|quiet|turn] [down|up|off|your mouth] [now|for an hour|]
[how is|how's|what's|what is] [the|] [real estate market|housing market|job market|economy|air quality|surf|skiing|water temperature|crime rate|cost of living|tuition|minimum wage|speed limit|drinking age|unemployment rate|school district] [in|at|near] [{city}|{country}|{company}|my area]
[set|put|enable|disable|turn on|turn off|use|activate] [my|the|] [phone|device|] [on silent|do not disturb|whisper mode|airplane mode|bluetooth|wifi|dark mode|night mode|flashlight|location services|data|volume to {num}|to vibrate]
[how much|how many|what] [electricity|energy|water|steps|calories|power|data|gas] [have i used|did i use|have i burned|am i using|do i use|did i take|does my {device} use] [{date}|this month|today|per month|]
[what|which] [schedule|time|hours] [is|does|are|do] [the bus|{company}|the {placekind}|the train|the library|{company} on {weekday}|the store] [on|open|close|run|close {date}]
[is|are] [the|] [{placekind}|{company}|banks|schools|{placekind} on main street] [open|closed|busy] [{date}|right now|on {weekday}|on christmas|]
[how do|how does|how did] [{concept} work|a {device} work|{animal}s mate|{figure} die|planes fly|{company} make money|airplanes stay in the air|{sports} start|volcanoes form|magnets work|you feel about {topic2}|{country} get its name]
[who|what|where] [do i|can i|should i] [call|contact|talk to|go|complain to|ask|write to] [about|for|to|if] [{how}|my {device}|a refund from {company}|{symptom}|a noisy neighbor|jury duty|legal advice|a job at {company}|{product}]
[i'd like|i want|i need|give me|get me|show me|get] [a|an|some|the|] [refund|{product}|quote for {product}|better job|{dish}|new {device}|vacation in {country}|{animal}|hug|massage|tutor|cheap flight|recipe|map of {city}|taxi|picture of {figure}|cheaper phone plan|second opinion|ride home|discount at {company}|upgrade|nap|doctor|personal trainer]
[submit|put in|file|start|make|send|place] [a|an|my] [request|claim|complaint|application|bid|insurance claim|request for {product}|refund request|order for {product}|petition|bet on {sports}|police report|donation to charity|payment] [to|for|with|at|] [{company}|{bank}|my insurance|the city|]
4*[i want to know|can you tell me|do you know|tell me|i need to know|i'd like to know|please tell me|any idea|let me know|i am wondering|i was wondering|find out|explain|i'm curious] {clause}
2*[i need|i want|i would like|i'd like|i'm trying|help me] to [find out|know|learn|find|see|understand|figure out|get|check|hear] {clause}
[i need|i want|help me|i'm trying|i would like|where can i go|is it easy|is it hard|is it possible|do i need a license|am i allowed|is it legal] to {how}
[are we|am i|are you|are people|is anyone|is a tenant|are kids] allowed to [{how}|water the lawn|park here|bring {food} into {country}|smoke in {city}|have a {animal}|fish in the lake|fly a drone]
[when|what day] [should|can|do|will|did] [i|we|they|people] [{how}|plant {food}|vote|get my next shot|see the next eclipse|change the clocks|wash my {animal}|stop watering the grass]
[set|change|make] the [mood|scene|color|vibe|tone|voice] [for a party|to {colour}|romantic|in the {room}|please]
[what|which] {creative} [should i|won|is|was|has|did] [best picture|watch next|the longest|by {figure}|the most popular|the first|nominated]
[organize|sort|arrange|rank|order|list|group] [my photos|the planets|the states|my closet|these numbers|the presidents|my bookshelf|the pictures|my apps] by [size|color|year|date taken|distance|age|name]
[show|put|see|view] [my location|the map|the time zone|the radar|directions|the score|the lyrics|a picture of a {animal}|the route|traffic] [on the map|on the screen|for {city}|please|]
[how many] [hours|minutes|days|weeks] [is the flight to {city}|does it take to {how}|is a work week in {country}|of daylight are there in {country}|should a {animal} sleep|until {city}|does {dish} take to cook|in a year|long is {title}|of battery do i have]
[i|we] [need|want|gotta|have] [to|] [hear some music|go faster|speak {language}|some gas|a laugh|directions to {city}|a new {product}|something to eat|some {genre}|an answer|a better price on {product}|wake up|calm down]
[schedule|list|agenda|program] [of|for] [the {sports} season|the train to {city}|the concert|tv tonight|{company} stores in {city}|presidents|movies|ingredients for {dish}|countries in europe|good {placekind}s]
[what|when] is the [train|bus|movie|game|flight|tv|school|trash pickup|{sports}] schedule [for|in|to|] [{city}|{date}|this season|]
[what|where] is the [address|phone number|email address|website|meeting point] [of|for] [{company}|the {placekind}|city hall|the embassy of {country}]
[remove|delete|erase|get rid of|cancel] [a stain from {thing}|my {company} account|the app|this song|the song from my playlist|hair from the drain|my {company} order|my subscription to {company}|the virus on my computer|mold from the {room}|rust from metal|my hotel reservation|wrinkles]
[add|put|save] [{num} and {num}|{song} to the queue|this artist to favorites|{name} to my bank account|a tip to my order|more salt|money to my card|a user to my account|this station to favorites]
[send|transfer|give] [{num} dollars|money|flowers|a package|a gift card] to {person}
[what|how] [do|does|did|is] [{animal}s|a {animal}|mummies|astronauts|vegans|{figure}|the ancient greeks|people in {country}] [eat|drink|do|wear|live|sleep|celebrate christmas|look like|called|communicate]
[how's|how is|what's|what is] [the|] [day|life|it|everything|work] [going|with you|like in {country}|been]
[remember|forget|note] [that|] [this song|i like {genre}|my name is {name}|i love {food}|what i said]
`,
};

/** Slots only used by the corpus. */
export const corpusSlots: Readonly<Record<string, string>> = {
  clause:
    'how to {how}|what {concept} is|who {figure} is|how old {figure} is|where {country} is|how far {city} is|what the weather is like in {city}|if it will rain {date}|how much {product} costs|when {title} comes out|who won the {sports} game|why the sky is blue|how many calories are in {food}|what time {company} closes|how {concept} works|where the nearest {placekind} is|the capital of {country}|the meaning of {concept}|what {phrase} means in {language}|if {company} is hiring|how to make {dish}|what goes in {dish}|my credit score|my interest rate|my account balance|why my card was declined|how to get to {city}|what the traffic is like|if my flight is delayed|how tall {figure} is|which {placekind} is open|the best {cuisine} restaurant in {city}|the score of the {sports} game|the exchange rate for {currency}|what song this is|who sings {song}|a good {placekind}|some facts about {animal}s|what shots i need for {country}|when to change my oil|how to say {phrase} in {language}|what to cook|how to treat {symptom}|the history of {country}|the news|who made you|the lifespan of a {animal}|the price of {product}',
  period:
    'today|yesterday|this week|last week|this month|last month|this quarter|last quarter|in q1|in q2|this year|last year|over the past month|in the last 30 days|in the past two weeks|since january|in {month}|between monday and friday|so far|so far this week|lately|in 2023|over the last quarter|last friday|in the last six months|for the past year|during the last sprint',
  appt: 'dentist|doctor|haircut|standup|stand up|gym|vet|hairdresser|checkup|therapist|orthodontist|barber|yoga|pilates|review|retro|kickoff|one on one|sync|interview|physio|massage|lesson|practice|rehearsal|playdate|planning|demo|lunch|dinner|brunch|breakfast|call|eye doctor|optometrist|dermatologist|tutoring|car service|viewing|inspection|date night',
  topic2:
    'politics|the election|climate change|football|the economy|space|{figure}|{company}|{country}|technology|health|the war|{concept}|cars|cats|school|love|money|{sports}|the environment|history|science|religion|movies|art|gun control|immigration|fashion|travel|education|nature|the stock market|electric cars|video games',
};

/** What people put before a request; sampled in front of some sentences. */
export const openers =
  'please|hey|olly|hey siri|alexa|can you|could you|would you|can you please|could you please|i want you to|i need you to|hi|ok google|please can you|hello|i would like you to|will you|would you please|hey google|okay|yo|just|quickly|can you help me|go ahead and|so';
