"""What decisions of the bot have in common: one change of control, people who go on, what is kept of a plain one."""

from dataclasses import replace
from datetime import datetime

from flows.definition import Flow
from flows.engine import Verdict
from flows.events import Due
from flows.words import key_of
from hub.model.conversation import Control, ControlReason, ConversationState
from hub.model.turn import Effect, Say, TimerKind
from hub.services.changes_of_control import as_one_change, opened, with_control
from hub.services.decisions import Decision

UNANSWERED = frozenset({Verdict.ASKED_AGAIN, Verdict.ANSWERED_FAQ, Verdict.NOTHING})
"""A message that did not answer the open question may be the start word of another flow."""
TIMED = {TimerKind.FLOW_REMIND: Due.REMIND, TimerKind.FLOW_CLOSE: Due.CLOSE}
OPTED_OUT = {
    "ru": "Контакт просит не писать ему без его обращения.",
    "en": "The contact wants no messages that they did not ask for.",
}
LOOP = {
    "ru": "Похоже, отвечает программа: письма приходят быстрее, чем их пишут люди. Бот замолчал.",
    "en": "A program seems to answer: mails come faster than people write them. The bot is silent.",
}
TOO_FAST = {
    "ru": "За минуту контакт вызвал больше шагов опроса, чем сделал бы человек. Бот замолчал.",
    "en": "The contact caused more steps of the flow in a minute than a person would. The bot is silent.",
}
SLOW_DOWN = {
    "ru": "Слишком много сообщений сразу. Дальше ответит сотрудник.",
    "en": "Too many messages at once. A colleague will go on from here.",
}
UNHEARD = {
    "ru": "Бот написал контакту подряд сообщений: {count}, и ответа нет. Опрос «{flow}» не начат.",
    "en": "The bot has written {count} messages in a row without an answer. The flow “{flow}” was not begun.",
}


def kept(plain: Decision) -> tuple[Effect, ...]:
    """Everything but the channel's greeting: a flow has an introduction of its own."""
    return tuple(effect for effect in plain.effects if not (isinstance(effect, Say) and effect.automatic))


def at_once(before: ConversationState, decision: Decision) -> Decision:
    """A decision is one change of who speaks, however many steps led to it."""
    after = as_one_change(before, decision.state)
    return decision if after is decision.state else replace(decision, state=after)


def to_people(decision: Decision, now: datetime, reason: ControlReason = ControlReason.BOT_ERROR) -> Decision:
    """`decision`, after which the conversation waits for people."""
    change = {"assignee": None, "waiting_since": decision.state.waiting_since or now}
    state = with_control(opened(decision.state), Control.QUEUE, reason, now, **change)
    return Decision(decision.kind, state, decision.effects, decision.session, decision.left)


def opts_out(flow: Flow, text: str) -> bool:
    """Whether a text is a word by which the contact wants to be left alone."""
    command = flow.words.get(key_of(text))
    return command is not None and command.do is not None and command.do.opt_out
