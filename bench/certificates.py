"""Certificates of an authority of this run, for servers on loopback."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile


@functools.cache
def authority():
    """A certificate authority of this run: a directory with `ca.pem` and its `ca.key`."""
    place = tempfile.mkdtemp(prefix="webseed-ca-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.chmod(place, 0o755)
    openssl(place, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority of a test")
    return place


@functools.cache
def certificate(names="IP:127.0.0.1,DNS:localhost", trusted=True, days=2):
    """(certificate, key) for those names, by the authority or by itself."""
    place = authority()
    path = tempfile.mktemp(dir=place)
    by = ["-CA", "ca.pem", "-CAkey", "ca.key"] if trusted else []
    subject = ["-subj", "/CN=server of a test", "-addext", f"subjectAltName={names}"]
    openssl(place, "-keyout", path + ".key", "-out", path + ".pem", *subject, *by, days=days)
    os.chmod(path + ".key", 0o644)  # for servers that are somebody else
    return path + ".pem", path + ".key"


def ca_file():
    return os.path.join(authority(), "ca.pem")


def openssl(place, *arguments, days=2):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command = ["openssl", "req", "-x509", *key, "-days", str(days), *arguments]
    subprocess.run(command, cwd=place, check=True, stdin=subprocess.DEVNULL, capture_output=True)
