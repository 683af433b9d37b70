"""A program with the installed wheel: the library inside it, an echo, an operation.

installed.py CONFIG.toml NAME
"""

import sys

import zfssa
from zfssa import _library

config, name = sys.argv[1:]
assert _library.candidates()[0].endswith("/zfssa/_lib/libzfssa.so.1"), _library.candidates()
with zfssa.Driver(zfssa.Config.from_toml(config)) as driver:
    assert driver.echo(message="hello").message == "hello"
    driver.do_setup()
    print(zfssa.version(), driver.create_volume(name, 1).name)
