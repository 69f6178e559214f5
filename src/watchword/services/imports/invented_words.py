"""The words that invented people and organizations are named by: plainly nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.invented_dice import Ranking

if TYPE_CHECKING:
    from watchword.services.imports.invented_dice import Dice

_STARTS: Final = (
    *("Blorb", "Brizz", "Cleeb", "Cromp", "Dribb", "Drox", "Dwim", "Fizz", "Flimm", "Frob"),
    *("Gibb", "Glunk", "Grizz", "Hux", "Jibb", "Jorb", "Klonk", "Krim", "Kwizz", "Mogg"),
    *("Mizz", "Nerb", "Nibb", "Oobl", "Plonk", "Plumf", "Quib", "Quorb", "Skrim", "Sniv"),
    *("Spoff", "Splox", "Trimb", "Twizz", "Vexl", "Vloon", "Wibb", "Wobb", "Yazz", "Zorb"),
)
_MIDDLES: Final = (
    *("a", "abo", "adi", "ala", "e", "ebi", "eli", "endo", "ero", "i", "ibi", "ido", "ili"),
    *("imbo", "o", "obi", "odo", "olo", "omi", "oni", "u", "ubi", "udo", "umbi", "uni"),
)
_LAST_ENDS: Final = (
    *("berg", "bury", "by", "croft", "dale", "dorf", "field", "ford", "gast", "ham"),
    *("ington", "ley", "man", "sky", "smith", "sson", "stead", "ton", "wick", "worth"),
)
_FIRST_ENDS: Final = ("ax", "bel", "da", "do", "dle", "fina", "ko", "lia", "mo", "na", "ner", "x")

EXAMPLE: Final = ("Obsidian", None, "Notareal")
"""The name of the first person of every set, whom printed examples show."""
FIRST_NAMES: Final = tuple(
    f"{start}{middle}{end}" for end in _FIRST_ENDS for middle in _MIDDLES[::4] for start in _STARTS
)
LAST_NAMES: Final = tuple(
    f"{start}{middle}{end}" for middle in _MIDDLES for end in _LAST_ENDS for start in _STARTS
)
_COMMONEST_FIRST: Final = Ranking(len(LAST_NAMES), 15)
_PLACES_APART: Final = 7_919
MIDDLE_NAMES: Final = (None, None, "Basalt", "Chalk", "Flint", "Gneiss", "Moss", "Pumice", "Quartz")
NICKNAMES: Final = ("Bobble", "Dibs", "Moxie", "Pip", "Tinker", "Wump")
SECTORS: Final = (
    ("Leisure", "Balloon making"),
    ("Instruments", "Barometer making"),
    ("Instruments", "Compass making"),
    ("Household goods", "Kettle making"),
    ("Household goods", "Lantern making"),
    ("Office supplies", "Pencil making"),
    ("Instruments", "Sundial making"),
    ("Household goods", "Teapot making"),
    ("Leisure", "Umbrella making"),
    ("Instruments", "Weathervane making"),
)
"""Sectors, each with an industry of it."""
CITIES: Final = ("Inventon", "Placeholder Bay", "Sampleford", "Dummyville", "Mockport")
NATIONALITIES: Final = ("Examplian", "Placeholderish", "Testlandic")
EARNINGS: Final = ("Self-made", "Inherited", "Inherited and self-made")
STATUSES: Final = ("Married", "Single", "Divorced", "Widowed")
TIES: Final = ("spouse", "child", "sibling", "parent")
QUALIFICATIONS: Final = (
    ("BA in Applied Nothing", "Bachelor's degree"),
    ("BSc in Imaginary Numbers", "Bachelor's degree"),
    ("MBA", "Master's degree"),
    ("MSc in Teapot Engineering", "Master's degree"),
    ("PhD in Pure Conjecture", "Doctorate"),
)
HONOURS: Final = ("Golden Teapot", "Order of the Paper Crown", "Prize for Plausibility")
INTERESTS: Final = (
    ("Collecting", "Leisure", "Antique umbrellas"),
    ("Playing", "Sports", "Indoor hill climbing"),
    ("Supporting", "Philanthropy", "Homes for lost kettles"),
    ("Watching", "Nature", "Invisible birds"),
    ("Reading", "Arts", "Unwritten novels"),
)
FORTUNES: Final = (
    (1_000_000, "1: below 5 million"),
    (5_000_000, "2: 5 to 30 million"),
    (30_000_000, "3: 30 to 100 million"),
    (100_000_000, "4: above 100 million"),
)
"""Lowest net worth of each tier, and the tier's name."""
ASSETS: Final = (
    ("Common stock", "Shares", "Liquid"),
    ("Private holdings", "Stake in a company", "Illiquid"),
    ("Stock options", "Options", "Illiquid"),
    ("Alternative assets", "Collection of sundials", "Illiquid"),
    ("Cash and others", "Deposits", "Liquid"),
)
EMPLOYMENTS: Final = (
    ("Chief Executive Officer", "Chief executive", "Senior management"),
    ("Chief Financial Officer", "Finance", "Senior management"),
    ("Head of Nothing in Particular", "Head of function", "Management"),
    ("Regional Manager", "Operations", "Management"),
    ("Research Fellow", "Research", "Staff"),
    ("Treasurer", "Finance", "Management"),
)
"""Titles, each with its category and the group of roles that the category belongs to."""
BOARD_SEATS: Final = (
    ("Chair of the Board", "Chair", "Board"),
    ("Non-Executive Director", "Non-executive director", "Board"),
    ("Trustee", "Trustee", "Board"),
)
BOTH: Final = (("Managing Director", "Executive director", "Board"),)
COMMITTEE_SEATS: Final = (
    ("Chair, Audit Committee", "Committee chair", "Audit"),
    ("Member, Audit Committee", "Committee member", "Audit"),
    ("Member, Nominations Committee", "Committee member", "Nominations"),
    ("Member, Remuneration Committee", "Committee member", "Remuneration"),
)


def draw_last_name(dice: Dice) -> str:
    """Return a last name: one in about a hundred draws is the commonest, and most are rare."""
    return last_name(_COMMONEST_FIRST.place(dice))


def last_name(place: int) -> str:
    """Return a last name by its place; neighbours do not begin alike."""
    return LAST_NAMES[place * _PLACES_APART % len(LAST_NAMES)]
