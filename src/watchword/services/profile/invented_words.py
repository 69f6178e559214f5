"""The words that invented people and organizations are named by: plainly nobody's."""

from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    "Basalt",
    "Bracken",
    "Burdock",
    "Chervil",
    "Dolomite",
    "Feldspar",
    "Gneiss",
    "Gypsum",
    "Hornblende",
    "Kaolin",
    "Larkspur",
    "Lichen",
    "Lovage",
    "Marjoram",
    "Mugwort",
    "Nettle",
    "Obsidian",
    "Porphyry",
    "Pumice",
    "Quartz",
    "Samphire",
    "Sorrel",
    "Thistle",
    "Yarrow",
)
MIDDLE_NAMES: Final = (None, None, "Chalk", "Flint", "Moss")
LAST_NAMES: Final = (
    "Dummyfield",
    "Exampleton",
    "Fictionsby",
    "Fixtureham",
    "Imaginarius",
    "Makebelieve",
    "Mockingsworth",
    "Nobodysson",
    "Notareal",
    "Placeholderby",
    "Pretendergast",
    "Samplewright",
    "Specimenson",
    "Stubbington-Test",
    "Testerby",
    "Unpersonsky",
)
ADJECTIVES: Final = (
    "Fictitious",
    "Imaginary",
    "Invented",
    "Made-up",
    "Make-believe",
    "Nonexistent",
    "Pretend",
)
GOODS: Final = (
    "Balloons",
    "Barometers",
    "Compasses",
    "Kettles",
    "Lanterns",
    "Pencils",
    "Sundials",
    "Teapots",
    "Umbrellas",
    "Weathervanes",
)
FORMS: Final = (
    ("Ltd", "Company"),
    ("plc", "Company"),
    ("Foundation", "Charity"),
    ("Institute", "Research institute"),
)
EMPLOYMENTS: Final = (
    "Chief Executive Officer",
    "Chief Financial Officer",
    "Head of Nothing in Particular",
    "Regional Manager",
    "Research Fellow",
    "Treasurer",
)
BOARD_SEATS: Final = ("Chair of the Board", "Non-Executive Director", "Trustee")
COMMITTEE_SEATS: Final = (
    "Chair, Audit Committee",
    "Member, Audit Committee",
    "Member, Nominations Committee",
    "Member, Remuneration Committee",
)
