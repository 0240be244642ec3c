"""The console: web pages for people. Each folder is a page, with its routes and its templates.

Pages use `service/` as the HTTP API does. They are rendered on the server and work without scripts; `files/console.js`
makes them more comfortable.
"""
