"""Phone numbers as people read them."""

NBSP = "\u00a0"


def spoken(number: str | None) -> str:
    """A French E.164 number as it is read: "06 39 98 00 01"; any other as it is."""
    if number is None:
        return ""
    if number.startswith("+33") and len(number) == 12 and number[1:].isdigit():
        national = "0" + number[3:]
        return NBSP.join(national[at : at + 2] for at in range(0, 10, 2))
    return number
