"""The stage as WhatsApp sees it: what the person does is posted by Twilio, what they get is what we asked of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from bot import inbox
from bot.channels import twilio
from bot.channels.base import OutboundMessage
from bot.channels.twilio import PREFIX, WHATSAPP, TwilioChannel
from bot.channels.twilio_inbound import Form, read_message
from bot.channels.whatsapp_buttons import LIST_PICKER, QUICK_REPLY
from tests.fakes.twilio import ACCOUNT, RESIDENT, TOKEN, WHATSAPP_NUMBER, FakeTwilio, fill
from tests.scenarios.stage import Clock, House, Reply, Stage

TEMPLATE = "HX" + "f" * 32
"""What carries a text once the person has not written for a day."""


class SeenWhatsapp:
    """The channel, and what Twilio was asked for by each message of ours."""

    name = variant = WHATSAPP
    per_second = None

    def __init__(self, channel: TwilioChannel, server: FakeTwilio) -> None:
        self._channel, self._server = channel, server
        self.asked: dict[int, Mapping[str, str]] = {}

    def hold_until(self, message: OutboundMessage, now: datetime) -> datetime | None:
        """As the channel says."""
        return self._channel.hold_until(message, now)

    def send(self, message: OutboundMessage) -> str:
        """Sends, and keeps what was asked."""
        sid = self._channel.send(message)
        self.asked[message.message_id] = self._server.messages[-1]
        return sid


class WhatsappStage(Stage):
    """One person on WhatsApp."""

    def __init__(self, house: House, clock: Clock, server: FakeTwilio) -> None:
        super().__init__(house, WHATSAPP, clock)
        server.contents[TEMPLATE] = {"types": {"twilio/text": {"body": "{{1}}"}}}
        account = house.settings.model_copy(
            update={
                "twilio_account_sid": ACCOUNT,
                "twilio_auth_token": SecretStr(TOKEN),
                "twilio_api_url": server.url,
                "whatsapp_from": WHATSAPP_NUMBER,
                "whatsapp_template": TEMPLATE,
            }
        )
        self.server = server
        self.seen = SeenWhatsapp(twilio.channels(account, house.database, clock)[WHATSAPP], server)
        house.channels = {**house.channels, WHATSAPP: self.seen}
        self._sids: dict[str, str] = {}
        self._shown: dict[str, Mapping[str, str]] = {}  # what can be tapped, as the form that tells of it, by payload

    def hear(self, **fields: Any) -> list[Reply]:
        """What the person receives after a form that tells the same as these fields of an InboundMessage."""
        id = str(fields.pop("id", None) or len(self._sids))
        sid = self._sids.setdefault(id, self.server.sid())
        form = {
            "MessageSid": sid,
            "From": PREFIX[WHATSAPP] + RESIDENT,
            "Body": "",
            "NumMedia": "0",
            **self._told(fields),
        }
        inbound = read_message(Form({name: [value] for name, value in form.items()}))
        assert inbound is not None
        self.house.events.clear()
        with self.database.transaction() as session:
            accepted = inbox.accept(session, replace(inbound, referral=fields.get("referral")), self.clock())
        self.conversation_id = accepted.conversation_id
        return self.settle()

    def is_typed(self, payload: str) -> bool:
        """Past the window a menu is words of a template: its numbers are typed."""
        return payload not in self._shown

    def _told(self, fields: Mapping[str, Any]) -> Mapping[str, str]:
        match fields.get("kind"):
            case "choice":
                return self._shown[fields["payload"]]
            case "location":
                return {"Latitude": str(fields["location"]["lat"]), "Longitude": str(fields["location"]["lon"])}
            case "media":
                return {"NumMedia": "1", "MediaContentType0": "image/jpeg"}
        return {"Body": fields["text"]}

    def _new_replies(self) -> Iterator[Reply]:
        for reply in super()._new_replies():
            yield self._as_seen(reply)

    def _as_seen(self, reply: Reply) -> Reply:
        asked = self.seen.asked.get(reply.message_id)
        if asked is None or "ContentSid" not in asked:
            return reply
        ((kind, content),) = self.server.contents[asked["ContentSid"]]["types"].items()
        variables = asked["ContentVariables"]
        if kind == LIST_PICKER:
            look = [f"    [{content['button']}]"]
            items = [{name: fill(item[name], variables) for name in item} for item in content["items"]]
            for item in items:
                self._shown[item["id"]] = {"ListId": item["id"], "ListTitle": item["item"], "Body": item["item"]}
                look.append(f"      - {item['item']} / {item['description']}")
        elif kind == QUICK_REPLY:
            actions = [{name: fill(action[name], variables) for name in action} for action in content["actions"]]
            for action in actions:
                tapped = {"ButtonPayload": action["id"], "ButtonText": action["title"], "Body": action["title"]}
                self._shown[action["id"]] = tapped
            look = [f"    [{action['title']}]" for action in actions]
        else:
            look = []
        return replace(reply, text=fill(content["body"], variables), look=tuple(look))
