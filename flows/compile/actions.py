"""What a `do` causes: a bare word or a mapping of effects."""

from collections.abc import Collection
from dataclasses import dataclass, field

from flows.compile.call_backs import Named, read_call_back
from flows.compile.fields import ID, SLUG, TEAM, Fields, meant, one_of, slug_of
from flows.compile.texts import TextBook
from flows.definition import CallBack, Do, EscalateTo
from flows.load import Mapping, Report, Scalar, Tree
from flows.names import Mentioned, NameKind

KEYS = ("stage", "tag", "escalate", "priority", "start", "after", "erase", "webhook", "opt_out", "call_back")
BARE = {"escalate": Do(escalate=EscalateTo()), "erase": Do(erase=True), "opt_out": Do(opt_out=True),
        "call_back": Do(call_back=CallBack())}  # fmt: skip
PRIORITIES = ("low", "medium", "high", "urgent")
ESCALATE_KEYS = ("to", "say", "away")


@dataclass(slots=True)
class ActionReader:
    """Reads `do` wherever it stands. `flows` are the names of all flows; empty when nobody knows them.

    `called` are the questions that call backs name, `mentioned` the names of things outside the flow.
    """

    book: TextBook
    report: Report
    flows: Collection[str] = field(default=())
    called: list[Named] = field(default_factory=list)
    mentioned: list[Mentioned] = field(default_factory=list)

    def read(self, node: Tree, names: Collection[str], *, of: str = "`do`") -> Do:
        """The effects at `node`. `names` may stand in its texts."""
        if isinstance(node, Scalar):
            if node.text in BARE:
                return BARE[node.text]
            hint = meant(node.text, BARE) or "Write `do: escalate`, or `do: {tag: vip}`."
            self.report.add(node, "unknown_effect", f"`{node.text}` is no effect by itself.", hint)
            return Do()
        if not isinstance(node, Mapping):
            self.report.add(node, "wrong_value", f"{of} is a word or a mapping.", "Write `do: {tag: vip}`.")
            return Do()
        fields = Fields(node, self.report)
        fields.only(KEYS, of=of)
        return self.effects(fields, names)

    def effects(self, fields: Fields, names: Collection[str]) -> Do:
        """The effects among the keys of a mapping."""
        escalate, call = fields.node("escalate"), fields.node("call_back")
        return Do(
            stage=self._named(fields, "stage", NameKind.STAGE),
            tags=tuple(tag for node in fields.scalars("tag") or () if (tag := slug_of(node, self.report))),
            priority=self._priority(fields),
            escalate=self._escalate(escalate, names) if escalate is not None else None,
            start=self._start(fields),
            after=fields.duration("after"),
            webhook=self._named(fields, "webhook", NameKind.WEBHOOK),
            erase=fields.flag("erase"),
            opt_out=fields.flag("opt_out"),
            call_back=self._call_back(call) if call is not None else None,
        )

    def _named(self, fields: Fields, key: str, kind: NameKind) -> str | None:
        """The name of something outside the flow."""
        node = fields.scalar(key)
        return self._mention(node, kind) if node else None

    def _mention(self, node: Scalar, kind: NameKind) -> str | None:
        name = slug_of(node, self.report, TEAM if kind is NameKind.TEAM else SLUG)
        if name is not None:
            self.mentioned.append(Mentioned(kind, name, node))
        return name

    def _call_back(self, node: Tree) -> CallBack | None:
        found = read_call_back(node, self.report, self.called)
        team = node.get("to") if isinstance(node, Mapping) else None
        if found is not None and found.team is not None and isinstance(team, Scalar):
            self.mentioned.append(Mentioned(NameKind.TEAM, found.team, team))
        return found

    def _priority(self, fields: Fields) -> str | None:
        node = fields.scalar("priority")
        if node is None or node.text in PRIORITIES:
            return node.text if node else None
        hint = meant(node.text, PRIORITIES) or one_of(PRIORITIES)
        self.report.add(node, "wrong_value", f"There is no priority `{node.text}`.", hint)
        return None

    def _start(self, fields: Fields) -> str | None:
        node = fields.scalar("start")
        if node is None:
            if fields.node("after") is not None:
                sentence = "`after` delays `start`, which is not here."
                self.report.add(fields.key_node("after"), "after_without_start", sentence, "Add `start: flow`.")
            return None
        if not ID.fullmatch(node.text):
            self.report.add(node, "bad_id", f"`{node.text}` is no name of a flow.", "Use a-z, 0-9 and _.")
        elif self.flows and node.text not in self.flows:
            sentence = f"There is no flow `{node.text}`."
            self.report.add(node, "unknown_flow", sentence, meant(node.text, self.flows) or one_of(sorted(self.flows)))
        return node.text

    def _escalate(self, node: Tree, names: Collection[str]) -> EscalateTo | None:
        if isinstance(node, Scalar):
            if node.value is True or not node.text.strip():
                return EscalateTo()
            return None if node.value is False else EscalateTo(team=self._mention(node, NameKind.TEAM))
        if not isinstance(node, Mapping):
            self.report.add(node, "wrong_value", "`escalate` names a queue.", "Write `escalate: sales`.")
            return None
        fields = Fields(node, self.report)
        fields.only(ESCALATE_KEYS, of="`escalate`")
        away_say, away = self._away(fields, names)
        return EscalateTo(self._named(fields, "to", NameKind.TEAM), self._said(fields, names), away_say, away)

    def _said(self, fields: Fields, names: Collection[str]) -> dict[str, str] | None:
        """The text of `say`, which is its own key for translators."""
        node = fields.scalar("say")
        texts = self.book.texts(node.text.strip(), node, names) if node else None
        return dict(texts) if texts else None

    def _away(self, fields: Fields, names: Collection[str]) -> tuple[dict[str, str] | None, Do | None]:
        mapping = fields.mapping_of("away")
        if mapping is None:
            return None, None
        away = Fields(mapping, self.report)
        allowed = ("say", *(key for key in KEYS if key != "escalate"))
        if (again := mapping.get("escalate")) is not None:
            self.report.add(again, "nested_escalate", "`away` is where nobody could be reached.", "Remove `escalate`.")
        away.only((*allowed, "escalate"), of="`away`")
        bare = Mapping(
            mapping.file, mapping.line, mapping.column, tuple(p for p in mapping.pairs if p[0].text in allowed)
        )
        return self._said(away, names), self.effects(Fields(bare, self.report), names)
