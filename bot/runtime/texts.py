"""Reading short texts: folding, questions, corrections, names, ages."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.understanding import Entity

_HERE = Path(__file__).parent
_HOW = r"comment|com+en+t?|com+an+t?|kom+[ae]n+t?|cmn?t"
"""As people spell it who write by ear."""
_ASKS_FIRST = (
    _HOW
    + r"|combien|cb|cbien|k?onbien|pour(?:quoi|koi)|pk|quand|kan|ou est|qui|quel|quelle|quels|quelles|kel|qu est ce|"
    r"a quoi|faut il|il faut|dois je|je dois|on peut|je peux|puis je|ai je droit|j ai droit"
)
_ASKS_FIRST_ELSEWHERE = (
    r"(?:what|how|where|when|why|which|who)(?: s)?|can i|could i|do i|should i|must i|will i|am i|is it|is there|"
    r"are there|quantos?|quantas?|cuantos?|cuantas?|como|onde|donde|cual|qual|quais|posso|puedo|tenho direito|"
    r"tengo derecho|nas[ıi]l|nerede|hangi|kac|ne kadar|wach|kifach|chhal|هل|كيف|كم|اين|ماذا|متى|لماذا"
)
"""How a question begins in the other languages, darija in Latin letters among them."""
_ASKS_ANYWHERE = (
    r"\b(?:est ce (?:que|qu|ke)|es (?:que|ke)|eske?|esque|(?:c|c est|cest) (?:quoi|koi|combien|cb|ou|quand|qui)|"
    r"(?:" + _HOW + r") (?:on|je|jpeu\w*|faire|fer)|ne kadar|m[ıiu](?:y[ıiu]m|s[ıiu]n[ıiu]z)|var m[ıi])\b"
)
_ASKS_LAST = r"(?<!importe )\b(?:quoi|koi|combien|cb|comment|cmt|quand)$|\bm[ıiu]$"
_QUESTION = re.compile(rf"^(?:{_ASKS_FIRST}|{_ASKS_FIRST_ELSEWHERE})\b|{_ASKS_ANYWHERE}|{_ASKS_LAST}")
_BACK_ELSEWHERE = r"no|n[ãa]o|hay[ıi]r|لا|perd[óo]n|desculpe|sorry|actually|i mean"
"""What takes something back in the other languages, with accents or folded."""
_NAMED_ELSEWHERE = r"my name is|me llamo|me chamo|chamo-me|benim ad[ıi]m|اسمي"
_HESITATES = r"(?:(?:euh+|heu+|ah|oh|bah|ben|mince|attends?|attendez)[\s,;:.!]+)*"
_CORRECTION = re.compile(
    r"^"
    + _HESITATES
    + r"(non|nan|nn|pardon|oups|erreur|en fait|enfin|plutot|desole|je me suis tromp\w+|je voulais dire|"
    r"c est pas|c etait pas|" + _BACK_ELSEWHERE + r")\b"
)
_TAKES_BACK = re.compile(
    r"\s*"
    + _HESITATES
    + r"(?:non|nan|nn|pardon|oups|erreur|en fait|enfin|plut[oô]t|d[ée]sol[ée]e?|je voulais dire|"
    + _BACK_ELSEWHERE
    + r")\b[\s,;:.!]*",
    re.IGNORECASE,
)
_INSISTED = re.compile(
    r"^(?:moi )?c[' ’]?est (?P<name>[A-ZÀ-Ý][\w'’-]{1,30}(?: [A-ZÀ-Ý][\w'’-]{1,30})?)[ .!]*$", re.UNICODE
)
_EXCLUDES = re.compile(
    r"\b(?:pas|sauf|hormis|excepte|ni|jamais)"
    r"(?: (?:le|la|les|l|ce|cet|de|du|un|dans|a|au|aux|en|sur|possible|dispo|libre))*$"
)
_EXCLUDED = re.compile(
    r"^ ?(?:(?:je|j|c|ca|ce|est|sera|moi) )*(?:peux|peu|pourrai|suis|serai|va|vais|bosse|travaille|marche)?"
    r" ?(?:pas|impossible|non)\b"
)
_EITHER = re.compile(r"(?:(?:ou|et|ni|soit|sinon|bien|alors|aussi|le|la|l|pas|encore)(?: |$))+")
_UNTIL = re.compile(r"(?:jusqu )?(?:au|a)|to|until|al|hasta|ate|الى")
_NO_NAME = re.compile(r"(?:c|g|j|t|je|tu|il|on|pas|mais|c est|cest)\b")
_NAME = re.compile(
    r"(?:je m[' ]?appel+e?s?|j[' ]?m[' ]?appelle?"
    r"|(?:(?:tu peux|vous pouvez|on peut) )?(?:met(?:s|tez|tre)|not(?:e|ez|er))"
    r"|mon (?:pr[ée]nom|nom) (?:c[' ]?est|est)|(?:c|c[' ]?est) pour|moi c[' ]?est|c[' ]?est|moi"
    r"|i am|i'm|soy|ad[ıi]m|ismim|" + _NAMED_ELSEWHERE + ")"
    r"\s+(?P<name>.+)",
    re.IGNORECASE,
)
_POLITE = re.compile(r"[\s,]+(?:merci|svp|stp|s'il vous pla[iî]t)[\s.!]*$", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"\b(?:je m[' ]?appel+e?s?|j[' ]?m[' ]?appelle?|mon pr[ée]nom (?:c[' ]?est|est)"
    r"|" + _NAMED_ELSEWHERE + r")\s+(?P<name>[^\W\d_][\w'’-]{1,30})",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:pas|jamais) (?:(?:l|le|la|les|me|tout|du tout|vraiment|la peine d|la peine de) )*"
    r"(?:annul|supprim|effac|arret)"
    r"|\b(?:annule|supprime|efface|arrete)[sz]? (?:(?:le|la|les|surtout|rien|mon rdv|mon rendez vous) )*pas\b"
    r"(?! (?:possible|dispo|disponible|libre|le|la)\b)"
)
_OFFER = re.compile(r"(?<!que )\b(?:voulez vous|en voulez vous un)\b(?!.*\bou\b)")
_HOME = re.compile(
    r"\b(?:j habite|jhabite|habite|je vis|je suis|chui|chuis|jsuis|j suis|je viens|moi c est|ma ville c est|on habite)"
    r" (?:a|au|aux|en|sur|de|du|vers|dans|pres de|cote)\b"
    r"|\b(?:i live|i am living|i m) (?:in|near)\b|\b(?:vivo|moro|estoy|estou) (?:en|em)\b|\bاسكن في\b|\byas[iı]yorum\b"
)
_UNSPOKEN = re.compile(r"\b(?:pas|mal|peu|not|no|nao|dont)\b")
_AGE_ALONE = re.compile(r"(?P<below>\bmoins (?:de|d) )?\b(?P<age>\d{1,2})\b")
_AGE = re.compile(r"^(?:j ai |jai |g )?(?P<below>moins de )?(?P<age>\d{1,2}) ?ans$")
_AGE_TOLD = re.compile(r"\b(?:j ai|jai|g) (?P<age>\d{1,2}) ?ans\b(?! (?:d|de)\b)")  # not "5 ans d'expérience"
_APPOINTMENT = re.compile(
    r"\b(?:r ?d ?v|r[ae]n+d[ea]? ?v\w*|rendez|creneau\w*|permanence\w*|appointment|cita|consulta|randevu\w*)\b|موعد"
)
MAX_NAME = 40


def fold(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces: how texts are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())


def is_question(text: str) -> bool:
    """True when the text asks something."""
    return any(mark in text for mark in "?؟") or bool(_QUESTION.search(fold(text)))


def is_correction(text: str) -> bool:
    """True when the text begins by taking something back ("non, …", "en fait…")."""
    return bool(_CORRECTION.search(fold(text)))


def after_correction(text: str) -> str:
    """The text without the words that take something back."""
    while match := _TAKES_BACK.match(text):
        text = text[match.end() :]
    return text


def is_excluded(text: str, entity: Entity) -> bool:
    """True when the text says "not then" of a day or an hour: "pas lundi", "le matin je peux pas"."""
    before, after = fold(text[: entity.start]), fold(text[entity.end :])
    return bool(_EXCLUDES.search(before) or _EXCLUDED.search(after))


def is_refused(text: str, entity: Entity) -> bool:
    """True when the text says that this is not meant: "pas vtc, livreur", "c'est pas Lens"."""
    return bool(_EXCLUDES.search(fold(text[: entity.start])))


def is_either(text: str, first: Entity, second: Entity) -> bool:
    """True when the text joins two days or hours: "jeudi ou vendredi", "ni lundi ni mardi". A comma may correct."""
    return _EITHER.fullmatch(fold(text[first.end : second.start])) is not None


def is_until(text: str, first: Entity, second: Entity) -> bool:
    """True when the text goes from one day to another: "du lundi au jeudi"."""
    return _UNTIL.fullmatch(fold(text[first.end : second.start])) is not None


def is_negated(text: str) -> bool:
    """True when the text says that something is not to be given up or erased ("je veux PAS annuler")."""
    return bool(_NEGATED.search(fold(text)))


def is_offer(text: str) -> bool:
    """True when the text ends by proposing something ("Voulez-vous …?")."""
    last = re.split(r"[.!\n]", text.rstrip())[-1]
    return last.endswith("?") and bool(_OFFER.search(fold(last)))


def tells_home(text: str) -> bool:
    """True when the text says where the person lives or is."""
    return bool(_HOME.search(fold(text)))


def around(text: str, named: Iterable[Entity]) -> list[str]:
    """The words of a text beside these entities."""
    for entity in sorted(named, key=lambda entity: -entity.start):
        text = f"{text[: entity.start]} {text[entity.end :]}"
    return fold(text).split()


def is_unspoken(text: str) -> bool:
    """True when the text says what language is not, or badly, spoken."""
    return bool(_UNSPOKEN.search(fold(text)))


def name_in_answer(text: str) -> str | None:
    """The name in a reply to "your first name?"; None when the reply is no name."""
    text = _POLITE.sub("", text.strip())
    match = _NAME.match(text) or _INTRODUCES.search(text)
    name = (match["name"] if match else text).strip(" .,;!\n\t")
    plausible = (
        not _NO_NAME.match(fold(name))
        and 1 < len(name) <= MAX_NAME
        and not any(char.isdigit() for char in name)
        and len(name.split()) <= 4
    )
    return _capitalised(name) if plausible and any(char.isalpha() for char in name) else None


def name_insisted(text: str) -> str | None:
    """The name in "c'est Inès": its capital tells it from "c'est bon"."""
    match = _INSISTED.match(text.strip())
    return match["name"] if match else None


def name_introduced(text: str) -> str | None:
    """The name in "je m'appelle …", anywhere in a text."""
    match = _INTRODUCES.search(text)
    return _capitalised(match["name"].strip()) if match else None


def _capitalised(name: str) -> str:
    return name.title() if name.islower() else name


def age_band(text: str, *, bare: bool) -> str | None:
    """The age band of "23 ans", or of a bare number when the age was asked."""
    match = _AGE_ALONE.search(fold(text)) if bare else _AGE.search(fold(text))
    if not match:
        return None
    return _band(int(match["age"]) - bool(match["below"]))


def age_told(text: str) -> str | None:
    """The age band of somebody who says their age in passing: "j'ai 50 ans et…"."""
    match = _AGE_TOLD.search(fold(text))
    return _band(int(match["age"])) if match else None


def _band(age: int) -> str:
    return "under_18" if age < 18 else "18_25" if age < 26 else "26_44" if age < 45 else "45_plus"


def names_an_appointment(text: str) -> bool:
    """True when the text says "rdv", as people write it, or its hour."""
    return bool(_APPOINTMENT.search(fold(text)))


def says(folded: str, word: str) -> bool:
    """True when a folded text holds a word, an elided article or preposition glued to it or not."""
    return re.search(rf"\b[ld]?{re.escape(word)}\b", folded) is not None


def load_words(name: str) -> Mapping[str, Any]:
    """A table of words beside this module."""
    data: Mapping[str, Any] = yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))
    return data
