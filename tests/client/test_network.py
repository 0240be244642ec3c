"""Proxies, certificates, and connections that fail, each as the environment has it."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bithuman.client.api import Api
from bithuman.client.network import certificates, is_excluded, proxy_for
from bithuman.client.secret import Secret
from bithuman.core.secrets import new_secret
from bithuman.errors import ConfigurationError, TokenRequestError

BASE = "https://avatars.example"
PASSWORD = "hunter2"
SECRET = Secret(new_secret(lambda _: 0))


@pytest.fixture(autouse=True)
def no_proxies_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL_CERT")]:
        monkeypatch.delenv(name)


class TestNoProxy:
    @pytest.mark.parametrize(
        ("host", "no_proxy"),
        [
            ("avatars.example", "avatars.example"),
            ("avatars.example", ".example"),
            ("avatars.example", "*.example"),
            ("avatars.example", "other.net, EXAMPLE"),
            ("avatars.example", "*"),
            ("avatars.example", "avatars.example:443"),
            ("10.1.2.3", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("fd00::1", "fd00::/8"),
            ("fd00::1", "[fd00::/8]"),
            ("::1", "::1"),
            ("::1", "localhost,[::1]"),
            ("::1", "[::1]:443"),
        ],
    )
    def test_these_hosts_are_listed(self, host: str, no_proxy: str) -> None:
        assert is_excluded(host, 443, no_proxy)

    @pytest.mark.parametrize(
        ("host", "no_proxy"),
        [
            ("avatars.example", ""),
            ("avatars.example", ","),
            ("avatars.example", "."),
            ("avatars.example", "tars.example"),
            ("avatars.example", "avatars.example:8443"),
            ("avatars.example", "10.0.0.0/8"),
            ("11.1.2.3", "10.0.0.0/8"),
            ("fe80::1", "fd00::/8"),
            ("::2", "[::1]"),
        ],
    )
    def test_these_are_not(self, host: str, no_proxy: str) -> None:
        assert not is_excluded(host, 443, no_proxy)


class TestProxy:
    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    def test_it_counts_for_tls_alone(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "proxy.example:3128")
        proxy = proxy_for(BASE)
        assert proxy is not None
        assert str(proxy.url) == "http://proxy.example:3128"
        assert proxy_for("http://127.0.0.1:8787") is None

    @pytest.mark.parametrize("no_proxy", ["fd00::/8,[::1]", "avatars.example,fd00::/8"])
    def test_ipv6_in_no_proxy_breaks_nothing(self, monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        assert (proxy_for(BASE) is None) == ("avatars" in no_proxy)
        Api(BASE)

    @pytest.mark.parametrize(
        ("name", "url", "words"),
        [
            ("ALL_PROXY", f"socks5://me:{PASSWORD}@proxy.example", "SOCKS"),
            ("HTTPS_PROXY", f"ftp://me:{PASSWORD}@proxy.example", "not a proxy's URL"),
            ("https_proxy", "http://", "not a proxy's URL"),
            ("HTTPS_PROXY", f"http://me:{PASSWORD}@[proxy", "not a proxy's URL"),
        ],
    )
    def test_one_that_cannot_be_used_is_named_and_not_repeated(
        self, monkeypatch: pytest.MonkeyPatch, name: str, url: str, words: str
    ) -> None:
        monkeypatch.setenv(name, url)
        with pytest.raises(ConfigurationError, match=words) as caught:
            Api(BASE)
        assert caught.value.message.startswith(name)
        assert PASSWORD not in str(caught.value)
        Api("http://127.0.0.1:8787")


class TestCertificates:
    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("SSL_CERT_FILE", None, "No such file"),
            ("SSL_CERT_FILE", "no certificate", "holds no certificate"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str | None, words: str
    ) -> None:
        if content is not None:
            (tmp_path / "ca.pem").write_text(content)
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
        with pytest.raises(ConfigurationError, match=words) as caught:
            Api(BASE)
        assert caught.value.message.startswith(f"{name} is {tmp_path}")
        Api("http://127.0.0.1:8787")

    def test_they_are_read_once(self) -> None:
        assert certificates() is certificates()


class TestTrouble:
    async def trouble_with(self, base: str) -> TokenRequestError:
        api = Api(base)
        with pytest.raises(TokenRequestError) as caught:
            await api.validate(SECRET)
        await api.aclose()
        assert caught.value.retryable
        return caught.value

    @pytest.fixture
    def plain_port(self) -> Iterator[int]:
        """A server without TLS."""
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                with server.accept()[0] as client:
                    client.recv(1000)
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            yield server.getsockname()[1]
            thread.join()

    async def test_where_nobody_listens_it_says_how_to_start_the_server(self) -> None:
        error = await self.trouble_with("http://127.0.0.1:1")
        assert error.message == "No server answers at http://127.0.0.1:1."
        assert "bithuman serve" in error.cure

    async def test_a_host_that_is_not_known_is_not_to_be_started(self) -> None:
        error = await self.trouble_with("https://nobody.invalid")
        assert error.message == "The host of https://nobody.invalid is not known here."
        assert "bithuman serve" not in error.cure

    async def test_a_server_without_tls_is_not_to_be_started(self, plain_port: int) -> None:
        error = await self.trouble_with(f"https://127.0.0.1:{plain_port}")
        assert error.message == (
            f"There is no secure connection to https://127.0.0.1:{plain_port}: wrong version number."
        )
        assert "SSL_CERT_FILE" in error.cure

    async def test_a_certificate_that_is_not_trusted_says_why(self) -> None:
        untrusted = ssl.SSLCertVerificationError(1, "x")
        untrusted.verify_message = "self-signed certificate"
        failure = httpx.ConnectError("x")
        failure.__cause__ = untrusted
        api = Api(BASE, transport=httpx.MockTransport(lambda _: (_ for _ in ()).throw(failure)))
        with pytest.raises(TokenRequestError, match="self-signed certificate"):
            await api.validate(SECRET)
