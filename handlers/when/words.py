"""The vocabulary: every word the reader knows, by what it does to a time.

A word that is in none of these tables is a name, a place or a slip; `spelling` decides which.
"""

from __future__ import annotations

ONES = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
NUMBERS = ONES | TENS

MINUTE_WORDS = frozenset(["m", "min", "mins", "minute", "minutes"])
HOUR_WORDS = frozenset(["h", "hr", "hrs", "hour", "hours"])
SECOND_WORDS = frozenset(["s", "sec", "secs", "second", "seconds"])
DAY_UNITS = frozenset(["d", "day", "days"])
WEEK_UNITS = frozenset(["week", "weeks", "wk", "wks"])
LONG_UNITS = frozenset(["month", "months", "year", "years", "yr", "yrs", "decade", "decades"])
UNITS = (
    MINUTE_WORDS
    | HOUR_WORDS
    | SECOND_WORDS
    | DAY_UNITS
    | WEEK_UNITS
    | LONG_UNITS
    | {"fortnight", "fortnights", "moment", "moments", "nights"}
)

WEEKDAYS = {
    "monday": 0,
    "mon": 0,
    "tuesday": 1,
    "tues": 1,
    "tue": 1,
    "wednesday": 2,
    "weds": 2,
    "wed": 2,
    "thursday": 3,
    "thurs": 3,
    "thur": 3,
    "thu": 3,
    "friday": 4,
    "fri": 4,
    "saturday": 5,
    "sat": 5,
    "sunday": 6,
    "sun": 6,
}
WORDLIKE_WEEKDAYS = frozenset({"sat", "sun", "wed", "mon"})
"""Weekday abbreviations that are also words or names."""

MONTHS = {
    "january": 1,
    "jan": 1,
    "february": 2,
    "feb": 2,
    "march": 3,
    "mar": 3,
    "april": 4,
    "apr": 4,
    "may": 5,
    "june": 6,
    "jun": 6,
    "july": 7,
    "jul": 7,
    "august": 8,
    "aug": 8,
    "september": 9,
    "sept": 9,
    "sep": 9,
    "october": 10,
    "oct": 10,
    "november": 11,
    "nov": 11,
    "december": 12,
    "dec": 12,
}

PARTS = {
    "morning": "morning",
    "mornin": "morning",
    "morn": "morning",
    "afternoon": "afternoon",
    "arvo": "afternoon",
    "aft": "afternoon",
    "evening": "evening",
    "evenin": "evening",
    "eve": "evening",
    "night": "night",
    "nite": "night",
    "lunchtime": "lunchtime",
    "lunch": "lunchtime",
}
DAY_WORDS = frozenset(["today", "yesterday", "yday", "yest", "tonight", "tonite", "last", "this"])

TIME_WORDS = frozenset(
    ["half", "quarter", "quarters", "past", "ago", "noon", "midday", "midnight", "now", "o'clock", "oclock"]
)

