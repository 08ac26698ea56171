"""Posters: a QR code that any phone reads, French that fits, and counts that are nobody's."""

import base64
import re
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import segno
from click.testing import CliRunner
from reportlab.pdfbase import pdfmetrics
from sqlalchemy import select

from bot.cli import allervers
from bot.commands.wiring import Wiring
from bot.conversations.case_models import Case
from bot.conversations.models import Contact, Conversation
from bot.errors import SettingsError
from bot.posters import counts
from bot.posters.counts import Tally
from bot.posters.pdf import FORMATS, draw
from bot.posters.pen import BOLD, PLAIN, Pen
from bot.posters.qr import QUIET, qr_code
from bot.posters.sheet import DayLine, Sheet, compose
from bot.posters.ways import ways
from bot.posters.words import outlines, words
from bot.settings import Settings
from bot.site_words import SiteWords
from db.session import Database
from directory import posters
from tests.bot.people import arrive
from tests.directory.builders import add_lead, add_permanence, add_place, add_stop

URL = "https://allervers.example.org/q/K7P4X"
SETTINGS = Settings.model_validate(
    {
        "public_url": "https://allervers.example.org",
        "sms_from": "+33199000101",
        "human_phone": "01 99 00 12 34",
        "telegram_username": "@allervers_bot",
        "whatsapp_from": "+33639980002",
    }
)
SHEET = Sheet(
    code="K7P4X",
    url=URL,
    operator="Entrepreneuriat Quartiers 2030",
    name="Bus de la création, arrêt « Cœur de l’Île-Saint-Denis — Maison de la citoyenneté et de l’entreprise »",
    where="devant la bibliothèque, 12 rue de l’Égalité, quartier des Œillets, L’Haÿ-les-Roses",
    days=(DayLine("mardi 24 novembre, 9 h – 12 h", "place du Marché"),) * 4,
    note="",
    message="BONJOUR K7P4X",
    numbers={"sms": "01 99 00 01 01", "call": "01 99 00 12 34"},
)


def plain(text: str) -> str:
    """The text with ordinary blanks."""
    return text.replace("\u00a0", " ")


def drawing(pdf: bytes) -> str:
    """What a page draws, as PDF operators."""
    (stream,) = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\s+(.*?)~>endstream", pdf, re.S)[:1]
    return zlib.decompress(base64.a85decode(stream)).decode("latin-1")


@pytest.mark.parametrize("text", [URL, "https://a.fr/q/C2D3F", "https://" + "x" * 60 + ".example.org/q/K7P4X"])
def test_the_drawn_code_is_the_code(text: str) -> None:
    code = qr_code(text)
    drawn = [[0] * code.size for _ in range(code.size)]
    for bar in code.bars:
        for x in range(bar.x, bar.x + bar.width):
            drawn[bar.y][x] = 1
    made = segno.make(text, error="q", micro=False)
    assert drawn == [[module & 1 for module in row] for row in made.matrix_iter(border=QUIET)]


@pytest.mark.parametrize(("format_", "codes"), [("a4", 1), ("a3", 1), ("card", 8)])
def test_the_code_is_vector_and_whole_on_the_page(format_: str, codes: int) -> None:
    pdf = draw(SHEET, format_)
    assert b"/Image" not in pdf.replace(b"/ImageB", b"").replace(b"/ImageC", b"").replace(b"/ImageI", b"")
    assert len(re.findall(r" re\b", drawing(pdf))) == codes * len(qr_code(URL).bars)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_poster_can_be_read_by_machines_too(format_: str) -> None:
    pdf = draw(SHEET, format_)
    assert b"/Lang (fr-FR)" in pdf
    assert b"/Title" in pdf
    assert b"/FontFile2" in pdf  # embedded
    assert pdf == draw(SHEET, format_)


@pytest.mark.parametrize(("format_", "size"), [("a4", (595, 842)), ("a3", (842, 1191)), ("card", (595, 842))])
def test_paper_is_what_printers_have(format_: str, size: tuple[int, int]) -> None:
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", draw(SHEET, format_))
    assert box is not None
    assert tuple(round(float(side)) for side in box.groups()) == size


