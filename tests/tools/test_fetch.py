"""Pages of the public web: real HTTP on loopback, under names that a test resolves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.errors import ChatError, InvalidArguments, TimedOut, Unreachable
from realtime_chat.tools.builtin.fetch_url import fetch_url, report
from realtime_chat.tools.builtin.page_text import page_text
from realtime_chat.tools.builtin.public_web import MAX_BYTES, TOTAL_S, Page, PublicWeb, is_public, resolved
from realtime_chat.tools.standard import risky_tools, standard_tools
from tests.waiting import eventually

HERE = "127.0.0.1"


def answer(body: bytes, kind: str = "text/html; charset=utf-8", *more: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


def moved(location: str) -> bytes:
    return answer(b"", "text/html", f"Location: {location}", status="302 Found")


class Site:
    """A web server on loopback; it answers each path with raw bytes, an unknown one with silence."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.heads: list[str] = []
        self.names: dict[str, list[str]] = {"site.test": [HERE], "inner.test": ["10.0.0.1"]}
        self.port = 0

    async def resolve(self, host: str, port: int) -> list[str]:
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    async def page(self, path: str, host: str = "site.test") -> Page:
        web = PublicWeb(SystemClock(), resolve=self.resolve, allowed=lambda address: address == HERE)
        async with asyncio.timeout(5):
            return await web.page(f"http://{host}:{self.port}{path}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        raw = self.answers.get(head.split(" ")[1])
        if raw is None:
            await reader.read()
        else:
            writer.write(raw.replace(b"PORT", str(self.port).encode()))
        writer.close()


@asynccontextmanager
async def site(**answers: bytes) -> AsyncGenerator[Site]:
    found = Site({f"/{name}": raw for name, raw in answers.items()})
    server = await asyncio.start_server(found.serve, HERE, 0)
    async with server:
        found.port = server.sockets[0].getsockname()[1]
        yield found


async def test_a_page_is_fetched_from_the_address_that_was_judged_under_its_own_name():
    async with site(page=answer("<title>T</title><p>Zoë".encode())) as web:
        page = await web.page("/page")
        assert report(page) == {"url": page.url, "title": "T", "text": "Zoë", "truncated": False}
        assert f"Host: site.test:{web.port}\r\n" in web.heads[0]


async def test_redirects_are_followed_and_each_stop_is_judged():
    inward = moved("http://inner.test:PORT/secret")
    raw = moved("http://10.0.0.1:PORT/secret")
    async with site(a=moved("/b"), b=answer(b"here", "text/plain"), inward=inward, raw=raw) as web:
        web.names["10.0.0.1"] = ["10.0.0.1"]
        assert (await web.page("/a")).text == "here"
        for path in ("/inward", "/raw"):
            with pytest.raises(InvalidArguments, match="not on the public internet"):
                await web.page(path)
        assert not [head for head in web.heads if "secret" in head]


async def test_a_redirect_to_a_file_or_in_a_circle_is_refused():
    async with site(file=moved("file:///etc/passwd"), round=moved("/round")) as web:
        with pytest.raises(InvalidArguments, match="http"):
            await web.page("/file")
        with pytest.raises(ChatError, match="circles"):
            await web.page("/round")


async def test_a_name_with_one_private_address_among_public_ones_is_refused():
    async with site(page=answer(b"x")) as web:
        web.names["mixed.test"] = [HERE, "192.168.0.1"]
        with pytest.raises(InvalidArguments, match="not on the public internet"):
            await web.page("/page", "mixed.test")
        assert web.heads == []


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (answer(b"\x89PNG", "image/png"), "no plain text"),
        (answer(b"x", "text/plain", "Content-Encoding: gzip"), "no plain text"),
        (answer(b"gone", status="404 Not Found"), "answered 404"),
        (b"nonsense\r\n\r\n", "could not be fetched"),
    ],
)
async def test_what_cannot_be_read_is_told_in_one_line(raw: bytes, told: str):
    async with site(page=raw) as web:
        with pytest.raises(ChatError, match=told) as failed:
            await web.page("/page")
        assert "\n" not in failed.value.message


async def test_a_long_page_is_cut():
    async with site(page=answer(b"x" * (MAX_BYTES + 10), "text/plain")) as web:
        page = await web.page("/page")
        assert (len(page.text), page.truncated) == (MAX_BYTES, True)
        assert len(report(page)["text"]) == 10_000


async def test_a_server_that_stays_silent_is_given_up():
    async with site() as web:
        clock = VirtualClock()
        fetching = PublicWeb(clock, resolve=web.resolve, allowed=lambda _: True)
        task = asyncio.create_task(fetching.page(f"http://site.test:{web.port}/silent"))
        await eventually(lambda: bool(web.heads))
        await clock.advance(TOTAL_S)
        with pytest.raises(TimedOut):
            await task


async def test_a_host_that_is_not_there_is_told():
    async with site() as web:
        with pytest.raises(Unreachable, match="no such host"):
            await web.page("/", "nowhere.test")
        web.names["closed.test"] = [HERE]
        web.port = 1
        with pytest.raises(Unreachable):
            await web.page("/", "closed.test")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://127.1/",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3:8080/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/",
    ],
)
async def test_addresses_of_this_machine_and_its_networks_are_refused(url: str):
    with pytest.raises(InvalidArguments, match="not on the public internet"):
        await PublicWeb(VirtualClock(), resolve=resolved).page(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.test/", "gopher://a", "http://u:p@a.test/", "", "x"]
)
async def test_other_ways_than_plain_http_are_refused(url: str):
    with pytest.raises(InvalidArguments):
        await PublicWeb(VirtualClock()).page(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("2002:7f00:1::", False),
        ("::", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_is_judged_with_the_ones_hidden_in_it(address: str, public: bool):
    assert is_public(address) is public


def test_a_page_becomes_its_words():
    html = (
        "<html><head><title>A &amp;\nB</title><style>p{}</style></head><body><h1>One</h1><p>two <b>three</b>"
        "<script>alert('<p>no</p>')</script><ul><li>x<li>y</ul>&lt;b&gt;\x1b[2J"
    )
    assert page_text(html) == ("A & B", "One\n\ntwo three\n\nx\ny\n<b>\x1b[2J")
    assert page_text("no html <") == ("", "no html <")


def test_what_is_risky_is_off_and_says_what_it_needs():
    risky = {tool.name: tool.need for tool in risky_tools()}
    assert risky == {"write_file": "write", "run": "run", "run_shell": "run", "fetch_url": "network"}
    assert {tool.need for tool in standard_tools()} == {"read", "own"}
    assert fetch_url in risky_tools()
