"""Addresses: the whole matrix of those that are never asked, in every spelling."""

import ipaddress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pictrace.errors import FetchError, InvalidUrlError, SourceNotAllowedError
from pictrace.fetch._address import Reach, checked_url, permitted, unwrapped
from pictrace.settings import FetchPolicy

REFUSED = [
    "127.0.0.0/8",
    "0.0.0.0/8",
    "::1/128",
    "::/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "100.100.100.200/32",
    "fc00::/7",
    "fd00:ec2::254/128",
    "169.254.0.0/16",
    "169.254.169.254/32",
    "169.254.170.2/32",
    "fe80::/10",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "192.0.0.0/24",
    "192.88.99.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.175.48.0/24",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "198.18.0.0/15",
    "2001:db8::/32",
    "3fff::/20",
    "2001:2::/48",
    "100::/64",
    "100:0:0:1::/64",
    "5f00::/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "ff00::/8",
    "fec0::/10",
    "::ffff:127.0.0.0/104",
    "::ffff:10.0.0.0/104",
    "::127.0.0.0/104",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b::7f00:0/104",
    "64:ff9b::a9fe:a9fe/128",
    "64:ff9b:1::/48",
    "2002::/16",
    "2002:7f00:1::/48",
    "2001::/32",
    "2001:0:4136:e378:8000:63bf:80ff:fffe/128",
    "2620:4f:8000::/48",
    "2606:4700::5efe:7f00:1/128",
    "2606:4700::200:5efe:7f00:1/128",
    "2001:db8::5efe:7f00:1/128",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "2001:200::1",
    "2003::1",
    "3ffe::1",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]
PORT = 8080
OPEN = Reach(ports=(80, 443, PORT))