@pytest.mark.parametrize("format_", FORMATS)
def test_nothing_runs_over_the_edge_or_into_what_follows(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns: list[tuple[float, float, float]] = []
    write = Pen.write

    def watched(self: Pen, text: str, size: float, **style: object) -> None:
        before = self.y
        write(self, text, size, **style)  # type: ignore[arg-type]
        columns.append((self.x, before, self.y))

    monkeypatch.setattr(Pen, "write", watched)
    draw(SHEET, format_)
    bottom = 297 if format_ != "card" else 297 / 4
    assert max(end for _, _, end in columns) < bottom - 3
    footer = 275 if format_ != "card" else bottom
    assert max(end for x, start, end in columns if start < footer) <= footer
    if format_ != "card":
        assert max(end for x, _, end in columns if x > 100) < 92 + 98  # beside the code


def test_every_letter_of_french_is_in_the_fonts() -> None:
    said = "".join(str(value) for group in ("poster", "card") for value in words()[group].values())
    for font in (PLAIN, BOLD):
        glyphs = pdfmetrics.getFont(font).face.charToGlyph
        missing = [
            letter for letter in said + "àâäçéèêëîïôöùûüÿœæÀÂÇÉÈÊËÎÏÔÙÛÜŒÆ«»’–—…€\u00a0" if ord(letter) not in glyphs
        ]
        assert set(missing) <= {"\n"}


def test_the_languages_can_be_drawn_and_are_those_of_the_site() -> None:
    letters = pdfmetrics.getFont(PLAIN).face.charToGlyph
    tongues = words()["tongues"]
    assert tongues == [name for code, name in SiteWords().source["tongues"].items() if code != "fr"]
    assert [word for word in tongues if not all(ord(letter) in letters for letter in word)] == list(outlines())
    assert all(outline["path"].startswith("M") and outline["path"].endswith("Z") for outline in outlines().values())


def test_a_sheet_tells_the_dates_as_they_stand(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        place = add_place(session, "mairie", name="Mairie", address="1 place Carnot", source_on=date(2026, 6, 1))
        add_permanence(session, add_lead(session), place, source_on=date(2026, 6, 1))
        add_stop(session, "marche", date(2026, 11, 27), bus="Le bus", label="place du Marché")
        posters.give_codes(session)
        sheet = compose(session, SETTINGS, posters.meant(session, "mairie"), now)
        assert (sheet.name, sheet.where, sheet.note) == ("Mairie", "1 place Carnot, Carcassonne", "")
        assert plain(sheet.days[0].when) == "lundi 23 novembre, 9 h – 12 h"
        assert sheet.url == f"https://allervers.example.org/q/{sheet.code}"
        assert (sheet.message, plain(sheet.numbers["sms"])) == (f"BONJOUR {sheet.code}", "01 99 00 01 01")
        stop = compose(session, SETTINGS, posters.meant(session, "marche"), now)
        assert [plain(day.when) for day in stop.days] == ["vendredi 27 novembre"]
        assert stop.note == words()["to_check"]
        over = compose(session, SETTINGS, posters.meant(session, "marche"), now + timedelta(days=7))
        assert (over.days, over.note) == ((), words()["no_day"])


def test_without_an_address_nobody_could_come(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_place(session, "mairie")
        posters.give_codes(session)
        with pytest.raises(SettingsError, match="ALLERVERS_PUBLIC_URL"):
            compose(session, Settings(), posters.meant(session, "mairie"), now)


def test_the_ways_open_on_every_phone() -> None:
    assert [tuple(way) for way in ways(SETTINGS, "K7P4X")] == [
        ("telegram", "https://t.me/allervers_bot?start=K7P4X", ""),
        ("sms", "sms:+33199000101?&body=Bonjour%20K7P4X", "01\u00a099\u00a000\u00a001\u00a001"),
        ("whatsapp", "https://wa.me/33639980002?text=Bonjour%20K7P4X", "06\u00a039\u00a098\u00a000\u00a002"),
        ("web", "/?r=K7P4X", ""),
        ("call", "tel:0199001234", "01 99 00 12 34"),
    ]


def test_the_web_is_always_a_way() -> None:
    assert [way.kind for way in ways(Settings(), "K7P4X")] == ["web"]


@pytest.mark.parametrize("code", ["", "é" * 3, "x" * 65, "a b", '"><script>'])
def test_a_code_that_no_channel_takes_is_left_out(code: str) -> None:
    for way in ways(SETTINGS, code):
        assert way.href.rstrip("=").endswith(("allervers_bot", "Bonjour", "/", "0199001234"))


@pytest.mark.parametrize(
    ("name", "value"), [("telegram_username", "a b"), ("telegram_username", "bot"), ("sms_number", "0639980001")]
)
def test_settings_of_posters_are_checked(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.model_validate({name: value})


def test_a_service_without_a_number_prints_another() -> None:
    service = {"sms_from": "MG" + "0" * 32}
    assert Settings.model_validate(service).sms_number_shown is None
    assert Settings.model_validate({**service, "sms_number": "+33199000109"}).sms_number_shown == "+33199000109"


def test_what_a_poster_brought_is_counted(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        lead = add_lead(session)
        add_place(session, "mairie")
        posters.give_codes(session)
        code = posters.meant(session, "mairie").code
        for opened in (code, code, None):
            counts.note_opening(session, opened, now.date())
        counts.note_opening(session, code, date(2026, 1, 1))
        for number, referral in enumerate([code, code, "K9X9K", None]):
            arrive(session, now, address=f"+3363998000{number}", referral=referral)
        first = session.scalars(select(Conversation).order_by(Conversation.id)).first()
        assert first is not None
        session.add(
            Case(contact_id=first.contact_id, conversation_id=first.id, lead_id=lead.id, reason="asked",
                 opened_at=now, updated_at=now)
        )  # fmt: skip
        session.flush()
        zone = SETTINGS.zone
        assert counts.tallies(session, zone) == {"": Tally(1, 1), code: Tally(3, 2, 1)}
        assert counts.tallies(session, zone, since=date(2026, 11, 1)) == {"": Tally(1, 1), code: Tally(2, 2, 1)}
        assert counts.tallies(session, zone, since=date(2026, 12, 1)) == {}
        assert {contact.referred_at for contact in session.scalars(select(Contact))} == {now, None}


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str) -> tuple[int, str]:
    for name, value in {"DATABASE_URL": f"sqlite:///{tmp_path}/a.db", "DATA_DIR": str(tmp_path), **variables}.items():
        monkeypatch.setenv(f"ALLERVERS_{name}", value)
    result = CliRunner().invoke(allervers, arguments, obj=Wiring())
    return result.exit_code, result.output + str(result.exception or "")


def test_the_command_writes_a_poster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, out = "carcassonne-bastide-pont-vieux", tmp_path / "a.pdf"
    asked = ("poster", place, "--out", str(out), "--at", "2026-11-23T09:00")
    code, said = run(tmp_path, monkeypatch, *asked)
    assert (code != 0, "ALLERVERS_PUBLIC_URL" in said, out.exists()) == (True, True, False)
    code, said = run(tmp_path, monkeypatch, *asked, PUBLIC_URL="https://allervers.example.org")
    assert (code, out.read_bytes()[:5]) == (0, b"%PDF-"), said
    code, said = run(tmp_path, monkeypatch, "poster", "nowhere", "--out", str(out))
    assert code != 0 and "nothing has the code" in said
    code, said = run(tmp_path, monkeypatch, "poster", place, "--out", str(tmp_path / "no" / "a.pdf"))
    assert code != 0 and "choose a file that can be written" in said


def test_the_command_counts_posters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, monkeypatch, "stats", "posters") == (0, "")
    database = Database(f"sqlite:///{tmp_path}/a.db")
    with database.transaction() as session:
        add_stop(session, "marche", date(2026, 11, 27), bus="Le bus")
        posters.give_codes(session)
        counts.note_opening(session, posters.meant(session, "marche").code, datetime.now(UTC).date())
        counts.note_opening(session, None, datetime.now(UTC).date())
    database.close()
    code, said = run(tmp_path, monkeypatch, "stats", "posters", "--since", "2020-01-01")
    known, unknown = said.splitlines()
    assert (code, "Le bus, Carcassonne, 2026-11-27" in known, unknown[0]) == (0, True, "?")
    assert '"openings": 1' in run(tmp_path, monkeypatch, "stats", "posters", "--json")[1]
