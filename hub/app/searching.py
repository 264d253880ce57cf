"""The search's index of this process, built on the store."""

from hub.app.pipeline import Pipeline
from hub.services.search_index import SearchIndex
from hub.store.search_sources import SearchSources
from hub.store.search_words import SearchWords


def search_index(pipeline: Pipeline) -> SearchIndex:
    """What keeps the search's words up to date while it runs, where no other process does."""
    connection = pipeline.connection
    return SearchIndex(
        SearchSources(connection.feed_database), SearchWords(connection.database), pipeline.leases,
        owner=pipeline.owner, stored=lambda: pipeline.messages.stored,
    )  # fmt: skip
