"""The words around times, by what they do to them: `kind` gives the class of a word.

A word that is in none of these tables is a name, a place or a slip; `spelling` decides which.
"""

from __future__ import annotations

from .words import TIME_LIKE, word_set

APPROX = word_set(
    """
    about around approx approximately roughly circa ca c abt ish exactly precisely sharp prompt
    dead bang spot dot thereabouts
    """
)

HEDGES = word_set(
    """
    maybe perhaps possibly probably prob probs think thinking reckon reckons guess guessing
    unsure could might believe assume presumably suppose apparently like likely
    """
)

FUTURE = word_set(
    """
    comin leaves overdue cutoff agreed agree agrees arranged arrange promised promises allowed
    permitted permission pickup remind reminder interview review session visit ordered comes
    tomorrow tmrw tmrow tmw tomo tomoz tom next due curfew expected expect expects expecting
    will shall gonna later should supposed planned plan plans planning scheduled eta etc
    arriving returning return returns would wants booked booking appointment meeting deadline
    hopefully aiming meant arrives starts start starting finishes finish finishing ends ending
    i'll he'll she'll they'll we'll it'll you'll who'll intends intending nxt tmro tmoro tmorrow
    2mrw morrow otw
    """
)

NOT_SIGHTING = word_set(
    """
    officers cops attended attend attending handed locked unlocked open opened opens ajar tiktok
    facebook fb messenger posted post posts story card noise search searched searching calling
    tried trying dialled dialed voicemail answered answer reply replied pinged ping online
    active snap contact knocked knock knocking escalated recorded radio alarmed handover rung
    ringing kickoff noticed notice noticing reported report reports reporting found realised
    realized realise discovered discover discovering missing absent awol misper absconded
    abscond absconding empty police called calls call rang ring phoned phone phones informed
    inform notified alerted alert alarm alarms logged text texts texted texting messaged message
    messages messaging snapchat whatsapp facetime instagram insta spoke spoken speaking told
    said says say saying heard unaccounted gone disappeared vanished warrant 101 999 emailed
    email contacted radioed wrote written created update updated raised
    """
)

NEGATIONS = word_set(
    """
    nt not no never none nobody noone nothing nowhere without cannot cant wasnt isnt didnt hasnt
    havent wont dont doesnt couldnt wouldnt arent werent aint hadnt unable failed refused nope
    nah neither nor except unseen unlikely yet hardly barely scarcely doubt doubtful unknown
    unsighted false wrong incorrect mistake sorry correction correct actually rather instead
    mean cancel ignore scrap
    """
) - {"sorry"}

RANGES = word_set(
    """
    tops everyone everybody all siblings between or either than least most latest earliest
    onwards onward within plus minus sometime sometimes during whenever throughout min max
    minimum maximum versus vs upto beyond following prior respectively both twins once twice
    every each hourly daily nightly usually normally always often regularly anytime
    """
) - {"min", "max"}

VAGUE = word_set(
    """
    tbc tba approaching thereafter upwards mile miles km metres meters stone yards lights
    weeknight weeknights weekday weekdays earlier ages recently awhile lately few several loads
    teatime bedtime suppertime dinnertime breakfasttime playtime hometime shift sunset sunrise
    dark dusk dawn daybreak overnight weekend weekends daytime nighttime wkend wknd hols forever
    midweek dozen dozens dunno mid middle easter xmas christmas halloween bonfire holiday
    holidays birthday born dob bday aged previous preceding yesterday's today's tonight's
    monday's tuesday's wednesday's thursday's friday's saturday's sunday's mondays tuesdays
    wednesdays thursdays fridays saturdays sundays nights mornings evenings afternoons term
    clocks clock quid pounds percent third fourth fifth sixth seventh eighth ninth tenth
    eleventh twelfth thirteenth fourteenth fifteenth twentieth thirtieth hundred thousand
    million eighty seventy
    """
)

OPEN = word_set(
    """
    before after until till til by from for to in over under past last nearly almost just since
    at on the soon get gets getting near towards toward duty bed tea dinner breakfast supper
    some other another same couple going way coming
    """
)
"""Words whose effect depends on what follows them; `meaning` decides."""

FILLER = word_set(
    """
    a an and of with when was is it its it's i he she they we you him her them us his hers their
    our my me as so but then that this there here be been being up out off into onto outside
    inside via through who where which if also too very well yes yeah yep ok okay hi hello hey
    please pls plz thanks thank ta cheers x xx xxx i'm i've he's she's they're we're it'd i'd
    he'd she'd they'd that's there's we've they've were are has had have having did do does done
    got
    """
)
"""Function words: a bare number before one of them can still be a time ("at 9 in the lounge")."""

