"""deploy/nginx.conf: what the outer door does for the portal. Read as text: no nginx runs here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cabinet.settings import base

TEXT = re.sub(r"#.*", "", (Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text())
LOCATIONS = dict(re.findall(r"location\s+([^{]+?)\s*{([^}]*)}", TEXT))
PROXIED = [name for name, text in LOCATIONS.items() if "proxy_pass" in text]
# What a visitor claims about himself is written over, never added to.
HEADERS = {
    "Connection": '""',
    "Forwarded": '""',
    "Host": "$host",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Host": '""',
    "X-Forwarded-Port": '""',
    "X-Forwarded-Proto": "$scheme",
    "X-Real-IP": "$remote_addr",
}
UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def size(text: str) -> int:
    """The largest body that a part of the configuration takes."""
    found = re.search(r"client_max_body_size (\d+)([kmg]);", text)
    assert found
    return int(found[1]) * UNITS[found[2]]


def test_the_portal_is_behind_two_addresses() -> None:
    assert PROXIED == ["/", "= /office/exchange/import/load/"]


@pytest.mark.parametrize("location", PROXIED)
def test_headers_about_the_visitor_are_the_proxys_own(location: str) -> None:
    """The portal trusts exactly one proxy: docker-compose.yml says TRUSTED_PROXY_COUNT=1."""
    assert dict(re.findall(r"proxy_set_header (\S+) (.+);", LOCATIONS[location])) == HEADERS


def test_bodies_are_limited_before_they_are_read() -> None:
    outside = size(TEXT[: TEXT.index("location")])
    assert base.UPLOAD_MAX_BYTES <= outside < 2 * base.UPLOAD_MAX_BYTES
    packages = size(LOCATIONS["= /office/exchange/import/load/"])
    assert base.PACKAGE_MAX_BYTES <= packages < 1.1 * base.PACKAGE_MAX_BYTES


def test_private_files_are_reached_through_the_portal_only() -> None:
    private = LOCATIONS["/_protected/"]
    assert "internal;" in private
    assert re.findall(r"^\s*(?:root|alias) .*;", TEXT, re.M) == ["        alias /srv/media/;"]
    assert "autoindex" not in TEXT
    for header in (
        "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Referrer-Policy",
        "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
    ):  # fmt: skip
        assert f"add_header {header} " in private


def test_strangers_learn_nothing() -> None:
    assert "server_tokens off;" in TEXT
    first = TEXT[TEXT.index("server {") :]
    assert re.match(
        r"server {\s*listen 80 default_server;\s*listen 443 ssl default_server;\s*server_name _;"
        r"\s*ssl_reject_handshake on;\s*return 444;\s*}",
        first,
    )
    assert re.sub(r"\s", "", LOCATIONS["= /ready"]) == "return404;"
    assert re.findall(r"ssl_protocols (.*);", TEXT) == ["TLSv1.2 TLSv1.3"]
    assert "return 301 https://${SERVER_NAME}$request_uri;" in TEXT