@pytest.mark.parametrize("block", REFUSED)
def test_refused_blocks_are_refused_from_end_to_end(block):
    """Loopback, private, link-local, platforms, assignments, documentation, multicast, reserved, and wrapped ones."""
    network = ipaddress.ip_network(block)

    assert not permitted(network[0])
    assert not permitted(network[-1])
    assert not permitted(network[network.num_addresses // 3])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address):
    """Those beside a refused block too, and through NAT64, the only way out of networks without IPv4."""
    assert permitted(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["fe80::1%lo", "2606:4700::1111%eth0"])
def test_no_address_with_a_zone_is_permitted(address):
    """A zone means this machine's own cables."""
    assert not permitted(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(ip):
    """Mapped and translated ones are judged as the one inside; all other wrappings are refused."""
    mapped = ipaddress.IPv6Address(f"::ffff:{ip}")
    translated = ipaddress.IPv6Address(f"64:ff9b::{ip}")
    others = [f"::{ip}", f"::ffff:0:{ip}", f"64:ff9b:1::{ip}", f"2606:4700::5efe:{ip}"]

    assert permitted(mapped) == permitted(translated) == permitted(ip)
    assert unwrapped(mapped) == unwrapped(translated) == ip
    assert not any(permitted(ipaddress.ip_address(other)) for other in others)


def spellings(ip):
    """Ways to write an IPv4 address that some program reads as that address."""
    first, second, third, fourth = parts = ip.packed
    dotted = str(ip)
    number = int(ip)
    tail = third << 8 | fourth
    yield from (dotted, f"{dotted}.", str(number), hex(number), f"0{number:o}", f"0x{number:X}.", f"00{number}")
    yield from (f"{first}.{second << 16 | tail}", f"{first}.{second}.{tail}", ".".join(hex(part) for part in parts))
    yield from (".".join(f"0{part:o}" for part in parts), ".".join(f"{part:03}" for part in parts))
    yield from (dotted.replace(".", "。"), dotted.translate(CIRCLED), dotted.translate(WIDE), f"{first:#x}.{number}")
    yield from (f"[::ffff:{dotted}]", f"[64:ff9b::{dotted}]", f"[::{dotted}]", f"[::FFFF:{number >> 16:X}:{tail:x}]")
    yield from (f"a@{dotted}", f"{dotted}%00", f"[::ffff:{dotted}%25lo]", f"{dotted}\\@example.com")


CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")


@given(
    st.sampled_from([block for block in REFUSED if ":" not in block]).flatmap(
        lambda block: st.ip_addresses(network=block)
    )
)
def test_no_refused_address_is_permitted_in_any_spelling(ip):
    """Dotted, decimal, hexadecimal, octal, shortened, padded, circled, full-width, wrapped or behind a user name."""
    for host in spellings(ip):
        with pytest.raises(FetchError):
            checked_url(f"http://{host}:{PORT}/x.jpg", OPEN)


@given(st.ip_addresses())
def test_a_literal_that_passes_is_a_permitted_one(ip):
    """Whatever a URL is made of, the host that comes out is judged, and is the one that is asked."""
    host = f"[{ip}]" if ip.version == 6 else str(ip)
    try:
        url = checked_url(f"http://{host}/")
    except SourceNotAllowedError:
        assume(False)

    assert permitted(ipaddress.ip_address(url.host))


@given(st.text(alphabet="0123456789abcdefxX.:[]@%/\\?#。①⓪１０ﬀℓ\u00ad\u200b", max_size=24))
def test_any_host_is_a_name_or_a_permitted_address(text):
    """Nothing that a resolver would read as a number comes through, nor anything unforeseen."""
    try:
        host = checked_url(f"http://{text}/").raw_host
    except FetchError:
        return

    assert all(letter in "abcdefghijklmnopqrstuvwxyz0123456789.-:_" for letter in host)
    if host.rpartition(".")[2].isdigit() or ":" in host:
        assert permitted(ipaddress.ip_address(host))


NOT_ALLOWED = [
    *(f"http://127.0.0.1:{PORT}/x.jpg", f"http://localhost:{PORT}/x.jpg", f"http://LOCALHOST:{PORT}/"),
    *(f"http://localhost.:{PORT}/", f"http://a.localhost:{PORT}/", f"http://0.0.0.0:{PORT}/"),
    *(f"http://127.255.255.254:{PORT}/", f"http://[::1]:{PORT}/", f"http://[::]:{PORT}/"),
    *(f"http://[0:0:0:0:0:0:0:1]:{PORT}/", f"http://[::ffff:127.0.0.1]:{PORT}/", f"http://[::ffff:7f00:1]:{PORT}/"),
    *(f"http://[::127.0.0.1]:{PORT}/", f"http://[::ffff:0:127.0.0.1]:{PORT}/", f"http://[64:ff9b::7f00:1]:{PORT}/"),
    *("http://[64:ff9b::a9fe:a9fe]/", f"http://[64:ff9b:1::7f00:1]:{PORT}/", f"http://[2002:7f00:1::]:{PORT}/"),
    *("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "http://[2001:db8::5efe:7f00:1]/", "http://[fe80::1]/"),
    *("http://[fec0::1]/", "http://[fd00:ec2::254]/", "http://169.254.169.254/latest/meta-data/"),
    *("http://169.254.170.2/v2/credentials", "http://100.100.100.200/", "http://168.63.129.16/"),
    *("http://192.0.0.192/", "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/"),
    *("http://192.168.0.1/", "http://100.64.0.1/", "http://100.127.255.255/", "http://224.0.0.1/"),
    *("http://239.255.255.250:1900/", "http://255.255.255.255/", "http://240.0.0.1/", "http://[ff02::1]/"),
    *("http://[ff0e::1]/", "http://192.0.2.1/", "http://198.18.0.1/", "http://203.0.113.1/", "http://192.88.99.1/"),
    *("http://[3fff::1]/", "http://[5f00::1]/", "http://[100::1]/", "http://[100:0:0:1::1]/"),
    *(f"http://①②⑦.⓪.⓪.①:{PORT}/", f"http://127。0。0。1:{PORT}/", f"http://ｌｏｃａｌｈｏｓｔ:{PORT}/"),
    *(f"http://127.0.0.1:{PORT}#@example.com/", f"http://127.0.0.1:{PORT}?@example.com/", "http://127.0.0.1./"),
    *("http://127.0.0.3:22/", "http://example.com:25/", "http://example.com:6379/", "https://example.com:8443/"),
]


@pytest.mark.parametrize("text", NOT_ALLOWED)
def test_urls_of_refused_addresses_are_not_allowed(text):
    """The text is the same for every reason, and says nothing of the address."""
    with pytest.raises(SourceNotAllowedError) as caught:
        checked_url(text, OPEN)

    assert caught.value.to_dict() == SourceNotAllowedError().to_dict()


INVALID = [
    *("http://0:80/", "http://0x0:80/", "http://127.1:80/", "http://127.0.1:80/", "http://2130706433:80/"),
    *("http://0x7f000001:80/", "http://0x7f.1:80/", "http://0x7F.0x0.0x0.0x1:80/", "http://017700000001:80/"),
    *("http://0177.0.0.1:80/", "http://00000177.1:80/", "http://127.000.000.001:80/", "http://1.2.3.4.5/"),
    *("http://example.0x1/", "http://256.256.256.256/", "http://[fe80::1%25lo]:80/", "http://[v1.x]/"),
    *("http://[dead]/", "http://[::1].example.com/", "http://[::1", "http://::1/", "http://[]/"),
    *("http://example.com@127.0.0.1:80/", "http://127.0.0.1:80@example.com/", "http://user:pass@example.com/"),
    *("http://@example.com/", "http://:@example.com/", "http://127.0.0.1:80\\@example.com/"),
    *("http://example.com\\@127.0.0.1:80/", "//127.0.0.1:80/", "http:127.0.0.1:80/", "http:///127.0.0.1:80/"),
    *("/x.jpg", "127.0.0.1:80/x", "", "x", "http://", "http:", "https://?x", "http://#x", "file:///etc/passwd"),
    *("ftp://127.0.0.1/", "gopher://127.0.0.1:80/_x", "dict://127.0.0.1:11211/stat", "data:image/png;base64,AAAA"),
    *("javascript:alert(1)", "jar:http://x!/", "blob:x", "HTTP+UNIX://%2fvar%2frun%2fdocker.sock/"),
    *(" http://example.com/", "http://exa\tmple.com/", "http://example.com/\nX: y", "http://example.com/\0"),
    *("http://exa%00mple.com/", "http://exa mple.com/", "http://example.com/a\u00a0b", "http://example.com/\x85"),
    *("http://example.com/" + "a" * 10240, "http://" + "a" * 3000 + "/", "http://" + "a" * 64 + ".com/"),
    *("http://" + "a." * 130 + "com/", "http://xn--a/", "http://a\u200bb.com/", "http://example.com/\ud800"),
    *("http://a..b/", "http://.a/", "http://./", "http://a../", "http://a!b.com/", "http://example.com:0/"),
    *("http://example.com:65536/", "http://example.com:80:80/", "http://example.com:-1/", "http://example.com:+80/"),
    *("http://example.com:٨٠/", "http://example.com:8_0/", "http://example.com:/", "http://example.com:999999/"),
]


@pytest.mark.parametrize("text", INVALID, ids=lambda text: ascii(text[:40]))
def test_what_is_no_clear_url_is_invalid(text):
    """The message does not hold what was given."""
    with pytest.raises(InvalidUrlError, match="this is no URL that can be fetched: ") as caught:
        checked_url(text, OPEN)

    assert len(text) < 9 or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("HTTP://Example.COM", "http://example.com"),
        ("https://example.com.:443/a%2F.jpg?b=%26#c", "https://example.com/a%2F.jpg?b=%26"),
        ("http://bücher.example/ä.jpg", "http://xn--bcher-kva.example/%C3%A4.jpg"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b::808:808]/"),
        ("http://a_b.example/?u=http://127.0.0.1/@", "http://a_b.example/?u=http://127.0.0.1/@"),
        ("http://1.2.3.example/", "http://1.2.3.example/"),
        ("http://example.com/" + "a" * 2029, "http://example.com/" + "a" * 2029),
    ],
)
def test_good_urls_come_out_in_one_form(text, asked):
    """What is checked is what is asked."""
    assert str(checked_url(text)) == asked


@pytest.mark.parametrize(
    ("host", "is_named"),
    [
        ("a.example", True),
        ("b.a.example", False),
        ("b.example", False),
        ("xb.example", False),
        ("c.b.example", True),
        ("d.c.b.example", True),
        ("localhost", False),
    ],
)
def test_hosts_can_be_narrowed_down(host, is_named):
    """To names, and to all below a name."""
    reach = Reach.of(FetchPolicy(allow_hosts=("A.example", "*.b.example", "localhost")))

    assert reach.names(host) == is_named


def test_networks_can_be_allowed():
    """These addresses and no others, also in their mapped form."""
    reach = Reach.of(FetchPolicy(allow_networks=("127.0.0.3/32", "fe80::/10")))
    asked = ["127.0.0.3", "::ffff:127.0.0.3", "64:ff9b::7f00:3", "127.0.0.2", "127.0.0.4", "fe80::1", "fe80::1%lo"]

    assert [reach.admits(ipaddress.ip_address(one)) for one in asked] == [True, True, False, False, False, True, False]