SIGHTING = word_set(
    """
    seen saw see sees sighted sighting sightings spotted observed left leaving came come
    returned back home arrived walked went go ran run stormed climbed jumped headed popped snuck
    sneaked brought dropped collected picked time only known check checks checked late early
    long waiting
    """
) - {"leaving"}

PLAIN = word_set(
    """
    holiday holidays birthday goodnight app apps map maps tap cut cuts nut set sets sit sits wet
    web fry fries free mop moan sea deck dock docks fur far fir fill sin sub subway suit gut sew
    sad sag sap sack salt sip sac mud mug mob moo mow tub tug toe toes tie thy weed wee fed led
    red jam jab jar jaw jug jet apron mare mars noose nova desk debt oak soft sold song soup
    spar spat split stat state stay step still stop store surf sure swan swat tan tar tear tec
    teen tell tent test thick thud thug thumb tone tool tour towel town track trip truck true
    tune turf tutor twin van vape vest view vet wade wait wake walk wall want ward warm wash
    watch water wave wax weak wear wedge weigh west wheel whip white wide wife wild wind wine
    wing wipe wire wise wish wood wool worn wrap yard yawn yell arch arm arms apart apple arcade
    art artic auto juice jump junk jury knee knife lad lads lake lamp lap lard lawn lead leaf
    leg legs lens nail neat neck need nerf net new nice nod noisy octagon oven owl pack pad page
    pal pan park part pass path pen pet pie pig pin pit plant plate play plug pub pull pump
    punch push queue race rack raft rail rap rat raw ray rice ride rim road rock roll roof rope
    rose rugby rum rush sand sauna scar scarf screen seat seem sent shed shelf shin ship shop
    shore short shot shut sink siren sister skate skin skip sky slap sled slip slow smell snow
    soap sock socks sofa son spa spit staff stairs stand star storm strap stuck stuff sugar tab
    tag tail talk tall taxi give takes ls lsw pot dude dune form frog firm hot rot cot jot ovens
    soot moon bills hills mills member team worker workers carer carers manager colleague
    security guard mum mom dad nan mother father brother cousin friend friends mate mates family
    foster parent parents people person child children kid kids boy girl lass young man woman
    lady bloke teacher school college football shops city centre station bus train tram car bike
    street lane avenue house home's room bedroom lounge kitchen garden hall hallway office door
    gate window front rear side garage bathroom toilet shower upstairs downstairs building unit
    flat corner estate church library gym pool club hospital surgery court area place cctv
    camera tv telly chair table wearing wore dressed black blue green grey gray yellow pink
    purple brown coat jacket hoodie jeans jumper trousers trainers shoes hat cap bag backpack
    tracksuit top shirt hair happy upset angry calm fine safe good great quiet asleep sleeping
    awake playing watching eating cooking sitting sat stood standing walking talking asked asks
    ask making made took take taken giving gave given let put kept keep goes running smoking fag
    cigarette smoke food lunch snack meds medication tablets medicine money pocket allowance
    game games xbox playstation ps music film movie tele internet computer laptop homework class
    lesson lessons waking sleeper agency bank social support key residential deputy senior
    registered neighbour neighbours neighbor local public driver passenger resident residents
    roommate housemate visitor visitors guest guests girlfriend boyfriend partner ex uncle aunt
    auntie grandma grandad gran nana nanny granny stepdad stepmum age name size height slim
    build large small big little old right across along behind beside opposite down away again
    already even really quite pretty fairly much any anyone anybody someone somebody something
    anything everything self himself herself themselves myself hope care certain certainly
    definitely def definite clear clearly honest honestly tbh imo fyi btw lol omg asap re info
    note notes nb times date dates sight mouth mind mine mint mints fight light tight bright
    weight ours hours's louse mouse loose lost list lest cast fast mast vast east north south
    best rest nest fun gun bun sum hun sane land hand band marsh match such july's toad toady
    tidy body ball fall hull full dull bull calf heir hear dear pear bear fear gear whole hole
    hold held help helped helping happen happened kind type sort lot lots bit bye hiya heya
    cheer sir madam boss guv luv love babe darling sweetheart pps regards drunk sober crying
    laughing shouting argued arguing argument kicked kicking smashed broke broken threw thrown
    slammed hit hitting bolted escaped fled absolutely totally literally basically obviously
    quickly slowly suddenly quietly loudly together alone himself's own self's number footage
    main estate's backdoor fire exit escape lift stairwell landing corridor reception entrance
    foyer porch driveway drive carpark field woods canal river beach harbour bridge mall market
    mcdonalds tesco asda aldi lidl greggs kfc nandos visited visiting stayed staying stays
    stopped stops parked passing passed followed chased chasing looking looked look looks
    appeared appears seemed seems showed show shown shows closed close closes watched watches
    met meet meets send sends brung bringing bring brings dropping drops drop collecting collect
    collects picking pick picks turned turn turns use used using usual outing activity club's
    youth centre's football's training swimming boxing dance drama theatre cinema bowling
    shopping hugged kissed waved waving smiled joked chatted chat chatting mentioned mention
    stated states confirmed confirm confirms confirming verified witnessed witness signed sign
    signing book register headcount head count entry rounds round obs observation observations
    welfare routine hes shes theyre im ive whos whats thats theres hed theyd his' lounge's tonne
    tonnes mate's line lines life live lives lived living male female make makes mad aware knew
    know knows weather rain raining cold dry sunglasses suntan satin satellite saturn monitor
    mono mono's wedding wedged widow friend's fried frighten fright seated sector section secure
    hurt honour house's houses horse horses hose nose lose pose those these themself who's whose
    why what how minor mini minibus mind's mined mins' menus boat goat oat load age's ego agog
    halt hale hail ham behalf haul hals thin thing things thinks thus thirst theft tis ties tin
    tins list's lasts lasted lash late's later's laps knight knights mighty niece nine's toddy
    toddler warning warming quartz abort abroad aboard above doing moody tom's april's janet
    mone
    """
)
"""Everyday words of such notes, and words one slip away from a time word: they stand as typed."""

