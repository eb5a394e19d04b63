import type { AgentName } from '../../contracts/chat.ts';

/**
 * Templates as in the corpus, for sentences that share their words with another agent's: lists that are not the user's, dates of the world, figures of the
 * world, messages that are no mail; and short, broken or lower-case requests. Written for this project.
 */
export const contrasts: Readonly<Record<AgentName, string>> = {
  task: `
2*[buy|get|order|pick up] [{num}|the|a few|] tickets for [the|] [{event}|show|{num} pm show|concert|{title}|play|match] [{date}|{when}|]
2*[note|task|memo|to do|todo|reminder|new task|new note|new reminder|add task|a task|a note]
4*[add|buy|get|need] [{food}|{food} and {food}|some {food}|more {food}] [please|]
2*add {errand} [{date}|]
[we|i] [still|] need [{food}|{food} and {food}|more {food}] [from the store|from the supermarket|]
[do|did] we [still|] [need|want|have to get] [{food}|any {food}] [{date}|]
2*[stick|pop|chuck|drop|note|get|slip|scribble] {food} [on|onto|down on] [my|the|our] [{list}|shopping|groceries]
[scratch|strike|take|drop|leave] {food} [from|off] [what we need|the things to buy|the shopping|what i have to get]
2*[check off|tick off|cross out|tick|cross off] [the|] [{food}|{chorehing}|{thing}|cards|laundry|first one|groceries]
[{food}|{chorehing}] [is|are] [done|bought|taken care of|finished] [take it off|cross it off|]
[whats|what's|what is] [left|missing|remaining|still open] [on|from|in] [my|the] {list}
[is|are|was|were] {chorehing} [among|part of|one of] [my|the] [tasks|chores|to dos|things to do|errands]
[have|did] i [put|write|written|got] {chorehing} [down|] [as a to do|as a task|on my tasks|among my chores]
[jot|stick|pop] {chorehing} [on|under] [my|the] [chores|tasks|to dos|errands]
2*[please|] [{food}|{food} and {food}] [on|onto] [the|my] [shopping|grocery|] list
{listmain} [add {food}|please add {food}|delete {food}|show|read|open|clear]
[make|start|new|create|open|show|delete|read|my|remove|clear] {list}
[make|create|start] [a|] list [called|named|for] [{name}|{city}|{event}|work|weekend]
2*[remove|delete|add|take|put] [{name}|{num}|that|this|it|the second|the last] [item|entry|one|thing|name|] [from|off|to|on] [my|the|] [{list}|list]
[what|which] [lists|list] [exist|are there|have i made|did i make {date}|do i keep]
[how many|what] [items|things|entries|events|names] [are|does|do i have] [on|in] [my|the] {list} [have|]
[delete|remove|forget|undo|erase] [what|everything] i [just|] [typed|wrote|entered|told you]
[add|save|put] [new|some|more|] [entries|names|books|movies|ideas] [to|on|in] [the|my|a] [list|reading list|watch list|to read list|bucket list]
[i'd like|i would like|i want] {food} [put|added|written] [on|to|down on] [the|my] {list}
[i no longer|we no longer|i don't] [want|need] {food} [on|from] [my|the] {list}
2*[set|set up|create|make|i need|get me|give me] [a|another|an|one more|] reminder [that|so] i [should|must|have to|need to|will|can] {errand} [{when}|]
2*[set|make|create|add] [a|] [new|] reminder [for {date}|at {num} pm|{date} at {num} am|for later|in a while|for this|for me {date}|{time}]
[what|which|show me the|read me my|do i have any|cancel my|list] reminders [for {date}|{date}|i have|have i got|are there|]
[what's|what was|which was] [that|the] thing i [told|asked|wanted] you to [remember|remind me about|help me remember]
[what|which things] [must|should] i not forget [{date}|]
[i have to|i must|i've got to|i need to|i should|gotta] [hand in|turn in|pay|renew|return|file|submit|sign|prepare|call about] [the|my] [form|rent|report|claim|books|library books|taxes|permit|application|invoice|license] [by {weekday}|before {date}|{date}|]
[renew|return|pay|cancel|file|pick up|drop off] [my|the] [library card|books|rent|passport|dry cleaning|package|prescription|gym card|taxes|parcel|permit] [{date}|]
[give|set|make] [the|my] [report|proposal|{errand}|invoice] task [a higher priority|low priority|urgent|high|a lower priority]
[push|move|shift|extend] the [deadline|due date] [of|for|on] [the|my] [report|application|proposal|essay] [to|by] [{date}|one week]
[wanna|i wanna|want to|id like to|need to] [add|put|make|do] [a|an|another] [todo|to do|task|list|reminder|chore]
[give me|read me|tell me|i need] [a|the] [rundown|summary|overview] of my [reminder|reminders|to do|shopping|chores] [list|]
[count|sort|order|show] my [open|urgent|] [tasks|to dos]
`,
  calendar: `
2*[can we|could we|let's|why don't we|shall we] [do|have|hold|move|make|shift] [the|our|my] [{meet}|{event}|{appt}] [{when}|{date} instead|on {weekday} instead|to {when}]
[the|my|our] [{meet}|{event}|{appt}] [is|has been|was|got] [moved|pushed|changed|shifted|delayed] to {when} [please update it|fix my calendar|]
[the|my] [{meet}|{event}|{appt}] [with {person}|] [has to|must|should|needs to] be [earlier|later|on {weekday}|moved|at {num}] [change it to {num}|]
2*[my|our|the] [flight|train|plane|bus] [lands|leaves|departs|arrives|goes] [{when}|at {num} {date}] [please add that|put it in|put that on my calendar|add it to my schedule|save it]
[i have|i got|i've got] [a|an] [{meet}|{event}|{appt}] {when} [put it in|please save it|save that|write it down|note it]
2*[when|what day|what time] do i [see|meet|go to|visit|have] [the|my] [{appt}|{person}|{event}|doctor|dentist] [again|next|]
[did|have] i [ever|already|] [book|booked|schedule|scheduled|set up|arrange|put] [the|my|a] [{appt}|{event}|{meet}] [in the calendar|with {person}|{date}|]
[find|give|get|look for] [a|an|me a|us a|some] [slot|time|gap|opening|free hour|hole] [for|with] [me and {name}|{person}|the team|{event}|all of us] [to talk|to meet|{date}|]
[is|are] [the|our|my] [{event}|{meet}] [still|] [happening|on|taking place|going ahead] [{date}|on the {nth}|]
[take|drop|scratch|strike|kick] [the|my] [{event}|{meet}|{appt}] [off|from|out of] [{weekday}|my week|{date}|saturday|my day]
[tell me|what is|what's|where is] the [location|address|room|place|time] of my [{num} am|{num} o'clock|next meeting|{event}|{appt}|morning call|afternoon meeting]
[where|when|how long] [does|do|will|is] [the|my] [{event}|{meet}|workshop|seminar] [take place|take|last|begin|end|start]
2*[does|will] [anything|something] [clash|overlap|conflict|collide] with [my|the] [{meet}|{event}|{num} pm call]
[what does|how does] my [{weekday}|{weekday} afternoon|next week|tomorrow|morning] look [like|]
[what's|what is|anything] [up|on|coming up|ahead|next] [for me|] [{date}|this month|in the next few days]
[{event}|{meet}|{appt}] [every|each] [{weekday}|second {weekday}|other week|month] [please save that|put that in|{time}|]
[mark|block|keep|hold|reserve] [the {nth}|{date}|{num} hours {date}|{weekday} morning|all of {weekday}] [as a day off|for {event}|for deep work|for me|as busy|free]
[put|enter|log|note] my [vacation|trip|holiday|leave|days off] [from {nth} to {nth}|{date}|from {weekday} to {weekday}] [in|on|into] [the|my] calendar
[put|pencil] [{meet}|{event}|coffee|drinks|a movie] with {person} [down|in] for {when}
[get|bring] [the team|everyone|us all|{person}] together [{when}|in the {room}|in the meeting room {when}]
2*remind me [of|about] [the|my|our|] [{event}|{meet}|{name}'s birthday|parents evening|school play|concert|exam|trip|game] [{when}|]
2*remind me [that i have|i have|that i've got|about my|i've got] [a|an|the|my] [{event}|{meet}|{appt}] [with {person}|] {when}
2*remind me [that i|i] need to be [at|in] [the {placekind}|{city}|school|the office|work|church|court] {when}
[create|set|make|add] [a|] reminder for [the|my|] [visa application|passport appointment|rent day|license renewal|application deadline|open house|sale|voting|garbage day|vaccination|school start|course] [on|this|for] {date}
[notify|alert|warn|ping|tell] me [{num} minutes|an hour|one day|a day] before [the|my|every] [{event}|{meet}|{appt}|exam|meeting with {person}]
[do not|don't] let me [miss|forget] [the|my] [{event}|{meet}|webinar|call|{appt}] [{when}|]
[let|tell] me [know|] when [the|my] [{event}|{meet}|webinar] is [about to|going to] [begin|start]
[remind|notify|inform] me of [all|any|the|every] [game|games|scores|event|events|meetings|concerts|church services] [{date}|in a week|this season|on {weekday}s {time}]
[my|the|] [agenda|events|appointments|meetings|schedule|plans] [{date}|]
[set|add|new|create|save|remove|delete|cancel|change|show] [the|a|my|this|] [event|repeating event|recurring event|meeting|appointment|recurring {event} event]
[which|what] [events|meetings] [repeat|recur|happen every week|come every month]
[list|give me|tell me|show] all [appointments|meetings|events] [between {weekday} and {weekday}|coming up in the next month|from {date}|{date}]
[what|which day|when] did we [agree on|settle on|pick|choose] for [the|our] [{event}|{meet}]
[is|are] [the|] [conference room|meeting room|boardroom|big room|room {num}] [open|free|taken|booked] {when}
[am i|are we|will i be] [doing anything|seeing anyone|busy|going out|away] {date}
[invite|ask|bring] {person} to [the|my] [{meet}|{event}]
`,
  email: `
2*[search|find|look up|show|open|pull up] [contact|contacts|my contacts|address book|in my contacts] [{name}|for {name}|{person}|]
[add|save|create|insert|store|new|put] [{name}|{person}|this person|him|her] [to|in|into|as] [my|the|a] [contacts|contact list|address book|contact|email contacts]
[new|create|add|make|save] [a|] [new|] [contact|email contact|email address|address] [for {name}|named {name}|{name}|please|]
[add|save|store|insert|put|keep] [{name}'s|this|her|his|my {name}'s|the] [email|email address|e-mail|address] [to|in|into|] [my contacts|the contacts|the address book|]
[{name}|{person}] [wrote|sent|emailed|has written] [me|] [what did he say|what does it say|read it|any new mail|an email open it]
2*[compose|write|start|draft|prepare] [something|a message|a note|a few lines|mail] to [the whole department|everybody at work|my team|all staff|customer service|{person}] [by email|by mail|about {topic}|]
[shoot|drop|send] {person} [an email|a mail|an e-mail|a quick mail] [telling|asking|saying|and tell] [him|her|them|] {message}
[email|mail|write] {person} and [ask|tell|say|find out] [if {message}|{message}|about {topic}]
[has|did|have] {person} [answered|replied|responded|written back|got back|reply|answer|respond] [to my|my|] [email|mail|message|last email|] [yet|]
[any|is there|are there|do i have|did i get] [reply|answer|mail|emails|response|anything] [from|by] [{company}|{person}|the school|the hotel|the insurance|my landlord] [in my inbox|by mail|in my email|on my booking mail|]
[my|show|read|open|check|] [inbox|mailbox|gmail|outlook|email|mail] [please|now|today|]
[what|which] [emails|mails|messages] [came in|arrived|did i miss|are new|did i get] [while i was out|{date}|since {weekday}|overnight|]
[who|whom] [was|is] [the|my] [latest|last|newest] [mail|email|message] from
[send|write] [a|] [reply|response|answer] [please|saying {message}|to that mail|]
[send|write] to {name} at [gmail|yahoo|hotmail|aol|work] dot com [{message}|the following {message}|that {message}]
[send|email|mail] [this|the|that] [following message|message|picture|list|text|now] [to this contact|by email|as an email|to my contact {name}|please]
[i need|i want] [this|that|the|an] email [sent|written|answered|deleted] [now|to {person}|today]
`,
  analytics: `
2*[how many|count] [of my|the|my|] [tasks|notes|to dos|meetings|deadlines|goals] [did i|have i|i] [finish|finished|close|closed|write|complete|completed|miss|missed|attend|postpone|create] {period}
[count|add up|sum up|total] [the|my|all my] [tasks|meetings|hours|meeting hours|notes] [i closed|i finished|of|from|] {period}
2*[which|what] [project|tag|day|client|habit|hour|weekday|task type] [eats|takes|costs|gets|needs|uses] [most|the most|the least] [of my|] [time|attention|hours|effort]
[give me|show|i want|make] [a|the|] [rundown|breakdown|ratio|comparison|split|chart|report] of [completed versus open|done and open|finished and overdue|late|completed] tasks [{period}|]
[what|which] [share|part|fraction|percentage|portion] of my [tasks|deadlines|meetings|goals|time] [was|is|were|do i|did i] [late|done|meet|missed|overdue|on time|met] [{period}|]
[on which day|which weekday|at what hour|when] [do i|am i] [complete the most tasks|most productive|least productive|get most done|busiest] [{period}|]
[where|how] [did|does] my [week|time|day|month] go
[did|do|have] i [work|worked|get|done|meet] more [hours|tasks|meetings|] {period} than [before|the week before|in {month}|last year]
[how much|how many hours] [of|] [my|] [time|meetings|work|email|deep work] [goes into|went into|did i sit in|do i spend on|was spent on] [{proj}|meetings|email|calls|] [{period}|]
[how long|how often] [do|did|does] [my|i|] [tasks stay open|postpone tasks|take to finish a task|skip my habit|a task take me] [on average|{period}|]
[do i keep up|am i keeping up|how consistent am i|how regular am i] [with|in] my [reading|running|{proj}|writing|meditation] [habit|routine|goal]
[analyze|chart|plot|graph|visualize|summarize] [my|how i spent my] [focus time|time|open tasks|workload|meetings|habits|productivity] [{period}|]
[statistics|stats|report|insights|figures|numbers|metrics] [about|on|for|of] my [tasks|work|week|habits|productivity|meetings] [{period}|please|]
[track record|history|progress|streak] [of|on|for] my [habits|goals|tasks|{proj}] [please|{period}|]
`,
  general: `
3*[add|put|save|include|insert] [{song}|this song|this track|{artist}|the track {song}|another song|the album {title}|a tune by {artist}|the current song|this artist] [to|in|into|on|onto] [my|the|{name}'s|] [{genre}|{title}|workout|party|favorites|chill|road trip|summer hits|dinner|] playlist [called {title}|named {genre}|]
[i'd like|i want|i need] [to|you to] [add|put|include] [{song}|{artist}|this album|a {genre} song] [to|on] [my|the] [{genre}|{title}] playlist
[add|put] [{artist}|{song}] to {title}
[play|shuffle|start|open|resume|create|make|delete] [my|the|a] [{genre}|{title}|workout|] [playlist|mix|station|album]
2*[give|rate|award|i rate|i give|mark] [the|this|that|my] [current|last|previous|] [{creative}|{title}|{title} {creative}] [{num} stars|{num} of 6|{num} points|zero out of 6|a {num}|{num} out of 6 stars|a rating of {num}]
2*[list|name|give me a list of|show me a list of|what is on the list of|is there a list of|make a list of|find a list of] [the|] [ingredients for {dish}|presidents of {country}|{cuisine} restaurants in {city}|banned books|{animal} breeds|the richest people|the best {creative}s|vegetables rich in iron|states in {country}|synonyms for happy|{sports} champions|side jobs to make money|things {animal}s eat|best selling books|capitals in europe]
[what|which] [books|movies|songs|shows] are [on|in] the [bestseller list|billboard charts|top ten|new york times list|oscar list] [this week|right now|]
2*[what|which] [should i|do i need to|must i|would i] [pack|put|have|bring|buy|keep|wear|use] [for|in|to] [a trip to {country}|an emergency kit|make {dish}|a first aid kit|clean suede|a camping trip|a job interview|{how}]
[do i need|will i need|should i bring|should i wear|do i want] [a coat|an umbrella|sunscreen|a jacket|boots|a hat|a passport] [{date}|in {city}|for {country}|outside]
2*[what is|what's|how's|how is|will|is] the [weather|forecast|temperature|chance of rain|chance of snow|humidity|wind] [going to be|be|] [in|for|at|near] [{city}|{country}|my area] [on {month} {nth}|on {weekday}|{date}|at noon|in {num} hours|{num} weeks from now|on {month} 12 2029|this weekend]
2*[will it|is it going to|could it|is it supposed to] [rain|snow|hail|be sunny|be windy|freeze|storm|be hot|get warmer|be foggy] [in {city}|near here|in {country}|] [{date}|on {month} {nth}|at {num} pm|this weekend|next week|on {month} {nth} 2031]
2*[when|what year|on what date|what day|what date] [was|did|is|are|does] [the battle of {city}|{figure} born|world war one end|the moon landing|{title} released|columbus day|the first day of spring|the next full moon|the next eclipse|{country} independent|the berlin wall fall|ramadan this year|lent start|hanukkah|diwali|the clocks change|the next {sports} game|the olympics|{figure} die|taxes due|school break start]
2*[what time|when|until when|how late|what hours] [does|do|is|are] [the {placekind}|{company}|the {placekind} on {weekday}|banks|the library|{company} on {weekday}|museums|stores|the post office] [open|close|shut|open tomorrow|closed|open until|open on {weekday}|open on christmas]
[do|are|is|will] [banks|schools|stores|{company}|the {placekind}|the mail|the stock market] [open|closed|close|delivered|running] on [{weekday}|christmas|labor day|the fourth of july|columbus day|new years day]
[what|which] [holidays|festivals|public holidays] [are|is|does|do] [celebrated in {country}|in {month}|{country} have|people celebrate in {month}|there in {country}]
2*[when|what time|has|did|is|will] [does|] [my|the] [flight|plane|flight to {city}|flight from {city}|train to {city}] [board|take off|leave the gate|land|been delayed|on time|be late|been cancelled]
[when|how often|when did i last|when should i] [is|] [my|the|] [car due for an oil change|get my oil changed|car need service|rotate my tires|get a tune up|change my brakes|have the oil checked]
[is|can you check|please cancel|confirm|change|do i have] my [reservation|booking|dinner reservation|table] [at|for|with] [{company}|{name}|the {cuisine} place|{num} people] [still confirmed|for {date}|{date}|tonight|]
2*[how many|how much|what percentage of|what share of|what is the average] [people live in {city}|goals did {sports} score|women work in tech|the earth is water|americans own a {animal}|hours does it take to fly to {city}|time does it take to {how}|days until christmas|calories are in {food}|years did the war last|salary of a nurse|price of gas in {country}|money does {figure} make|students go to college|cars were sold in {country}|rainfall in {city}|hours should i sleep|bones are in the body|teeth does a {animal} have]
2*[compare|what's the difference between|difference between|which is better|explain the difference between] [android and iphone|{company} and {company}|{animal}s and {animal}s|{food} and {food}|{concept} and {concept}|{country} and {country}|cats and dogs|{city} and {city}|renting and buying|a latte and a cappuccino]
[how|explain how|explain to me how|tell me how|describe how] [{concept} differs between {animal}s and plants|{concept} works|plants breathe|{animal}s differ from {animal}s|mosses grow|ferns reproduce|birds navigate|vaccines work|tides form|{sports} is scored|a sail works|leaves change color|batteries store energy]
2*[write|write me|compose|make up|tell me|give me|make|create|draft] [a|an|another|me a] [limerick|poem|haiku|short story|song|sonnet|riddle|joke|rhyme|fairy tale|slogan|bedtime story|speech|rap|toast|birthday wish|love poem|essay|pun] [about|on|for] [a {animal}|{topic2}|a lighthouse keeper|autumn|{city}|the sea|a lost sailor|winter|my cat|the moon|a wedding|old friends|coffee|a brave {animal}]
[explain|describe|summarize|define|outline|clarify|discuss] [{concept}|the plot of {title}|the rules of {sports}|how {concept} works|the theory of relativity|the water cycle|the causes of world war two|the history of {country}|{topic2}|why the sky is blue] [to me|in simple terms|like i am five|please|briefly|for a child|]
2*[text|call|phone|message|dial|whatsapp|ring] [my|] [mom|dad|{name}|wife|the police|an uber|a cab|me {name}|home] [now|back|on speaker|please|]
[what|who] is [{concept}|an event horizon|a calendar year|a leap year|agile task management|a mailing list|a task force|an email server|daylight saving|a listing agent|the gregorian calendar|a meeting house|a message in a bottle]
[who|when|why|how] [invented|was|did people start|does] [email|the calendar|the first email|the leap year|a reminder help memory|to do lists|the post office|scheduling work|the weekend invented]
[how do i|how can i|how to|can i] [delete|close|deactivate|recover|change|reset] my [{company} account|facebook account|instagram|password|username|{company} subscription|netflix profile|apple id]
[i|we] [got|am|was|feel|just got|have been] [fired {date}|robbed|so happy|engaged|divorced|sick {date}|lonely|a new dog|lost|hungry|promoted|stuck in traffic|bored {date}|a flat tire|tired of {food}]
[call|name|refer to] [yourself|me|my car] [{name}|jeeves|captain|boss|sir|your majesty] [from now on|]
[is the|how is|hows] [{num}|highway|freeway|bridge|tunnel|m25|interstate|i {num}] [backed up|blocked|closed|jammed|traffic|moving] [{date}|right now|]
[what time|when|where] [is|are] {title} [on|showing|playing] [at|in] [{theatre}|{city}] [{date}|]
[which|what] [schools|colleges|hospitals|companies|cities|countries] [have|has|offer|pay] the [best|worst|highest|most] [nursing program|students|doctors|salaries|crime|museums|{sports} team]
[when|what time|does|has] [does|] the [mail|mailman|post|package|newspaper] [come|arrive|get here|been delivered|come on {weekday}]
[how fast|how high|how hot|how far] [am i|are we|is it] [going|driving|up|outside|walking|flying|from here]
[turn|set|make|switch|put] [the|] [heating|heat|ac|lights|lamps|tv|fan|thermostat|blinds] [down|up|off|on|purple|to {num}|warmer] [in the {room}|please|a bit|]
[louder|mute|softer|next|skip|pause|repeat|stop|go back|volume up|brighter|quiet|lights out|vacuum|resume] [this one|it|please|that|the song|the podcast|]
[i|we] [really|] [like|love|hate|enjoy|am enjoying] [this|that|the] [song|tune|music|track|band|movie|show|book]
[freeze|block|unlock|close|open|check] my [savings|checking|credit|debit|{bank}|] [account|card] [please|now|]
[my|the] [card|debit card|credit card|wallet|purse] [was|got|has been|is] [stolen|lost|declined|eaten by the machine|damaged|missing] [in {city}|{date}|]
[tell|let|inform] [my bank|{bank}|{company}] [know|] [i am traveling|i will be in {country}|about my trip] [to {country}|] [next week|{date}|]
[asdf|qwerty|blah blah|hmm|lalala|ok then|whatever|never mind|umm|nope]
[that is|you are|this is|that was|its] [funny|wrong|great|not what i meant|awesome|silly|rude|smart|amazing|so annoying]
[recommend|suggest|find me|pick] [a|some|me a|us a] [good|nice|funny|] [comedy|{cuisine} restaurant|book|{creative}|park|wine|gift for a ten year old|name for my {animal}|place to eat|hike|podcast] [to watch|near me|tonight|in {city}|for {date}|]
[do you|does {name}|did {figure}|do people|does anyone] [prefer|like|eat|want|choose] {food} or {food} [for {food}|on {food}|]
[are|is] the [trains|buses|{company} flights|subway|ferry] [running|late|on time|delayed] [{date}|on {weekday}|to {city}]
[start|play|open|launch] [a|the] [game|game of trivia|quiz|timer app|chess game|round of hangman|audiobook|radio|evening news]
[organize|sort|find|show|group] [my|the] [photos|pictures|files|songs|videos] [by year|by date|from last {month}|of {name}|by name]
[remind me|tell me again|remember] [who wrote {title}|what {concept} means|how old {figure} is|who won the {sports} game|the capital of {country}|how to say {phrase} in {language}]
`,
};
