"""Title, description and applications' own elements."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.cases.case import Case, Refused
from tests.contract.harness import UnderTest
from virtbus.errors import InvalidArgument, InvalidDocument
from virtbus.operations import domain
from virtbus.operations.domain import MetadataKind

URI = "urn:example:owner"
ELEMENT = f'<o:owner xmlns:o="{URI}">someone</o:owner>'


class GetMetadata(Case):
    request = domain.GetMetadata

    def ready(self, agent: UnderTest) -> domain.GetMetadata:
        uuid = agent.shut_off()
        agent.need(domain.SetMetadata)
        title = domain.SetMetadata(domain=uuid, kind=MetadataKind.TITLE, text="a title")
        agent.call(title)
        return domain.GetMetadata(domain=uuid, kind=MetadataKind.TITLE)

    def check(
        self, agent: UnderTest, request: domain.GetMetadata, reply: domain.MetadataText
    ) -> None:
        assert reply.text == "a title"
        for kind, uri in ((MetadataKind.DESCRIPTION, None), (MetadataKind.ELEMENT, URI)):
            other = domain.GetMetadata(domain=request.domain, kind=kind, uri=uri)
            assert agent.call(other).text is None

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        request = domain.GetMetadata(domain=agent.shut_off(), kind=MetadataKind.ELEMENT)
        yield request, InvalidArgument, {"field": "uri"}


class SetMetadata(Case):
    request = domain.SetMetadata

    def ready(self, agent: UnderTest) -> domain.SetMetadata:
        return domain.SetMetadata(
            domain=agent.running(), kind=MetadataKind.ELEMENT, text=ELEMENT, uri=URI, key="o"
        )

    def check(self, agent: UnderTest, request: domain.SetMetadata, reply: None) -> None:
        uuid = request.domain
        kept = domain.GetMetadata(domain=uuid, kind=MetadataKind.ELEMENT, uri=URI)
        assert "someone" in (agent.call(kept).text or "")
        for inactive in (False, True):
            assert URI in agent.call(domain.GetXml(domain=uuid, inactive=inactive)).xml
        title = domain.SetMetadata(domain=uuid, kind=MetadataKind.TITLE, text="new <title>")
        agent.call(title)
        assert agent.record(uuid).title == "new <title>"
        for kind, uri in ((MetadataKind.TITLE, None), (MetadataKind.ELEMENT, URI)):
            agent.call(domain.SetMetadata(domain=uuid, kind=kind, text=None, uri=uri))
            left = agent.call(domain.GetMetadata(domain=uuid, kind=kind, uri=uri))
            assert left.text is None

    def refused(self, agent: UnderTest) -> Iterator[Refused]:
        uuid = agent.shut_off()
        kind = MetadataKind.ELEMENT
        nameless = domain.SetMetadata(domain=uuid, kind=kind, text=ELEMENT)
        yield nameless, InvalidArgument, {"field": "uri"}
        for text in ("<half", "no element", "<o xmlns='urn:example:other'/>"):
            request = domain.SetMetadata(domain=uuid, kind=kind, text=text, uri=URI)
            yield request, InvalidDocument, {}
        lines = domain.SetMetadata(domain=uuid, kind=MetadataKind.TITLE, text="two\nlines")
        yield lines, InvalidDocument, {}
