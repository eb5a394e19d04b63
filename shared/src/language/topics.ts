/** Words by topic, in the singular: what a word is about says more to the classifier than the word, above all for one it met rarely. */
const topicWords: Readonly<Record<string, string>> = {
  figures:
    'productive productivity unproductive efficiency efficient performance progress trend trending streak habit goal kpi metric statistic stat analytics analytic insight breakdown percentage percent ratio average median workload velocity throughput burndown completion accomplish accomplished achieve achieved track tracked log logged timesheet improving improvement improve improved overtime dashboard report chart graph score distraction distracted procrastinate procrastinating focus focused utilization backlog milestone sprint billable busiest compare comparison compared correlation pattern overworked burnout hour worked spent spend complete completed finished unfinished consistency consistent summary summarize analyze analyse analysis review overview recap estimate forecast bottleneck',
  list: 'list todo task chore errand checklist item grocery groceries shopping',
  due: 'due overdue deadline pending outstanding unfinished urgent priority open',
  calendar:
    'calendar meeting appointment event schedule scheduled agenda planner diary reschedule invite invitation attendee booked busy free available availability conference standup checkup anniversary birthday wedding party recital practice rehearsal ceremony reunion graduation seminar webinar workshop class lesson interview visit dentist',
  mail: 'email mail inbox mailbox gmail outlook yahoo unread reply replied respond responded forward sender recipient subject spam draft attachment contact hotmail',
  remember: 'remind reminder remember remembered forget forgot notify notification alert',
  remove: 'remove delete erase clear cancel cross scratch wipe discard trash eliminate drop',
  move: 'move postpone shift push delay change update edit modify rename',
  media:
    'song music playlist album track artist band podcast radio movie film tv episode audiobook genre lyric lyrics concert actor actress theater theatre cinema soundtrack singer musician novel author poem spotify netflix youtube pandora itunes trailer screening showtime showing volume shuffle jazz rap hip rock saga series tune tunes lastfm deezer',
  weather:
    'weather forecast rain raining rainy snow snowing snowy sunny sun cloud cloudy wind windy storm stormy temperature humid humidity cold hot warm chilly freezing umbrella hail hurricane tornado blizzard fog foggy degree celsius fahrenheit climate',
  money:
    'bank account card credit debit loan mortgage interest apr pin routing checking saving visa mastercard fraud transfer deposit balance fee rate payment tax taxes insurance 401k ira reward point currency dollar euro pound yen peso exchange stock share price cost dow nasdaq bitcoin invest investment refund salary wire limit declined frozen budgeting rollover cashback',
  vehicle:
    'car tire oil gas gasoline engine mpg mileage brake battery transmission truck motorcycle traffic highway drive driving road parking park lane diesel psi tank mechanic jumpstart fuel vehicle dashboardlight',
  travel:
    'flight plane airport airline train bus subway ferry taxi cab uber ticket passport visa luggage suitcase baggage hotel vacation trip tourist travel traveling vaccine vaccination plug adapter direction map route distance mile kilometer country city carryon cruise abroad customs embassy',
  dining:
    'restaurant recipe cook bake boil grill ingredient calorie calories dish meal dinner reservation reservations takeout takeaway delivery pizza burger sushi taco cuisine menu substitute oven nutrition nutritional protein carb vitamin sodium cholesterol bar pub cafe steakhouse diner',
  home: 'light lamp thermostat vacuum heater fan plug socket blind door lock garage roomba robot coffee espresso speaker dim brightness bulb switch appliance hue',
  health:
    'doctor symptom disease cancer fever headache flu cold pain allergy medicine pill virus infection diabetes pregnant pregnancy diet workout exercise weight muscle blood heart surgery shot therapy',
  knowledge:
    'definition define meaning mean word synonym spell translate language president capital population history invented inventor planet moon earth ocean river mountain animal dog cat species born died age old tall scientist theory war king queen science math square root equation plus minus times divided fact joke riddle story color flag',
  body: 'love hate feel feeling bored tired hungry sad happy angry lonely lucky funny beautiful nice friend robot human ai alive dream hobby favorite opinion',
  device:
    'phone computer laptop wifi internet app screen website password browser google facebook twitter instagram download install bluetooth camera photo picture video game printer software hardware code amazon siri alexa speaker accent voice whisper louder',
  sport:
    'football baseball basketball soccer hockey tennis golf cricket team league playoff nba nfl mlb nhl superbowl champion championship olympics score coach player quarterback',
  when: '@wd @mo today tomorrow tonight yesterday week weekend month morning afternoon evening night noon midnight pm',
  own: 'my me i our we us',
  people:
    'mom dad mother father sister brother wife husband son daughter grandma grandpa uncle aunt cousin boss manager colleague coworker client friend girlfriend boyfriend',
};

const topics: ReadonlyMap<string, string> = new Map(
  Object.entries(topicWords).flatMap(([topic, words]) => words.split(' ').map((word) => [word, topic] as const)),
);

/** The topic of a word, if it has one. */
export const topicOf = (word: string): string | undefined => topics.get(word);
