"""Members of chats as the Bot API describes them."""

from hub.demo.telegram.wire import Wire
from hub.demo.telegram.world import World

_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_pin_messages", "can_manage_topics", "can_send_welcome_messages",
)  # fmt: skip


def member_wire(world: World, number: int, status: str) -> Wire:
    """The ChatMember object of a person or bot."""
    user = next((bot.wire() for bot in world.bots.values() if bot.id == number), None)
    user = user or world.accounts[number].wire()
    match status:
        case "creator":
            more: Wire = {"is_anonymous": False}
        case "administrator":
            more = {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
        case "kicked":
            more = {"until_date": 0}
        case _:
            more = {}
    return {"user": user, "status": status, **more}


def membership_wire(world: World, chat: Wire, actor: Wire, number: int, before: str, after: str) -> Wire:
    """The ChatMemberUpdated object of a change of status."""
    return {
        "chat": chat, "from": actor, "date": world.now(), "old_chat_member": member_wire(world, number, before),
        "new_chat_member": member_wire(world, number, after),
    }  # fmt: skip
