"""Nobody gets in without a login, and a login cannot be guessed, borrowed or kept for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select
from starlette.routing import Mount, Route

from desk import accounts, sessions
from desk.app import GUARDED, create_app
from desk.door import COOKIE, Action
from desk.login import DOOR_COOKIE
from desk.models import DeskAccount, DeskSession
from directory.models import Lead
from tests.desk.world import Browser, Wiring, World, book, fields, one_database, open_case, person

OPEN = {"/login", "/static"}
GUARDED_PATHS = [(isinstance(item, Action), item.path.replace("{case_id:int}", "1")) for item in GUARDED]
GUARDED_PATHS = [(posts, path.replace("{booking_id:int}", "1")) for posts, path in GUARDED_PATHS]


@one_database
def test_every_route_but_the_login_is_guarded(wiring: Wiring) -> None:
    paths = {route.path for route in create_app(wiring).routes if isinstance(route, Route | Mount)}
    assert paths - OPEN == {item.path for item in GUARDED}


def test_nobody_sees_or_does_anything_without_a_login(
    wiring: Wiring, world: World, new_browser: Callable[..., Browser]
) -> None:
    browser = new_browser()
    for posts, path in GUARDED_PATHS:
        answer = browser.request("POST" if posts else "GET", path, **({"data": {"text": "mon texte"}} if posts else {}))
        if posts:
            assert answer.status_code == 401, path
            assert "Se connecter" in answer.text
            assert "mon texte" in answer.text  # what was typed is not lost
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/desk/login?next="), path
    assert browser.request("GET", "/static/desk.css").status_code == 200
    assert wiring.woken == 0


def test_a_lead_enters_and_comes_back_to_the_page_they_wanted(
    world: World, new_browser: Callable[..., Browser]
) -> None:
    browser = new_browser()
    wanted = browser.request("GET", "/bookings?on=2026-11-24").headers["location"].removeprefix("/desk")
    form = fields(browser.get(wanted)[1], "/desk/login") | {"login": " South ", "password": world.passwords["south"]}
    assert browser.send("/login", form) == (303, "/desk/bookings?on=2026-11-24")
    assert browser.request("GET", "/").status_code == 200
    assert browser.request("GET", "/login").headers["location"] == "/desk/"


@one_database
def test_a_link_cannot_send_a_lead_elsewhere(world: World, new_browser: Callable[..., Browser]) -> None:
    browser = new_browser()
    for onward in ("//evil.example", "/\\evil.example", "https://evil.example", "evil", "/x\r\na: b", "/login"):
        browser.cookies.clear()
        form = fields(browser.get("/login")[1], "/desk/login")
        form |= {"login": "south", "password": world.passwords["south"], "next": onward}
        assert browser.send("/login", form) == (303, "/desk/"), onward


@one_database
def test_the_cookies_are_for_this_site_and_out_of_reach_of_scripts(
    wiring: Wiring, world: World, new_browser: Callable[..., Browser]
) -> None:
    for origin, secure in (("http://desk.test", False), ("https://desk.test", True)):
        browser = new_browser(origin=origin)
        page = browser.request("GET", "/login")
        form = fields(page.text, "/desk/login") | {"login": "south", "password": world.passwords["south"]}
        answer = browser.request("POST", "/login", data=form)
        for header in (page.headers["set-cookie"], answer.headers.get_list("set-cookie")[0]):
            attributes = {part.strip().lower() for part in header.split(";")[1:]}
            assert {"httponly", "samesite=strict", "path=/desk"} <= attributes
            assert ("secure" in attributes) is secure
        assert ("strict-transport-security" in answer.headers) is secure
    with wiring.database.reading() as session:
        kept = session.scalars(select(DeskSession.token_digest)).all()
    assert browser.cookies[COOKIE] not in kept
    assert sessions.digest(browser.cookies[COOKIE]) in kept


def test_five_failures_close_the_door_for_a_quarter_of_an_hour(
    wiring: Wiring, world: World, new_browser: Callable[..., Browser]
) -> None:
    browser = new_browser()
    for _ in range(accounts.MOST_FAILURES):
        assert browser.log_in("south", "wrong") == 403
    assert browser.log_in("south", world.passwords["south"]) == 403
    assert browser.log_in("north", world.passwords["north"]) == 303
    wiring.now += accounts.LOCKED_FOR - timedelta(seconds=1)
    browser = new_browser()
    assert browser.log_in("south", world.passwords["south"]) == 403
    wiring.now += timedelta(seconds=1)
    assert browser.log_in("south", "wrong") == 403
    assert browser.log_in("south", world.passwords["south"]) == 303


def test_a_success_forgets_the_failures_before_it(
    wiring: Wiring, world: World, new_browser: Callable[..., Browser]
) -> None:
    for _ in range(2):
        browser = new_browser()
        for _ in range(accounts.MOST_FAILURES - 1):
            assert browser.log_in("south", "wrong") == 403
        assert browser.log_in("south", world.passwords["south"]) == 303


def test_a_burst_of_guesses_cannot_outrun_the_lock(wiring: Wiring, world: World) -> None:
    def guess(_: int) -> bool:
        with wiring.database.transaction() as session:
            return accounts.begin_try(session, "south", wiring.now).password_hash is not None

    with ThreadPoolExecutor(6) as threads:
        checked = list(threads.map(guess, range(20)))
    assert sum(checked) == accounts.MOST_FAILURES


def test_an_unknown_login_gets_the_same_words_as_a_wrong_password(
    world: World, new_browser: Callable[..., Browser]
) -> None:
    def answer(login: str) -> str:
        browser = new_browser()
        form = fields(browser.get("/login")[1], "/desk/login") | {"login": login, "password": "wrong"}
        status, text = browser.send("/login", form)
        assert status == 403
        return text.replace(login, "").replace(form["csrf"], "")

    assert answer("south") == answer("nobody") == answer("nul\x00l")


@one_database
def test_a_login_form_from_elsewhere_is_refused(world: World, new_browser: Callable[..., Browser]) -> None:
    good = {"login": "south", "password": world.passwords["south"]}
    browser = new_browser()
    assert browser.send("/login", good)[0] == 403  # no cookie of ours, no token
    browser.get("/login")
    assert browser.cookies[DOOR_COOKIE]
    assert browser.send("/login", good | {"csrf": "é"})[0] == 403
    other = browser.request("POST", "/login", data=good, headers={"sec-fetch-site": "cross-site"})
    assert other.status_code == 403
    assert COOKIE not in browser.cookies


def test_a_session_lasts_twelve_hours(wiring: Wiring, south: Browser) -> None:
    wiring.now += timedelta(hours=11, minutes=59)
    assert south.request("GET", "/").status_code == 200
    wiring.now += timedelta(minutes=1)
    assert south.request("GET", "/").status_code == 303


def test_a_session_in_use_is_remembered(wiring: Wiring, south: Browser) -> None:
    wiring.now += sessions.SEEN_EVERY
    south.get("/")
    with wiring.database.reading() as session:
        assert session.scalars(select(DeskSession.last_seen_at)).one() == wiring.now


def test_logging_out_ends_the_session_for_good(wiring: Wiring, south: Browser) -> None:
    token = south.cookies[COOKIE]
    assert south.submit("/logout", "/logout") == (303, "/desk/login?fait=left")
    assert "déconnecté" in south.get("/login?fait=left")[1]
    south.cookies.clear()
    south.cookies.set(COOKIE, token)
    assert south.request("GET", "/").status_code == 303
    with wiring.database.reading() as session:
        assert not session.scalars(select(DeskSession)).all()


def test_a_lead_who_leaves_the_programme_is_out_at_once(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        session.get_one(Lead, world.leads["south"]).active = False
    assert south.request("GET", "/").status_code == 303
    assert south.log_in("south", world.passwords["south"]) == 403


def test_a_new_password_empties_the_old_sessions(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        accounts.set_account(session, "south", None, wiring.now)
    assert south.request("GET", "/").status_code == 303
    assert south.log_in("south", world.passwords["south"]) == 403


def test_expired_sessions_are_swept(wiring: Wiring, world: World, south: Browser) -> None:
    wiring.now += sessions.LASTS
    assert south.log_in("south", world.passwords["south"]) == 303
    with wiring.database.reading() as session:
        assert len(session.scalars(select(DeskSession)).all()) == 1
        assert session.scalars(select(DeskAccount.failed_count)).all() == [0, 0, 0]


def test_every_form_wants_the_token_of_its_session(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001")
        open_case(session, conversation, world.leads["south"])
        book(session, world, "south", conversation, wiring.now + timedelta(days=1))
    for posts, path in GUARDED_PATHS:
        if posts:
            for form in ({"csrf": ""}, {"token": "a"}, {"token": "a", "csrf": "b"}, {"token": "a", "csrf": "é"}):
                status, text = south.send(path, form)
                assert status == 403, path
                assert "ouverte depuis trop longtemps" in text
    assert wiring.woken == 0


def test_a_form_from_another_site_is_refused_even_with_a_token(wiring: Wiring, world: World, south: Browser) -> None:
    form = fields(south.get("/logout")[1], "/desk/logout")
    for site in ("cross-site", "same-site", "none"):
        assert south.request("POST", "/logout", data=form, headers={"sec-fetch-site": site}).status_code == 403
    assert south.request("GET", "/").status_code == 200


@one_database
def test_a_link_in_an_email_does_not_ask_for_the_password_again(south: Browser) -> None:
    token = south.cookies[COOKIE]
    south.cookies.clear()  # what SameSite=Strict does on the first step from another site
    answer = south.request("GET", "/bookings?on=2026-11-24", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert 'url=/desk/bookings?on=2026-11-24"' in answer.text
    south.cookies.set(COOKIE, token)
    assert south.request("GET", "/bookings?on=2026-11-24").status_code == 200


@one_database
def test_every_answer_carries_the_security_headers(south: Browser) -> None:
    for path in ("/", "/login", "/nowhere", "/cases/99999999999999999999", "/static/desk.css"):
        headers = south.request("GET", path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in headers["cache-control"]) is not path.startswith("/static")


@one_database
def test_a_body_that_is_no_form_of_ours_gets_words(south: Browser) -> None:
    form = "application/x-www-form-urlencoded"
    for body, kind, status in (
        (b"a=" + b"x" * 70_000, form, 413),
        (b"&".join(b"a=b" for _ in range(50)), form, 400),
        ("a=é".encode(), form, 400),
        (b"{}", "application/json", 400),
        (b"a=b", "text/plain", 400),
    ):
        answer = south.request("POST", "/logout", content=body, headers={"content-type": kind})
        assert answer.status_code == status
        assert "<h1>" in answer.text
        assert "Revenir aux dossiers" in answer.text


@one_database
def test_the_wrong_method_gets_words(south: Browser) -> None:
    answer = south.request("PUT", "/logout")
    assert answer.status_code == 405
    assert "Geste impossible" in answer.text