APPROX = frozenset(
    ["about", "around", "approx", "approximately", "roughly", "circa", "ca", "c", "abt", "ish", "exactly", "precisely", "sharp", "prompt", "dead", "bang", "spot", "dot", "thereabouts"]
)
HEDGES = frozenset(
    ["maybe", "perhaps", "possibly", "probably", "prob", "probs", "think", "thinking", "reckon", "reckons", "guess", "guessing", "unsure", "could", "might", "believe", "assume", "presumably", "suppose", "apparently", "like", "likely"]
)
FUTURE = frozenset(
    ["tomorrow", "tmrw", "tmrow", "tmw", "tomo", "tomoz", "tom", "next", "due", "curfew", "expected", "expect", "expects", "expecting", "will", "shall", "gonna", "later", "should", "supposed", "planned", "plan", "plans", "planning", "scheduled", "eta", "etc", "arriving", "returning", "would", "wants", "booked", "booking", "appointment", "meeting", "deadline", "hopefully", "aiming", "meant", "arrives", "starts", "start", "starting", "finishes", "finish", "finishing", "ends", "ending", "i'll", "he'll", "she'll", "they'll", "we'll", "it'll", "you'll", "who'll", "intends", "intending", "nxt", "tmro", "tmoro", "tmorrow", "2mrw", "morrow", "otw"]
)
NOT_SIGHTING = frozenset(
    ["noticed", "notice", "noticing", "reported", "report", "reports", "reporting", "found", "realised", "realized", "realise", "discovered", "discover", "discovering", "missing", "absent", "awol", "misper", "absconded", "abscond", "absconding", "empty", "police", "called", "calls", "call", "rang", "ring", "phoned", "phone", "phones", "informed", "inform", "notified", "alerted", "alert", "alarm", "alarms", "logged", "text", "texts", "texted", "texting", "messaged", "message", "messages", "messaging", "snapchat", "whatsapp", "facetime", "instagram", "insta", "spoke", "spoken", "speaking", "told", "said", "says", "say", "saying", "heard", "unaccounted", "gone", "disappeared", "vanished", "deadline", "warrant", "101", "999", "emailed", "email", "contacted", "radioed", "wrote", "written", "created", "update", "updated", "raised"]
)
NEGATIONS = frozenset(
    ["not", "no", "never", "none", "nobody", "noone", "nothing", "nowhere", "without", "cannot", "cant", "wasnt", "isnt", "didnt", "hasnt", "havent", "wont", "dont", "doesnt", "couldnt", "wouldnt", "arent", "werent", "aint", "hadnt", "unable", "failed", "refused", "nope", "nah", "neither", "nor", "except", "unseen", "unlikely", "yet", "hardly", "barely", "scarcely", "doubt", "doubtful", "unknown", "unsighted", "false", "wrong", "incorrect", "mistake", "sorry", "correction", "correct", "actually", "rather", "instead", "meant", "mean", "cancel", "ignore", "scrap"]
) - {"sorry"}
RANGES = frozenset(
    ["between", "or", "either", "than", "least", "most", "latest", "earliest", "onwards", "onward", "within", "plus", "minus", "sometime", "sometimes", "during", "whenever", "throughout", "min", "max", "minimum", "maximum", "versus", "vs", "upto", "beyond", "following", "prior", "respectively", "both", "twins", "once", "twice", "every", "each", "hourly", "daily", "nightly", "usually", "normally", "always", "often", "regularly", "odd-hours", "anytime", "somewhere-between"]
) - {"min", "max"}
VAGUE = frozenset(
    ["earlier", "ages", "recently", "awhile", "lately", "few", "several", "loads", "teatime", "bedtime", "suppertime", "dinnertime", "breakfasttime", "playtime", "hometime", "shift", "handover", "sunset", "sunrise", "dark", "dusk", "dawn", "daybreak", "overnight", "weekend", "weekends", "daytime", "nighttime", "wkend", "wknd", "hols", "forever", "midweek", "dozen", "dozens", "dunno", "mid", "middle", "easter", "xmas", "christmas", "halloween", "bonfire", "holiday", "holidays", "birthday", "born", "dob", "bday", "aged", "previous", "preceding", "yesterday's", "today's", "tonight's", "monday's", "tuesday's", "wednesday's", "thursday's", "friday's", "saturday's", "sunday's", "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays", "nights", "mornings", "evenings", "afternoons", "term", "clocks", "clock", "quid", "pounds", "percent", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "twentieth", "thirtieth", "hundred", "thousand", "million", "eighty", "seventy"]
)
OPEN = frozenset(
    ["before", "after", "until", "till", "til", "by", "from", "for", "to", "in", "over", "under", "past", "last", "nearly", "almost", "just", "gone", "since", "at", "on", "the", "soon", "some", "other", "another", "same", "couple", "going", "way"]
)
"""Words whose effect depends on what follows them; `meaning` decides."""

FILLER = frozenset(
    ["a", "an", "and", "at", "in", "on", "of", "by", "with", "when", "was", "is", "the", "it", "its", "it's", "i", "he", "she", "they", "we", "you", "him", "her", "them", "us", "his", "hers", "their", "our", "my", "me", "as", "so", "but", "then", "that", "this", "there", "here", "be", "been", "being", "to", "from", "for", "up", "out", "off", "into", "onto", "near", "outside", "inside", "via", "through", "who", "where", "which", "if", "also", "too", "very", "well", "yes", "yeah", "yep", "ok", "okay", "hi", "hello", "hey", "please", "pls", "plz", "thanks", "thank", "ta", "cheers", "x", "xx", "xxx", "i'm", "i've", "he's", "she's", "they're", "we're", "it'd", "i'd", "he'd", "she'd", "they'd", "that's", "there's", "we've", "they've", "were", "are", "has", "had", "have", "having", "did", "do", "does", "done", "got", "get"]
)
"""Function words: a bare number before one of them can still be a time ("at 9 in the lounge")."""

