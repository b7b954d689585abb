"""The guard as httpx meets it."""

import datetime as dt
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cutroom.records.errors import AddressForbidden
from cutroom.sources.transport import PinnedTransport


def test_the_host_keeps_its_name_though_the_connection_goes_to_an_address(site):
    """A server with many names sees the one that was asked for."""
    site.put("/v.mp4", b"video")
    name = f"films.example:{site.port}"
    transport = PinnedTransport((name,), look_up=lambda *_: ("127.0.0.1",))

    with httpx.Client(transport=transport) as client:
        assert client.get(f"http://{name}/v.mp4").content == b"video"

    assert site.requests[0][2]["Host"] == name


def test_a_dead_address_gives_way_to_the_next(site):
    """The first address that takes the connection is used."""
    site.put("/v.mp4", b"video")
    name = f"films.example:{site.port}"
    transport = PinnedTransport((name,), look_up=lambda *_: ("127.0.0.3", "127.0.0.1"))

    with httpx.Client(transport=transport, timeout=2) as client:
        assert client.get(f"http://{name}/v.mp4").content == b"video"


def test_a_name_that_leads_inside_is_refused_before_any_packet(site):
    """A public name whose address is ours gets nothing."""
    transport = PinnedTransport(look_up=lambda *_: ("127.0.0.1",))

    with httpx.Client(transport=transport) as client, pytest.raises(AddressForbidden):
        client.get("http://films.example/")

    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://1.1.1.1/v", "http://user:pw@1.1.1.1/", "http://1.1.1.1:22/"]
)
def test_what_the_guard_forbids_httpx_cannot_do(url):
    """Schemes, logins and ports are judged for every request, redirects included."""
    with httpx.Client(transport=PinnedTransport()) as client, pytest.raises(AddressForbidden):
        client.get(url)


@pytest.fixture
def tls_port(tmp_path, monkeypatch):
    """A server that proves to be films.example, to whoever trusts its own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(tmp_path / "films.pem", "films.example"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "films.pem"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Greeter)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class Greeter(BaseHTTPRequestHandler):
    """Answers every request alike."""

    def do_GET(self):
        """Say hello."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        """Keep the terminal clean."""


def write_certificate(path, name):
    """Write a key and a certificate that it signed for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_is_checked_against_the_name_not_the_address(tls_port):
    """A pinned connection is as safe as any other: the right name passes, another does not."""
    names = tuple(f"{name}:{tls_port}" for name in ("films.example", "other.example"))
    transport = PinnedTransport(names, look_up=lambda *_: ("127.0.0.1",))

    with httpx.Client(transport=transport) as client:
        assert client.get(f"https://{names[0]}/").content == b"hello"
        with pytest.raises(httpx.ConnectError, match="not valid for"):
            client.get(f"https://{names[1]}/")
