"""The words the demo company is made of. Everything here is invented."""

# Lists of words are read like prose.
# fmt: off

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


COMPANY_NAME = "Veridane Instruments"
MAIL_DOMAIN = "veridane.example"

FIRST_NAMES = _words("""
Ada Adrian Aisha Albert Alma Amara Amir Ana Andrea Anika Anton Arjun Astrid Aya Beatriz Ben
Bianca Bruno Camila Carl Carmen Cecilia Chen Chiara Clara Claudia Daniel Daria David Diego Dina
Dora Edgar Elena Elias Elin Ella Emil Emma Erik Esther Eva Fabian Farah Felix Fiona Franz Freya
Gabriel George Gina Greta Hana Hannah Harald Helen Henrik Hugo Ida Igor Ilse Ines Ingrid Irene
Isaac Iris Ivan Jakob Jana Jonas José Josef Jörg Judith Julia Kai Karim Karin Katya Kenji Lara
Laura Leila Leo Lina Louis Lucia Lukas Maja Malik Mara Marco Maria Marta Mateo Max Mei Mia
Mikael Mina Miriam Nadia Naomi Nils Nina Noah Nora Olga Olivia Omar Oscar Paula Pavel Petra
Priya Rafael Ravi Rita Robin Rosa Ruben Samir Sana Sara Selma Sofia Stefan Sven Tara Theo Tina
Tobias Uma Vera Victor Wanda Yara Yusuf Zoë
""")

LAST_NAMES = _words("""
Abel Ahlberg Akers Almeida Andersen Arnold Ashworth Baker Barros Bauer Becker Bell Benali Berg
Bergman Bianchi Blake Bloom Borg Braun Brook Burke Calder Campos Carter Castillo Chandra Clarke
Conti Costa Crane Dahl Dalton Das Delgado Devlin Diaz Dietrich Dixon Duarte Dunn Eklund Ellis
Engel Farkas Fischer Flores Forsberg Foster Frank Fuentes Fuller Garcia Gill Glover Gomez
Göransson Grant Greene Gupta Haas Hale Hansen Harper Hayashi Heller Herrera Hoffman Holm Hughes
Ito Iyer Jansen Jensen Joshi Kaiser Kaplan Keller Khan Kim Klein Koch Kovacs Kramer Kumar Lane
Larsen Lehmann Lim Lindgren Lopez Lorenz Lund Maier Marsh Martin Mason Mehta Mendes Meyer Moreau
Morris Müller Nakano Neumann Nguyen Nolan Novak Núñez Okafor Oliveira Olsen Ortega Osman Palmer
Park Patel Perez Pike Popov Powell Quinn Rahman Ramos Reed Reis Reyes Richter Rivera Roth Rossi
Russo Sanders Santos Sato Schmidt Schultz Shah Sharma Silva Singh Soto Stein Stone Strand Suzuki
Tanaka Taylor Thorn Torres Tran Vargas Vega Vidal Vogel Wagner Walsh Weber Werner West Winter
Wolf Wong Yilmaz Young Zhang Ziegler
""")

# region: territory (name of the sales team): countries of its customers
TERRITORIES = [
    ("Americas", "Northeast", ["United States"]),
    ("EMEA", "DACH", ["Germany", "Germany", "Austria", "Switzerland"]),
    ("Americas", "Pacific", ["United States"]),
    ("EMEA", "UK and Ireland", ["United Kingdom", "United Kingdom", "Ireland"]),
    ("APAC", "Oceania", ["Australia", "Australia", "New Zealand"]),
    ("Americas", "Midwest", ["United States"]),
    ("EMEA", "Nordics", ["Sweden", "Norway", "Denmark", "Finland"]),
    ("Americas", "Canada", ["Canada"]),
    ("EMEA", "Benelux", ["Netherlands", "Belgium"]),
    ("APAC", "Japan", ["Japan"]),
    ("Americas", "South", ["United States"]),
    ("EMEA", "Southern Europe", ["Italy", "Spain", "Portugal"]),
    ("Americas", "Latin America", ["Mexico", "Brazil", "Chile"]),
    ("EMEA", "France", ["France"]),
    ("APAC", "Southeast Asia", ["Singapore", "Malaysia", "Thailand"]),
]
REGIONS = ["Americas", "EMEA", "APAC"]
# The hour, UTC, at which the offices of a region open.
OPENS_AT = [13, 7, 0]
TIME_ZONES = ["America/New_York", "Europe/Berlin", "Australia/Sydney"]