SIGHTING = frozenset(
    ["seen", "saw", "see", "sees", "sighted", "sighting", "sightings", "spotted", "spot", "observed", "last", "left", "leaving", "came", "come", "comes", "returned", "return", "returns", "back", "home", "arrived", "walked", "went", "go", "ran", "run", "stormed", "climbed", "jumped", "headed", "popped", "snuck", "sneaked", "brought", "dropped", "collected", "picked", "got", "time", "was", "is", "on", "at", "since", "of", "by", "about", "around", "only", "exactly", "known", "contact", "check", "checks", "checked", "in", "late", "early", "long", "waiting", "leaving"]
) - {"leaving"}
PLAIN = frozenset(
    ["staff", "member", "team", "worker", "workers", "carer", "carers", "manager", "colleague", "security", "guard", "mum", "mom", "dad", "nan", "mother", "father", "brother", "sister", "cousin", "friend", "friends", "mate", "mates", "family", "foster", "parent", "parents", "people", "person", "child", "children", "kid", "kids", "boy", "girl", "lad", "lads", "lass", "young", "man", "woman", "lady", "guy", "bloke", "teacher", "school", "college", "football", "park", "shop", "shops", "town", "city", "centre", "station", "bus", "train", "tram", "taxi", "car", "van", "bike", "road", "street", "lane", "avenue", "house", "home", "home's", "room", "bedroom", "lounge", "kitchen", "garden", "hall", "hallway", "office", "door", "gate", "window", "front", "rear", "side", "garage", "bathroom", "toilet", "shower", "stairs", "upstairs", "downstairs", "building", "unit", "flat", "corner", "estate", "church", "library", "gym", "pool", "pub", "club", "hospital", "surgery", "court", "centre", "area", "place", "outside", "cctv", "camera", "tv", "telly", "sofa", "chair", "bed", "table", "desk", "wearing", "wore", "dressed", "black", "white", "blue", "red", "green", "grey", "gray", "yellow", "pink", "purple", "brown", "dark-blue", "coat", "jacket", "hoodie", "jeans", "jumper", "trousers", "trainers", "shoes", "hat", "cap", "bag", "backpack", "tracksuit", "top", "shirt", "hair", "happy", "sad", "upset", "angry", "calm", "fine", "safe", "well", "good", "great", "nice", "quiet", "asleep", "sleeping", "awake", "playing", "watching", "eating", "having", "cooking", "sitting", "sat", "stood", "standing", "walking", "talking", "leaving-for", "asked", "asks", "ask", "making", "made", "took", "take", "taken", "giving", "gave", "given", "let", "put", "kept", "keep", "went", "goes", "gets", "getting", "coming", "ran", "running", "smoking", "fag", "cigarette", "smoke", "vape", "food", "tea", "dinner", "lunch", "breakfast", "supper", "snack", "meds", "medication", "tablets", "medicine", "money", "pocket", "allowance", "game", "games", "xbox", "playstation", "ps", "phone-call", "music", "film", "movie", "tele", "internet", "computer", "laptop", "homework", "class", "lesson", "lessons", "night-staff", "waking", "sleep-in", "sleeper", "duty", "agency", "bank", "social", "support", "key", "residential", "deputy", "senior", "registered", "neighbour", "neighbours", "neighbor", "local", "public", "member", "driver", "passenger", "resident", "residents", "roommate", "housemate", "visitor", "visitors", "guest", "guests", "contact", "girlfriend", "boyfriend", "partner", "ex", "uncle", "aunt", "auntie", "grandma", "grandad", "gran", "nana", "nanny", "granny", "stepdad", "stepmum", "age", "name", "size", "height", "tall", "short", "slim", "build", "large", "small", "big", "little", "old", "new", "left", "right", "across", "along", "behind", "beside", "next-to", "toward", "towards", "opposite", "down", "away", "around", "again", "still", "already", "only", "even", "ever-so", "really", "quite", "pretty", "fairly", "much", "more-or-less", "probably-not", "all", "any", "anyone", "anybody", "everyone", "everybody", "someone", "somebody", "something", "anything", "everything", "one's", "self", "himself", "herself", "themselves", "myself", "himselves", "hope", "care", "sure", "certain", "certainly", "definitely", "def", "definite", "clear", "clearly", "honest", "honestly", "tbh", "imo", "fyi", "btw", "lol", "omg", "asap", "re", "update-on", "info", "note", "notes", "nb", "time", "times", "date", "dates", "day's", "sight", "sighting", "last-seen", "mouth", "month's", "mind", "mine", "mint", "mints", "fight", "light", "might-be", "right", "sight", "tight", "bright", "height", "weight", "eight's", "past-the", "our", "ours", "hours's", "louse", "mouse", "loose", "lost", "list", "lest", "least-of", "cast", "fast", "mast", "vast", "east", "west", "north", "south", "past-by", "best", "rest", "test", "nest", "fun", "gun", "bun", "son", "run", "ran", "sum", "hun", "sane", "sand", "land", "hand", "band", "stand", "mandy", "sandy", "randy", "cindy", "marsh", "match", "much", "such", "march-past", "april-may", "augustus", "july's", "toad", "toady", "today-only", "tidy", "body", "ball", "call-in", "hall", "fall", "tall", "wall", "walk", "talk", "hull", "pull", "full", "dull", "bull", "calf", "hair", "heir", "her", "here", "hear", "near", "dear", "year's", "pear", "bear", "tear", "wear", "fear", "gear", "where", "were", "whole", "hole", "hold", "held", "help", "he'd", "helped", "helping", "happen", "happened", "kind", "type", "sort", "lot", "lots", "bit", "bye", "hey", "goodnight", "hiya", "heya", "morning's", "evening's", "evening-staff", "cheer", "dear", "sir", "madam", "boss", "guv", "luv", "love", "babe", "hun", "mate", "mates", "pal", "darling", "sweetheart", "sorry", "ps", "pps", "regards", "kind-regards", "drunk", "sober", "crying", "laughing", "shouting", "argued", "arguing", "argument", "kicked", "off", "kicking", "smashed", "broke", "broken", "threw", "thrown", "slammed", "hit", "hitting", "running-off", "bolted", "escaped", "climbed", "jumped", "fled", "absolutely", "totally", "literally", "basically", "obviously", "actually-seen", "quickly", "slowly", "suddenly", "quietly", "loudly", "together", "alone", "himself's", "own", "self's", "number", "cctv-camera", "footage", "main", "estate's", "side-door", "backdoor", "fire", "exit", "escape", "lift", "stairwell", "landing", "corridor", "reception", "entrance", "foyer", "porch", "driveway", "drive", "carpark", "yard", "field", "woods", "canal", "river", "beach", "harbour", "bridge", "arcade", "mall", "market", "mcdonalds", "tesco", "asda", "aldi", "lidl", "greggs", "kfc", "nandos", "co-op", "visited", "visiting", "visit", "stayed", "staying", "stay", "stays", "stopped", "stop", "stops", "parked", "passing", "passed", "pass", "followed", "chased", "chasing", "searched", "searching", "search", "looking", "looked", "look", "looks", "appeared", "appears", "seemed", "seems", "showed", "show", "shown", "shows", "opened", "open", "opens", "closed", "close", "closes", "shut", "locked", "unlocked", "dunked", "watched", "watches", "met", "meet", "meets", "helped", "sent", "send", "sends", "brung", "bringing", "bring", "brings", "dropping", "drops", "drop", "collecting", "collect", "collects", "picking", "pick", "picks", "returned-home", "getting-back", "turned", "turn", "turns", "use", "used", "using", "usual", "one-to-one", "outing", "activity", "trip", "club's", "youth", "centre's", "football's", "training", "match", "swimming", "boxing", "dance", "drama", "theatre", "cinema", "bowling", "shopping", "hand", "handed", "over-the", "hugged", "kissed", "waved", "wave", "waving", "smiled", "joked", "chatted", "chat", "chatting", "mentioned", "mention", "stated", "states", "confirmed", "confirm", "confirms", "confirming", "verified", "witnessed", "witness", "signed", "sign", "signing", "in-out", "log-in", "book", "register", "registered", "headcount", "head", "count", "roll", "entry", "morning-staff", "rounds", "round", "obs", "observation", "observations", "welfare", "safe-and-well", "routine", "hes", "shes", "theyre", "im", "ive", "its", "were", "whos", "whats", "thats", "theres", "hed", "shed", "theyd", "wed-ding", "his'", "lounge's", "tonne", "tonnes", "bright", "mate's", "fourth-floor", "line", "lines", "life", "live", "lives", "lived", "living", "mall", "male", "female", "make", "makes", "making", "mad", "made", "aware", "known", "knew", "know", "knows", "weather", "rain", "raining", "snow", "cold", "hot", "warm", "wet", "dry", "sunny", "sunglasses", "suntan", "sunday-best", "satin", "satellite", "saturn", "monitor", "money-box", "mono", "mono's", "wedding", "wedged", "widow", "friend's", "fried", "frighten", "fright", "third-floor", "thursdays-only", "seat", "seated", "second-floor", "sector", "section", "secure", "seconds-hand", "hurt", "hour's", "houred", "honour", "house's", "houses", "horse", "horses", "hose", "nose", "rose", "lose", "pose", "those", "these", "them", "themself", "who's", "whose", "why", "what", "whats", "how", "minute's", "minor", "mini", "minibus", "mind's", "mined", "mins'", "menus", "boat", "goat", "coat", "oat", "road", "load", "toad", "age's", "ages-old", "aged-about", "go", "goes", "got", "ego", "agog", "halt", "hale", "hail", "half-way", "hat", "ham", "has", "calf", "behalf", "haul", "hals", "think-so", "thin", "thing", "things", "thinks", "thus", "thirst", "theft", "tis", "ties", "tin", "tins", "list's", "lasts", "lasted", "lash", "lass", "late's", "later's", "laps", "lap", "nigh", "knight", "knights", "mighty", "night's", "niece", "nice", "nine's", "toddy", "toddler", "moaning", "mourning", "warning", "warming", "morn-ing", "quarters-only", "quartz", "about-turn", "abort", "abroad", "aboard", "above", "across", "doing", "nope-lol", "moody", "joe", "ali", "sam", "tom's", "ben", "dan", "kai", "leo", "mia", "zoe", "amy", "ava", "eva", "ella", "ellie", "jay", "joe", "jake", "josh", "jack", "james", "john", "jamie", "jordan", "kyle", "liam", "luke", "lewis", "mark", "max", "mason", "noah", "oliver", "ollie", "owen", "paul", "pete", "peter", "phil", "robin", "ryan", "scott", "sean", "steve", "stuart", "tyler", "tony", "alex", "anna", "beth", "becky", "chloe", "claire", "emma", "erin", "fiona", "freya", "gemma", "georgia", "grace", "hannah", "holly", "jade", "jess", "jessica", "kate", "katie", "kelly", "kim", "laura", "leah", "lily", "lisa", "lucy", "megan", "molly", "natasha", "nicole", "olivia", "paige", "poppy", "rachel", "rebecca", "ruby", "sarah", "sophie", "tia", "tracy", "mandy", "sandra", "sandy", "wendy", "cindy", "marc", "marcus", "marcia", "marco", "mary", "maya", "macy", "mae", "maisie", "mari", "mario", "june-bug", "junior", "juno", "julie", "julia", "julian", "juliet", "juliette", "jules", "augustine", "augusta", "avril", "april's", "janet", "jane", "jan-ice", "janice", "janine", "jen", "jenny", "jean", "jan-e", "denis", "denise", "dean", "declan", "decker", "sunny", "sunita", "sonny", "sandie", "monty", "mona", "monica", "moira", "mone", "mindy", "minnie", "mina", "min-ji", "friar", "frida", "freda", "freida", "freddie", "fred", "tuesday-club", "hugh", "hughie", "hal", "hall", "harley", "harry", "hanna", "noon-an", "noor", "noora", "nour", "nathan", "niamh", "nige", "nigel", "nina"]
)
"""Words seen in these notes that are one slip away from nothing: they keep their spelling."""

