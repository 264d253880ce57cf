"""Samples as a channel may touch them: its own."""

from connectors.errors import NotAccepting
from hub.model.ids import ChannelId
from hub.model.sample import Sample
from hub.store.errors import StoreUnavailable
from hub.store.form_samples import FormSamples


class ChannelSamples:
    """The `Samples` of `connectors.lent` for one channel."""

    def __init__(self, channel: ChannelId, samples: FormSamples) -> None:
        self._channel, self._samples = channel, samples

    async def keep(self, sample: Sample) -> None:
        """Keep it instead of the one before. Raises `NotAccepting`."""
        try:
            await self._samples.keep(self._channel, sample)
        except StoreUnavailable as error:
            raise NotAccepting from error