ROLES = ["SDR", "Account Executive", "Account Manager", "Sales Manager"]
SDR, EXECUTIVE, ACCOUNT_MANAGER, MANAGER = range(4)

ACCOUNT_STEMS = _words("""
Alder Amber Anchor Apex Arbor Argent Aster Atlas Aurora Bay Beacon Birch Blue Border Bramble
Bridge Bright Cairn Cedar Chalk Cliff Clover Cobalt Copper Coral Crest Crown Delta Dune Eagle
Eastern Echo Elm Ember Falcon Fern Field Flint Forge Fox Frost Gale Garnet Glen Gold Granite
Grove Harbor Hawk Hazel Heath Heron High Hollow Indigo Iron Ivory Jade Juniper Kestrel Lake
Larch Lark Laurel Linden Long Maple Marble Marsh Meadow Merlin Mill Mist Moon Moss North Oak
Ocean Olive Onyx Opal Orchard Osprey Otter Pearl Pebble Pine Plover Prairie Quartz Raven Red
Reed Ridge River Robin Rock Rose Rowan Ruby Sage Salt Sand Sapphire Shore Silver Sky Slate Snow
Solar Spring Spruce Star Stone Storm Stream Summit Sun Swan Swift Tall Teal Thistle Thorn Tide
Timber Topaz Vale Vista Walnut Water West White Wild Willow Wind Winter Wren Yew
""")
ACCOUNT_HEADS = _words("""
bank bay bourne bridge brook burn bury castle cliff combe cove cross dale dell down edge fall
farm fell field firth ford gate glade grove hall ham haven head heath hill holm holt house hurst
isle lake land lea light lock mark mead mere mill mont moor mount neck ness nook park peak pass
point pool port reach ridge rise rock run shaw shore side spring stead stone strand stream
thorpe ton tor tower vale view wall water way well wick wood worth yard
""")
ACCOUNT_TAILS = [
    "Laboratories", "Industries", "Foods", "Pharma", "Water", "Energy", "Materials",
    "Research", "Chemicals", "Systems", "Biotech", "Works", "University", "Group",
]
INDUSTRIES = [
    "Pharmaceuticals", "Food and Beverage", "Water Utilities", "Chemicals", "Energy",
    "Semiconductors", "Academia", "Public Laboratories",
]
INDUSTRY_WEIGHTS = [22, 18, 12, 16, 10, 8, 9, 5]
JOB_TITLES = [
    "Laboratory Manager", "Head of Quality", "Procurement Manager", "Process Engineer",
    "Research Director", "Plant Manager", "Quality Engineer", "Head of Operations",
]

# name, code, family, list price a unit (a year, where it recurs), cost share, weight, recurs
PRODUCTS = [
    ("Lumen S2 Spectrometer", "SP-200", "Spectrometers", 18_400, 0.46, 14, False),
    ("Lumen S4 Spectrometer", "SP-400", "Spectrometers", 32_900, 0.43, 10, False),
    ("Lumen S6 Imaging Spectrometer", "SP-600", "Spectrometers", 61_500, 0.41, 4, False),
    ("Lumen Mini Spectrometer", "SP-100", "Spectrometers", 7_950, 0.52, 11, False),
    ("Tarn Flow Meter", "FM-10", "Flow and Pressure", 2_850, 0.55, 10, False),
    ("Tarn Flow Meter Plus", "FM-20", "Flow and Pressure", 4_600, 0.52, 7, False),
    ("Tarn Pressure Station", "PS-10", "Flow and Pressure", 9_800, 0.49, 6, False),
    ("Fellmark Field Logger", "FL-10", "Field Loggers", 1_450, 0.50, 12, False),
    ("Fellmark Field Logger Pro", "FL-20", "Field Loggers", 2_400, 0.47, 9, False),
    ("Fellmark Weather Mast", "FL-30", "Field Loggers", 6_200, 0.53, 4, False),
    ("Keld Bench Analyser", "BA-10", "Bench Analysers", 12_700, 0.48, 9, False),
    ("Keld Bench Analyser Duo", "BA-20", "Bench Analysers", 21_300, 0.45, 6, False),
    ("Keld Titration Cell", "BA-30", "Bench Analysers", 5_400, 0.51, 5, False),
    ("Probe Set", "AC-10", "Accessories", 640, 0.38, 14, False),
    ("Calibration Kit", "AC-20", "Accessories", 890, 0.35, 12, False),
    ("Rugged Case", "AC-30", "Accessories", 310, 0.44, 8, False),
    ("Sample Changer", "AC-40", "Accessories", 3_700, 0.42, 5, False),
    ("Clearview Cloud", "SW-10", "Software", 2_160, 0.14, 16, True),
    ("Clearview Cloud Plus", "SW-20", "Software", 4_320, 0.13, 9, True),
    ("Clearview Compliance", "SW-30", "Software", 6_900, 0.12, 5, True),
    ("Service Plan Basic", "SV-10", "Service Plans", 1_500, 0.40, 12, True),
    ("Service Plan Complete", "SV-20", "Service Plans", 3_300, 0.42, 8, True),
]

