"""Run the server: one at a time per data folder, drained on SIGTERM."""

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from fastapi import FastAPI

from bithuman.errors import ConfigurationError
from bithuman.http.app import create_app
from bithuman.http.connections import DRAIN_S, MAX_CONNECTIONS, RESERVED_DESCRIPTORS, Connections
from bithuman.http.log import configure_logging
from bithuman.http.protocol import BoundedProtocol
from bithuman.http.requests import network_of
from bithuman.service.people import make_setup_link, setup_url
from bithuman.service.platform import Platform, database_file, make_data_dir
from bithuman.service.settings import Settings
from bithuman.store.lock import only_server

# For answers whose application does not notice that its client was hung up on.
CANCEL_S = DRAIN_S + 2
# The event loop accepts one connection of each listening socket in a turn. With one socket, a few hundred connections
# that always have a request keep new ones waiting for seconds.
ACCEPTS_PER_TURN = 16


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which bounds how long its connections may stay once it stops."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way."""
        self._connections.drain()
        await super().shutdown(sockets)


def serve(
    settings: Settings,
    announce: Callable[[str, str | None], None],
    add_pages: Callable[[FastAPI], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and return.

    Args:
        announce: called with the server's URL once it listens, and with the link for the first person while nobody is
            the operator.
        add_pages: see `create_app`.

    Raises:
        ConfigurationError: a setting is wrong, the address is taken, or another server has the data folder.
    """
    configure_logging(settings.log_level)
    with only_server(make_data_dir(settings), database_file(settings)):
        listener = _listen(settings)
        platform = Platform(settings)
        app = create_app(platform, add_pages)
        connections = Connections(_raise_descriptor_limit(), settings.is_trusted_proxy, network_of)
        server = DrainingServer(
            uvicorn.Config(
                app.rest,
                loop="uvloop",
                http=partial(BoundedProtocol, connections, app.new_request_id, app.hot),  # type: ignore[arg-type]
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies or None,
                timeout_graceful_shutdown=CANCEL_S,
            ),
            connections,
        )

        # What was made until here stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()

        def stop(*_: object) -> None:
            server.should_exit = True

        # For a signal that comes before uvicorn takes them over. The one that it raises again once it has drained
        # finds nothing left to stop.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        host, port = listener.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        link = asyncio.run(make_setup_link(platform)) if add_pages is not None else None
        announce(url, None if link is None else setup_url(settings.public_url or url, link))
        server.run(sockets=[listener, *(listener.dup() for _ in range(ACCEPTS_PER_TURN - 1))])


def _raise_descriptor_limit() -> int:
    """Let the process open as many descriptors as its connections may need and the system allows. Returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_DESCRIPTORS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= allowed:
        return wanted if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            cure="Set BITHUMAN_PORT or --port to a free one.",
        ) from error
    return listener
