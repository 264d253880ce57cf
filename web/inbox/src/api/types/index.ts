/** The shapes of the wire, as docs/protocol.md and hub/model describe them. */
export * from "@/api/types/audit";
export * from "@/api/types/channels";
export * from "@/api/types/common";
export * from "@/api/types/contacts";
export * from "@/api/types/conversations";
export * from "@/api/types/flows";
export * from "@/api/types/messages";
export * from "@/api/types/operators";
export * from "@/api/types/tasks";
export * from "@/api/types/webhooks";