NAMES = word_set(
    """
    aaron abe adam ade aisha alex alf ali amy anna ash augusta augustine augustus ava avril bea
    becky bella ben beth bev bob callum charlie charlotte chloe cindy claire connor daisy dan
    dean decker declan denis denise duke dylan ella ellie emma erin ethan eva evie ewan fiona
    fred freda freddie freida freya friar frida gemma georgia grace gus guy hal hala hali hanna
    hannah harley harry harvey holly hugh hughie ian isaac ivy jack jade jake james jamie jane
    janice janine jasmine jay jean jed jen jenny jess jessica jim joe john jordan josh joshua
    jules julia julian julie juliet juliette junior juno kai kate katie keira kelly kev kim kit
    kyle laura lauren leah lee leo lewis liam lily lisa logan lola lottie lou lucy luke macy mae
    maisie mandy marc marcia marco marcus mari mario mark mary mason maya megan mia mick mike
    mina mindy minnie mohammed moira molly mona monica monty muhammad naomi natasha nathan ned
    niamh nicole nige nigel nina noah noor noora nour oliver olivia ollie oscar owen paige pam
    paul pete peter phil poppy rachel raj ralf randy ray rebecca reece reuben rhys rob robin
    rosie roy ruby ryan sam samuel sandie sandra sandy sarah scott sean shell skye sonny sophie
    steve stuart sue summer sunita sunny tam taylor ted teo theo thomas tia tim toby tommy tony
    tracy tyler una val viv wendy wes william wills zac zak zara zed zoe
    """
)
"""First names, so that they are not taken for misspelt times ("Marc", "Sandy", "Nina")."""

NUMBERED = word_set(
    """
    pc pcso wpc sgt dc ds collar badge shoulder pin code reg case officer room rm flat unit size
    bus no number num house floor platform gate route ward plot apt apartment cad log ref
    reference incident crime age aged tel phone mob mobile ext bay block level lodge dorm class
    year yp channel camera tier stage table seat bed door lane junction tram train id urn line
    version item locker zone sector step form page chapter section building
    """
)
"""Words after which a plain number is a name and not a time."""

_CLASSES: tuple[tuple[str, frozenset[str]], ...] = (
    ("approx", APPROX),
    ("hedge", HEDGES),
    ("future", FUTURE),
    ("not seen", NOT_SIGHTING),
    ("negation", NEGATIONS),
    ("range", RANGES),
    ("vague", VAGUE),
    ("open", OPEN),
    ("filler", FILLER),
    ("plain", SIGHTING | PLAIN),
    ("name", NAMES),
    ("numbered", NUMBERED),
    ("time", TIME_LIKE),
)


def _by_word() -> dict[str, str]:
    kinds: dict[str, str] = {}
    for kind, members in _CLASSES:
        for word in members:
            kinds.setdefault(word, kind)
    return kinds


KIND = _by_word()


def kind(word: str) -> str:
    """The class of a word; "" when the vocabulary does not have it."""
    found = KIND.get(word)
    if found is not None:
        return found
    if "'" in word:
        stem, _, tail = word.rpartition("'")
        if KIND.get(stem) == "time":
            return "vague"
        if tail == "t":
            return "negation"
        if tail == "ll":
            return "future"
        if tail in {"s", "d", "re", "ve", "m"} and KIND.get(stem, "plain") in {
            "plain",
            "name",
            "filler",
        }:
            return "plain"
    return ""
