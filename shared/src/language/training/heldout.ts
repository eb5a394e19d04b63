import type { AgentName } from '../../contracts/chat.ts';

/**
 * Sentences kept out of the corpus and never tuned on: a second opinion beside the development set. Written in the manner of spoken commands.
 * `also` names an agent a fair reader would accept as well.
 */
export const heldOut: Readonly<Record<AgentName, readonly string[]>> = {
  task: [
    'throw paper plates on the list for the cookout', 'has the dog shampoo made it to our store list', 'i would like everything on my list gone', 'do we still need ketchup', 'could you jot oat milk down for my next grocery run',
    'what have i got left to do before friday', 'kindly strike number three', 'get rid of the list titled reno ideas', 'how many things remain on the camping list', 'begin a list titled summer reading',
    'am i forgetting anything', 'ping me to flip the mattress in a month', 'i am supposed to remember something today what was it', 'please show all of my reminders', 'read back what i asked you to remind me',
    'set up a reminder so i pay the babysitter', 'tell me which errands are still open', 'put replacing the furnace filter among my to dos', 'is calling the insurance guy part of my todo list', 'drop the lightbulbs from what we need at target',
    'what was the last thing i added to my list', 'i need my list of groceries', 'say all items in the household list', 'list called birthday wishes please erase', 'rename the weekend list',
    'mow lawn saturday', 'renew car registration before the end of the month', 'check off the thank you cards', 'the tax form task is finished', 'bump the budget task to high priority',
    'can you take pickles off there, we already have some', 'toss bananas onto my shopping list will you', 'which of my todos are late', 'i must hand in the lab report by thursday', 'what groceries did i say i wanted',
    'my list needs cilantro', 'would you double check that trash bags are on the list', 'new reminder to give the cat her drops', 'wipe the entire todo list clean', 'anything left on my list for today',
  ],
  calendar: [
    'pencil in coffee with the recruiter thursday at four', 'do i have to be anywhere at noon', 'when do i see the orthodontist again', 'any conflicts wednesday morning', 'am i double booked on the ninth',
    'get me thirty minutes with the design team next tuesday', 'wipe everything off next friday', 'what time does the pta thing begin', 'i need to cancel on marcus tomorrow', 'how does my thursday look',
    'add nephew graduation june eighth to calendar', 'bring up the second week of may', 'did i ever book the eye exam', 'push my ten thirty to after lunch', 'who will be at the quarterly planning session',
    'please create a repeating event for trash night', 'my flight lands at six on the fourth please add that', 'is my afternoon clear', 'put me down as busy from one to three', 'show what is booked for the weekend',
    'can we do the kickoff on monday instead', 'let me know an hour ahead of the board meeting', 'meeting with legal at nine tomorrow', 'what is my first thing in the morning', 'kill the friday sync',
    'tell me the location of my ten am', 'how long is my call with sales', 'set lunch with grandma for sunday', 'yoga every wednesday at seven in the evening', 'have i got plans for new years eve',
    'schedule a haircut for next week', 'find a slot for me and dana to talk', 'what have i scheduled with the contractor', 'the party is on the twelfth save it', 'is the team offsite still happening on the third',
    'i want to see my appointments for october', 'has the interview been moved', 'alert me before my yoga class', 'take the barbecue off saturday', 'next dentist visit',
  ],
  email: [
    'anything from the school in my inbox', 'write aunt ruth and thank her for the sweater', 'did the landlord ever get back to me by mail', 'open the newest message from payroll', 'has amazon sent a shipping mail',
    'let my professor know by email that i will miss class', 'compose something to the whole department', 'who was the last person to write me', 'respond to the recruiter saying i am interested', 'keep this address in my contacts',
    'add doctor patel to my address book', 'scan my inbox for the invoice', 'got mail', 'how many unread do i have in gmail', 'forward that thread to accounting',
    'email my sister the vacation photos', 'does my inbox have any mail about the lease', 'check whether lucy answered my email', 'tell dave via email dinner is at eight', 'put bob smith seven at yahoo dot com into contacts',
    'what did the bank write in their email', 'mark those newsletters as read', 'shoot the client an email regarding the delay', 'is there mail from the insurance', 'read out the subject lines of todays emails',
    'please get my most recent emails', 'reply with sounds good to the last one from claire', 'start a mail to the plumber', 'any word from hr in my mail', 'create an entry for my new dentists email',
  ],
  analytics: [
    'how did my week go in terms of finished work', 'what share of my day is meetings', 'which client ate most of my hours in march', 'give me a rundown of completed versus open tasks', 'how consistent have i been with running',
    'show hours per project for the last quarter', 'is my output going up or down', 'when do i usually get my best work done', 'count the tasks i closed since monday', 'how long does it take me to finish a task on average',
    'have i been neglecting any projects', 'monthly productivity summary please', 'how much of last week was deep work', 'what is my best day for getting things done', 'was i busier in june than in may',
    'how many deadlines did i miss this year', 'chart my completed todos by week', 'where did all my hours go yesterday', 'rate of tasks completed on time', 'which habits am i slipping on',
  ],
  general: [
    'is it gonna pour later in tulsa', 'how warm is the pacific in july', 'put some miles davis on', 'dim the den', 'who painted the sistine chapel', 'why do cats knead', 'what is the fastest way to defrost ground beef', 'how many ounces make a pound',
    'my visa got eaten by the atm', 'what do i do if my identity is stolen', 'raise the ceiling on my discover card', 'does chilis take reservations', 'how spicy is vindaloo', 'tell me a riddle', 'what language do they speak in malta', 'can you whisper',
    'how do you say fork in danish', 'is the 405 backed up', 'my tire light came on', 'when should i rotate my tires', 'what plug do they use in peru', 'did my bags make it onto the plane', 'do i need shots for kenya', 'should i contribute more to my 401k',
    'call yourself jeeves', 'are you a person', 'what do you do for fun', 'give deadwood five stars', 'find the soundtrack to rushmore', 'what time is inside out on at the alamo', 'add this one to my gym playlist', 'switch on the espresso machine', 'lower the heat two degrees', 'what is trending on twitter',
    'how did tesla close', 'what is seventeen squared', 'convert nine inches to centimeters', 'book a cab to the stadium', 'when is the next bus to harlem', 'get me tickets on the morning train to lyon', 'order pad see ew from the thai place', 'what goes well with lamb', 'is turkey bacon healthy', 'how many carbs in a bagel',
    'how late is walgreens open', 'best hikes near asheville', 'directions to the nearest urgent care', 'where can i donate clothes', 'what year did the titanic sink', 'how tall is yao ming', 'does homework help kids learn', 'what causes hiccups', 'is ibuprofen ok with wine', 'how do i get gum out of hair',
    'what is a good name for a boat', 'how do i cancel my gym contract', 'who is running for senate in ohio', 'explain string theory simply', 'flip a quarter for me', 'play the next chapter', 'skip this', 'louder please', 'what band is this', 'good grief you are slow', 'i got fired today', 'what is my credit line', 'how do i dispute a fee', 'which schools have the best nursing program',
    'how do i start a podcast', 'where can i watch the eagles game', 'what is the schedule for the bills this season', 'list the great lakes', 'make up a bedtime story', 'how do you play rummy', 'what are the rules of cricket', 'is my warranty still good', 'can i paint over wallpaper', 'what size dumpster do i need', 'who do i call about a downed power line', 'how many stamps do i need for a large envelope', 'read me the headlines', 'any updates on the wildfire', 'vacuum the hallway', 'make the lamp purple', 'what is the address of the white house', 'how do i set up a trust', 'when does the mail come', 'what is an event horizon', 'how do i appeal a parking ticket', 'what are normal office hours in spain', 'is there a list of banned books', 'how much does it cost to mail a letter to canada',
  ],
};