NUMBERED = frozenset(
    ["pc", "pcso", "wpc", "sgt", "dc", "ds", "collar", "badge", "shoulder", "pin", "code", "reg", "case", "officer", "room", "rm", "flat", "unit", "size", "bus", "no", "number", "num", "house", "floor", "platform", "gate", "route", "ward", "plot", "apt", "apartment", "cad", "log", "ref", "reference", "incident", "crime", "age", "aged", "tel", "phone", "mob", "mobile", "ext", "bay", "block", "level", "lodge", "dorm", "class", "year", "yp", "channel", "camera", "tier", "stage", "table", "seat", "bed", "door", "lane", "junction", "tram", "train", "id", "urn", "line", "version", "item", "locker", "zone", "sector", "step", "form", "page", "chapter", "section", "building"]
)
"""Words after which a plain number is a name and not a time."""

AFTER_ORDINAL = frozenset(["floor", "team", "class", "place", "landing", "storey", "birthday", "avenue", "street"])

TIME_LIKE = (
    frozenset(NUMBERS)
    | UNITS
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | frozenset(PARTS)
    | DAY_WORDS
    | TIME_WORDS
    | {"am", "pm", "gmt", "bst", "early", "late", "oh", "hundred"}
)

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
        if tail == "t":
            return "negation"
        if tail == "ll":
            return "future"
        if tail in {"s", "d", "re", "ve", "m"} and KIND.get(stem, "plain") in {"plain", "filler"}:
            return "plain"
    return ""
