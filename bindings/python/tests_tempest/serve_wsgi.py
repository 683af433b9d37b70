"""Waitress with the WSGI application of a module: serve_wsgi.py MODULE PORT."""

import importlib
import sys

import waitress

#: Waitress refuses a request with a larger body, in bytes. An uploaded image is one.
LARGEST_BODY = 8 << 30

module, port = sys.argv[1], int(sys.argv[2])
# Keystone would read these arguments as its own.
del sys.argv[1:]
application = importlib.import_module(module).application
waitress.serve(
    application, host="127.0.0.1", port=port, threads=8, max_request_body_size=LARGEST_BODY
)
