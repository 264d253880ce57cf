/** What a search has found, page by page. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/calls";
import type { Conversation, Hit } from "@/api/types";
import { keys } from "@/live/queries";

export interface Search {
  /** Of people whose name or address it is. */
  people: Conversation[];
  /** There are more people than are shown. */
  morePeople: boolean;
  /** By what was said in them. */
  hits: Hit[];
  /** All of them, each once, in the order in which they are shown. */
  conversations: Conversation[];
  busy: boolean;
  error: Error | null;
  again: () => void;
  /** The next page of hits; null when there is none. */
  further: (() => void) | null;
  furtherBusy: boolean;
}

/** Nothing is asked for an empty `q`. */
export function useSearch(q: string): Search {
  const enabled = q !== "";
  const people = useQuery({
    queryKey: keys.people(q),
    queryFn: ({ signal }) => api.findPeople(q, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    enabled,
  });
  const messages = useInfiniteQuery({
    queryKey: keys.hits(q),
    queryFn: ({ pageParam, signal }) => api.findMessages(q, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    enabled,
  });
  const hits = useMemo(() => once(messages.data?.pages.flatMap((page) => page.items) ?? []), [messages.data]);
  const found = people.data?.items;
  const conversations = useMemo(() => {
    const all = [...(found ?? []), ...hits.map((hit) => hit.conversation)];
    return [...new Map(all.map((item) => [item.id, item])).values()];
  }, [found, hits]);
  return {
    people: found ?? [],
    morePeople: people.data?.more ?? false,
    hits,
    conversations,
    busy: people.isFetching || messages.isFetching,
    error: people.error ?? messages.error,
    again: () => void Promise.all([people.refetch(), messages.refetch()]),
    further: messages.hasNextPage ? () => void messages.fetchNextPage() : null,
    furtherBusy: messages.isFetchingNextPage,
  };
}

/** A conversation may come again on a later page, with an older message. */
function once(hits: Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ conversation: { id } }) => !seen.has(id) && seen.add(id));
}