LEAD_SOURCES = [
    "Web", "Online Ads", "Webinar", "Trade Show", "Email", "Partner", "Outbound",
    "Customer Referral", "",
]
WEB, ADS, WEBINAR, TRADE_SHOW, EMAIL, PARTNER, OUTBOUND, REFERRAL, NO_SOURCE = range(9)
LEAD_SOURCE_WEIGHTS = [27, 17, 10, 14, 7, 7, 9, 6, 3]
# How likely a lead of the source converts, a deal of it is won, against the average.
LEAD_QUALITY = [1.05, 0.62, 0.9, 0.95, 0.7, 1.35, 0.8, 1.9, 0.8]
DEAL_QUALITY = [1.0, 0.8, 0.9, 0.95, 0.85, 1.2, 0.85, 1.45, 0.9]

LEAD_STATUSES = [
    "Open - Not Contacted", "Working - Contacted", "Nurturing", "Qualified",
    "Closed - Converted", "Closed - Not Converted",
]
OPEN, WORKING, NURTURING, QUALIFIED, CONVERTED, NOT_CONVERTED = range(6)

STAGES = [
    "Prospecting", "Qualification", "Needs Analysis", "Value Proposition",
    "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost",
]
PROPOSAL, NEGOTIATION, WON, LOST = 4, 5, 6, 7
STAGE_PROBABILITIES = [10, 15, 25, 45, 65, 85, 100, 0]
FORECAST_CATEGORIES = [
    "Pipeline", "Pipeline", "Pipeline", "BestCase", "BestCase", "Forecast", "Closed", "Omitted",
]
FORECAST_CATEGORY_NAMES = [
    "Pipeline", "Pipeline", "Pipeline", "Best Case", "Best Case", "Commit", "Closed", "Omitted",
]

DEAL_TYPES = ["New Business", "Add-On", "Renewal", "Win-Back"]
NEW_BUSINESS, ADD_ON, RENEWAL, WIN_BACK = range(4)
LOSS_REASONS = [
    "Price", "Competitor", "No budget", "No decision", "Timing", "Missing feature", "No response",
]
NEXT_STEPS = [
    "Send revised proposal", "Schedule demo", "Meet decision maker", "Wait for budget approval",
    "Technical questions from the lab", "Legal review of terms", "Call after the trial",
]

CAMPAIGN_TYPES = ["Trade Show", "Webinar", "Advertisement", "Email"]
TRADE_SHOWS = ["Spring Lab Fair", "Process Days", "Instrument Expo", "Autumn Measurement Forum"]
WEBINARS = [
    "Better Calibration", "Inline Spectroscopy", "Cloud Logging", "Water Quality",
    "Audit-Ready Records", "Flow Metering Basics",
]

CALL_SUBJECTS = ["Call", "Follow-up call", "Qualification call", "Pricing call", "Check-in call"]
EMAIL_SUBJECTS = ["Email: introduction", "Email: your questions", "Email: proposal",
                  "Email: next steps", "Email: thank you"]
TASK_SUBJECTS = ["Prepare proposal", "Send data sheet", "Check references", "Update account plan",
                 "Arrange trial unit", "Clarify terms"]
MEETING_SUBJECTS = ["Meeting", "Site visit", "Requirements workshop", "Contract meeting"]
