"""The whole URL table: what there is, and the right each route asks for. What is not here does not exist.

Connectors add the routes of their services (`/hooks/...`, `/chat/...`), which authenticate each request themselves.
"""

from hub.model.operator import Right
from hub.web.api import (
    actions,
    attachments,
    canned_replies,
    attributions,
    channel_messages,
    channels,
    contacts,
    conversations,
    directory,
    docs,
    flow_authors,
    flow_preview,
    flow_sessions,
    flows,
    messages,
    operator_links,
    parked,
    search,
    session,
    tasks,
    webhooks,
)
from hub.web.route import Access, Bytes, Route

PUBLIC, SIGNED_IN, SESSION = Access.PUBLIC, Access.SIGNED_IN, Access.SESSION
READ, REPLY, MANAGE, WRITE_FLOWS = Right.READ, Right.REPLY, Right.MANAGE, Right.WRITE_FLOWS
CONNECT = Right.CONNECT
V1 = "/api/v1"
ONE = f"{V1}/conversations/{{conversation}}"
FLOW = f"{V1}/flows/{{flow}}"
CONFLICT = (409, 422)

ROUTES: tuple[Route, ...] = (
    # Signing in, and one's own account
    Route("POST", f"{V1}/session", session.sign_in, PUBLIC, errors=(401, 429)),
    Route("DELETE", f"{V1}/session", session.sign_out, SESSION),
    Route("GET", f"{V1}/me", session.get_me, SIGNED_IN, errors=(404,)),
    Route("PATCH", f"{V1}/me", session.change_me, SESSION, errors=(404,)),
    Route("PUT", f"{V1}/me/project", session.enter_project, SESSION, errors=(404,)),
    Route("POST", f"{V1}/me/password", session.change_password, SESSION),
    Route("POST", f"{V1}/me/totp", session.begin_totp, SESSION, errors=(409,)),
    Route("PUT", f"{V1}/me/totp", session.enable_totp, SESSION, errors=(409,)),
    Route("DELETE", f"{V1}/me/totp", session.disable_totp, SESSION),
    Route("GET", f"{V1}/me/sessions", session.list_sessions, SESSION),
    Route("DELETE", f"{V1}/me/sessions/{{session}}", session.end_session, SESSION),
    Route("GET", f"{V1}/me/tokens", session.list_tokens, SESSION),
    Route("POST", f"{V1}/me/tokens", session.create_token, SESSION, status=201, errors=(409,)),
    Route("DELETE", f"{V1}/me/tokens/{{token}}", session.delete_token, SESSION),
    Route("GET", f"{V1}/me/links", operator_links.list_links, SESSION),
    Route("POST", f"{V1}/me/links/code", operator_links.make_code, SESSION),
    Route("DELETE", f"{V1}/me/links/{{link}}", operator_links.delete_link, SESSION),
    Route("POST", f"{V1}/socket-ticket", session.make_ticket, SESSION),
    # Conversations
    Route("GET", f"{V1}/conversations", conversations.list_conversations, READ),
    Route("GET", f"{V1}/conversations/counters", conversations.count_conversations, READ),
    Route("GET", ONE, conversations.get_conversation, READ),
    Route("GET", f"{ONE}/messages", messages.list_messages, READ),
    Route("POST", f"{ONE}/messages", messages.write_message, REPLY, status=201, errors=CONFLICT),
    Route("GET", f"{ONE}/messages/{{message}}/marked", messages.show_marked, READ, gives=Bytes.HTML),
    Route("POST", f"{ONE}/messages/{{message}}/attribution", attributions.attribute_message, REPLY, errors=CONFLICT),
    Route("PATCH", f"{ONE}/messages/{{message}}", messages.edit_message, REPLY, errors=CONFLICT),
    Route("DELETE", f"{ONE}/messages/{{message}}", messages.delete_message, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/messages/{{message}}/retry", messages.retry_message, REPLY, errors=CONFLICT),
    Route("PUT", f"{ONE}/read", conversations.read_up_to, READ),
    Route("PUT", f"{ONE}/draft", conversations.keep_draft, REPLY),
    Route("POST", f"{ONE}/take", actions.take, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/hand_back", actions.hand_back, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/assign", actions.assign, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/snooze", actions.snooze, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/resolve", actions.resolve, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/reopen", actions.reopen, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/spam", actions.spam, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/tags", actions.set_tags, REPLY, errors=CONFLICT),
    Route("GET", f"{ONE}/flow", flow_sessions.get_flow, READ),
    Route("POST", f"{ONE}/flow", flow_sessions.start_flow, REPLY, errors=CONFLICT),
    Route("PATCH", f"{ONE}/flow", flow_sessions.fill_answers, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/flow/stop", flow_sessions.stop_flow, REPLY, errors=CONFLICT),
    Route("GET", f"{ONE}/flow/move", flow_sessions.look_at_move, READ),
    Route("POST", f"{ONE}/flow/move", flow_sessions.move_flow, REPLY, errors=CONFLICT),
    Route("POST", f"{ONE}/priority", actions.set_priority, REPLY, errors=CONFLICT),
    # Tasks
    Route("GET", f"{ONE}/tasks", tasks.list_of_conversation, READ),
    Route("POST", f"{ONE}/tasks", tasks.add_task, REPLY, status=201, errors=CONFLICT),
    Route("GET", f"{V1}/tasks", tasks.list_tasks, READ),
    Route("GET", f"{V1}/tasks/counters", tasks.count_tasks, READ),
    Route("GET", f"{V1}/tasks/{{task}}", tasks.get_task, READ),
    Route("POST", f"{V1}/tasks/{{task}}/assign", tasks.assign_task, REPLY, errors=CONFLICT),
    Route("POST", f"{V1}/tasks/{{task}}/finish", tasks.finish_task, REPLY, errors=CONFLICT),
    Route("POST", f"{V1}/tasks/{{task}}/move", tasks.move_task, REPLY, errors=CONFLICT),
    # Search
    Route("GET", f"{V1}/search/people", search.find_people, READ),
    Route("GET", f"{V1}/search/messages", search.find_messages, READ),
    # Contacts and files
    Route("GET", f"{V1}/contacts/{{contact}}", contacts.get_contact, READ),
    Route("PATCH", f"{V1}/contacts/{{contact}}", contacts.change_contact, REPLY),
    Route("GET", f"{V1}/contacts/{{contact}}/conversations", contacts.list_conversations, READ),
    Route("GET", f"{V1}/contacts/{{contact}}/consents", contacts.list_consents, READ),
    Route("GET", f"{V1}/contacts/{{contact}}/stages", contacts.list_stages, READ),
    Route(
        "POST",
        f"{V1}/attachments",
        attachments.upload,
        REPLY,
        status=201,
        errors=(400, 408, 413, 415),
        takes=Bytes.FILE,
    ),
    Route("GET", f"{V1}/attachments/{{attachment}}", attachments.download, READ, gives=Bytes.ANY),
    # The project
    Route("GET", f"{V1}/operators", directory.list_operators, READ),
    Route("GET", f"{V1}/teams", directory.list_teams, READ),
    Route("GET", f"{V1}/canned-replies", canned_replies.list_canned_replies, READ),
    Route("POST", f"{V1}/canned-replies", canned_replies.create_canned_reply, REPLY, status=201, errors=(409,)),
    Route("PATCH", f"{V1}/canned-replies/{{reply}}", canned_replies.change_canned_reply, REPLY),
    Route("DELETE", f"{V1}/canned-replies/{{reply}}", canned_replies.delete_canned_reply, REPLY),
    Route("POST", f"{V1}/contacts/{{contact}}/links", contacts.make_link, REPLY, errors=(422,)),
    Route("POST", f"{V1}/channels/test", channels.test_connection, MANAGE, errors=(404, 422)),
    Route("GET", f"{V1}/channels", channels.list_channels, READ),
    Route("POST", f"{V1}/channels", channels.create_channel, MANAGE, status=201),
    Route("GET", f"{V1}/channels/{{channel}}", channels.get_channel, READ),
    Route("PATCH", f"{V1}/channels/{{channel}}", channels.change_channel, MANAGE, errors=(409,)),
    Route("PUT", f"{V1}/channels/{{channel}}/flows", channels.set_flows, WRITE_FLOWS, errors=CONFLICT),
    Route("GET", f"{V1}/channels/{{channel}}/snippet", channels.get_snippet, MANAGE, errors=(422,)),
    Route(
        "POST", f"{V1}/channels/{{channel}}/messages", channel_messages.take_message, CONNECT, status=201,
        errors=(*CONFLICT, 429, 503),
    ),
    Route(
        "POST", f"{V1}/channels/{{channel}}/receipts", channel_messages.take_receipt, CONNECT, status=201,
        errors=(*CONFLICT, 429, 503),
    ),
    Route("GET", f"{V1}/webhooks", webhooks.list_webhooks, MANAGE),
    Route("POST", f"{V1}/webhooks", webhooks.create_webhook, MANAGE, status=201, errors=CONFLICT),
    Route("PATCH", f"{V1}/webhooks/{{webhook}}", webhooks.change_webhook, MANAGE, errors=CONFLICT),
    Route("POST", f"{V1}/webhooks/{{webhook}}/secret", webhooks.rotate_secret, MANAGE),
    Route("DELETE", f"{V1}/webhooks/{{webhook}}", webhooks.delete_webhook, MANAGE),
    Route("GET", f"{V1}/webhook-deliveries", webhooks.list_deliveries, MANAGE),
    Route("POST", f"{V1}/webhook-deliveries/{{delivery}}/repeat", webhooks.repeat_delivery, MANAGE),
    Route("GET", f"{V1}/parked", parked.list_parked, MANAGE),
    Route("POST", f"{V1}/parked/{{event}}/replay", parked.replay_parked, MANAGE, errors=(409,)),
    # Flows
    Route("GET", f"{V1}/flow-sessions/stuck", flow_sessions.list_stuck, WRITE_FLOWS),
    Route("GET", f"{V1}/flows", flows.list_flows, READ),
    Route("POST", f"{V1}/flows", flows.create_flow, WRITE_FLOWS, status=201, errors=CONFLICT),
    Route("POST", f"{V1}/flows/check", flows.check_flow, WRITE_FLOWS),
    Route("POST", f"{V1}/flows/preview", flow_preview.preview_flow, WRITE_FLOWS),
    Route("GET", FLOW, flows.get_flow, WRITE_FLOWS),
    Route("PUT", FLOW, flows.save_flow, WRITE_FLOWS, errors=CONFLICT),
    Route("DELETE", FLOW, flows.delete_flow, WRITE_FLOWS, errors=(409,)),
    Route("POST", f"{FLOW}/archive", flows.archive_flow, WRITE_FLOWS, errors=(409,)),
    Route("POST", f"{FLOW}/authors", flow_authors.note_author, WRITE_FLOWS),
    Route("DELETE", f"{FLOW}/authors", flow_authors.forget_author, WRITE_FLOWS),
    Route("GET", f"{FLOW}/publication", flows.get_publication, WRITE_FLOWS),
    Route("POST", f"{FLOW}/publish", flows.publish_flow, WRITE_FLOWS, errors=CONFLICT),
    Route("GET", f"{FLOW}/versions", flows.list_versions, WRITE_FLOWS),
    Route("GET", f"{FLOW}/versions/{{version}}", flows.get_version, WRITE_FLOWS),
    Route("POST", f"{FLOW}/versions/{{version}}/roll_back", flows.roll_back, WRITE_FLOWS, errors=(422,)),
    Route("GET", f"{FLOW}/statistics", flows.get_statistics, READ),
    # The description
    Route("GET", f"{V1}/openapi.json", docs.openapi, PUBLIC, gives=Bytes.ANY),
    Route("GET", "/api/docs", docs.docs_page, PUBLIC, gives=Bytes.HTML),
    Route("GET", "/api/docs/start.js", docs.docs_start, PUBLIC, gives=Bytes.SCRIPT),
)

PAGES: dict[str, Access] = {
    "/": Access.PUBLIC,
    "/widget.js": Access.PUBLIC,
    "/static/{path}": Access.PUBLIC,
    "/healthz": Access.PUBLIC,
    "/readyz": Access.PUBLIC,
    "/metrics": Access.OWN,
    "/ws/inbox": Access.OWN,
    "/f/{slug}": Access.PUBLIC,
    "/f/{slug}/{token}": Access.OWN,
}
"""Routes outside the API. Their handlers are bound in `hub/web/server.py`; the inbox's page also answers addresses that
nobody else knows, because they are its own."""
