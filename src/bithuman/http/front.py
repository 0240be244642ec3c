"""`/`: what this server is, as a page for a browser and as JSON for a program."""

import html

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from bithuman.http.wire import encode

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
body {{
  max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
  font: 1rem/1.6 system-ui, sans-serif; color: #222; background: #fff;
}}
h1 {{ font-size: 1.5rem; line-height: 1.3; }}
pre {{ padding: .75rem 1rem; overflow-x: auto; background: #f3f3f3; border-radius: .4rem; }}
a {{ color: #0b57d0; }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e6e6e6; background: #181818; }}
  pre {{ background: #262626; }}
  a {{ color: #8ab4f8; }}
}}
</style>
</head>
<body>
<h1>{title}</h1>
<p>This server decides who may render a talking avatar, stops a session within one heartbeat, and bills it to the
millisecond. Version {version}.</p>
<ul>
<li><a href="sign-in">Sign in to the console</a>, to make a key and to see your sessions and credits</li>
<li><a href="docs">The HTTP API</a>, with an example of every call</li>
<li><a href="openapi.json">The OpenAPI document</a></li>
<li><a href="readyz">Whether the server is ready</a></li>
</ul>
<h2>How to get a key</h2>
<p>The operator of this server sends you a link. Open it, choose a password, then create a key under Developer, API
Keys. Or the operator makes an account on the command line, and gets its API secret once:</p>
<pre>bithuman admin create-account --email you@example.com</pre>
<p>Then connect your machine. The command asks for the key:</p>
<pre>bithuman init --api-url {url}</pre>
<p>This is an independent implementation. It is compatible with bitHuman's published interface and not affiliated with
bitHuman.</p>
</body>
</html>
"""
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def add_front(app: FastAPI) -> None:
    """Serve `/`."""

    @app.get("/", include_in_schema=False)
    async def front(request: Request) -> Response:
        headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        if "text/html" in request.headers.get("accept", ""):
            url = html.escape(str(request.base_url).rstrip("/"))
            page = _PAGE.format(title=app.title, version=app.version, url=url)
            return HTMLResponse(page, headers={**headers, "Content-Security-Policy": _POLICY})
        links = {"name": app.title, "version": app.version, "docs": "/docs", "openapi": "/openapi.json"}
        return Response(encode(links), media_type="application/json", headers=headers)
