"""How well each intent must be understood: floors on held-out sentences, under which an evaluation fails."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlu.errors import ConfigError
from nlu.training import Example
from nlu.understanding import Understanding


@dataclass(frozen=True)
class Floors:
    """The share of an intent's sentences that must be understood; `usual` for intents that are not named."""

    usual: float
    named: Mapping[str, float]

    @classmethod
    def load(cls, path: Path) -> "Floors":
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(float(content["usual"]), {str(name): float(of) for name, of in content["intents"].items()})
        except FileNotFoundError:
            raise ConfigError(f"{path}: there is no such file. Check `--floors`") from None
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
            cure = "Write `usual: 0.5`, and `intents:` with a share each"
            raise ConfigError(f"{path}: not floors ({error!r}). {cure}") from None

    def broken(self, examples: Sequence[Example], read: Iterable[Understanding]) -> list[str]:
        """What to say about each intent under its floor."""
        wanted: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for example, one in zip(examples, read, strict=True):
            wanted[example.intent] += 1
            right[example.intent] += one.intent.name == example.intent
        return [
            f"{intent}: {right[intent]} of {count} understood, its floor is {floor:.0%}"
            for intent, count in sorted(wanted.items())
            if right[intent] < (floor := self.named.get(intent, self.usual)) * count
        ]
