"""What a code says about a territory: its department, its time zone, its calendar of public holidays."""

METROPOLE = "Europe/Paris"

ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/Guadeloupe",  # Saint-Barthélemy
    "978": "America/Guadeloupe",  # Saint-Martin
    "984": "Indian/Kerguelen",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}

# Departments whose public holidays differ, by the names the `holidays` library gives them.
HOLIDAY_CALENDARS = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}

# An arrondissement's INSEE code begins with the key; the value is the commune it is part of.
ARRONDISSEMENTS = {"751": "75056", "6938": "69123", "132": "13055"}


def department_of(code: str) -> str:
    """The department of an INSEE code or of a postcode: "11", "2A", "974"…

    A postcode of Corsica only says "20", and some postcodes cross a department's edge: prefer the INSEE code.
    """
    return code[:3] if code[:2] in ("97", "98") else code[:2]


def zone_of(code: str) -> str:
    """The IANA time zone of an INSEE code or of a postcode."""
    return ZONES.get(department_of(code), METROPOLE)


def holiday_calendar_of(insee_code: str) -> str | None:
    """The subdivision of the `holidays` library; None for the national calendar."""
    return HOLIDAY_CALENDARS.get(department_of(insee_code))


def commune_of(insee_code: str) -> str:
    """The commune an arrondissement of Paris, Lyon or Marseille is part of; any other code is its own."""
    for prefix, commune in ARRONDISSEMENTS.items():
        if insee_code.startswith(prefix):
            return commune
    return insee_code


def codes_within(insee_code: str) -> tuple[str, str]:
    """(code, prefix) such that a code equal to the one or beginning with the other lies in this commune."""
    whole = {commune: prefix for prefix, commune in ARRONDISSEMENTS.items()}
    return insee_code, whole.get(insee_code, insee_code)
