"""A client without JavaScript: pages, forms, cookies, and patience."""

from __future__ import annotations

import http.client
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urljoin, urlsplit

# The number on the confirmation; or in the head of the message's page, which comes instead when
# something has already happened to the message.
_NUMBER = re.compile(r'(?:class="receipt__number">|<p>Обращение <span class="nowrap">)\s*([^<\s]+)')
_PAGE_SECONDS = 90.0

File = tuple[str, bytes]


class NoPage(Exception):
    """The portal did not answer, or answered with an error; the text says what came.

    `page` is what it answered, if it did.
    """

    def __init__(self, words: str, page: Page | None = None) -> None:
        super().__init__(words)
        self.page = page


@dataclass
class Page:
    """An answer after its redirects."""

    status: int
    address: str
    text: str

    @property
    def forms(self) -> list[Form]:
        """Every form of the page, filled as a browser shows it."""
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form_with(self, name: str) -> Form:
        """The form that has such a field.

        Raises:
            NoPage: none has.
        """
        for form in self.forms:
            if name in form.fields or name in form.file_fields:
                form.action = urljoin(self.address, form.action)
                return form
        raise NoPage(f"{self.status} {self.address}: no form with «{name}»")

    @property
    def number(self) -> str:
        """The number that the page shows to its reader, or an empty string."""
        found = _NUMBER.search(self.text)
        return found.group(1) if found else ""


@dataclass
class Form:
    """A form as it is about to be sent; what a person types goes into `fields`."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    file_fields: set[str] = field(default_factory=set)
    files: list[File] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._name = ""
        self._is_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(action=given.get("action", ""))
            self.forms.append(self._form)
        if self._form is None or ("name" not in given and tag != "option"):
            return
        if tag == "input" and given.get("type") == "file":
            self._form.file_fields.add(given["name"])
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self._form.fields[given["name"]] = given.get("value", "on")
        elif tag == "input":
            self._form.fields[given["name"]] = given.get("value", "")
        elif tag in ("textarea", "select"):
            self._name, self._is_text = given["name"], tag == "textarea"
            self._form.fields[self._name] = ""
            self._form.choices[self._name] = []
        elif tag == "option" and self._name:
            self._form.choices[self._name].append(given.get("value", ""))
            if "selected" in given:
                self._form.fields[self._name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("textarea", "select"):
            if self._form is not None and self._is_text:
                # The line end after the tag belongs to the markup.
                self._form.fields[self._name] = self._form.fields[self._name].removeprefix("\n")
            self._name, self._is_text = "", False

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._is_text:
            self._form.fields[self._name] += data


class Browser:
    """One person's browser. `on_page(seconds, is_failed)` hears of every page."""

    def __init__(self, port: int, *, on_page: Callable[[float, bool], None]) -> None:
        self.port = port
        self.on_page = on_page
        self.cookies: dict[str, str] = {}
        self.contract = ""

    def log_in(self, login: str, password: str) -> Page:
        """Through the login page, as everybody; then note the first contract of the home page."""
        form = self.get("/business/cabinet/").form_with("password")
        form.fields |= {"login": login, "password": password}
        page = self.post(form)
        if "sessionid" not in self.cookies:
            raise NoPage(f"{login} cannot log in: {page.status} {page.address}")
        found = re.search(r"/contracts/(\d+)/", self.get("/").text + page.text + page.address)
        if found is None:
            raise NoPage(f"{login} has no contract")
        self.contract = found.group(1)
        return page

    def open_message_form(self, *, text: str = "", topic: str = "") -> Form:
        """«Отправить сообщение», filled; `topic` is its code, by default the first one."""
        page = self.get(f"/contracts/{self.contract}/messages/new/")
        form = page.form_with("files")
        topics = [code for code in form.choices["topic"] if code]
        words = text or f"Прошу сверить начисления, запрос {uuid.uuid4()}."
        form.fields |= {"topic": topic or topics[0], "text": words, "action": "send"}
        form.fields["email"] = form.fields["email"] or "client@example.org"
        form.fields["phone"] = form.fields["phone"] or "+7 900 000-00-00"
        return form

    def get(self, address: str) -> Page:
        """A page, after its redirects."""
        return self._load("GET", address)

    def post(self, form: Form, *, port: int | None = None) -> Page:
        """Send a form and follow to the page it leads to.

        Raises:
            NoPage: there was no answer, or it was 429 or 5xx.
        """
        if form.file_fields:
            body, content_type = _multipart(form.fields, form.files)
        else:
            body, content_type = (
                urlencode(form.fields).encode(),
                "application/x-www-form-urlencoded",
            )
        return self._load("POST", form.action, body=body, content_type=content_type, port=port)

    def _load(
        self,
        method: str,
        address: str,
        *,
        body: bytes = b"",
        content_type: str = "",
        port: int | None = None,
    ) -> Page:
        started_at = time.monotonic()
        is_failed = True
        try:
            page = self._follow(method, address, body, content_type, port)
            is_failed = page.status >= 500
        except (OSError, http.client.HTTPException) as error:
            raise NoPage(f"{method} {address}: {type(error).__name__}: {error}") from error
        finally:
            self.on_page(time.monotonic() - started_at, is_failed)
        if is_failed or page.status == 429:
            raise NoPage(f"{method} {address}: {page.status}", page)
        return page

    def _follow(
        self, method: str, address: str, body: bytes, content_type: str, port: int | None
    ) -> Page:
        for _ in range(6):
            parts = urlsplit(address)
            target = quote(parts.path, safe="/%") + (f"?{parts.query}" if parts.query else "")
            status, location, text = self._ask(method, target, body, content_type, port)
            if status not in (301, 302, 303):
                return Page(status=status, address=target, text=text)
            address, method, body, content_type = urljoin(target, location), "GET", b"", ""
        raise NoPage(f"{address}: redirects without end")

    def _ask(
        self, method: str, target: str, body: bytes, content_type: str, port: int | None
    ) -> tuple[int, str, str]:
        # The port may be a proxy's; for the portal it is always its own address.
        site = f"127.0.0.1:{self.port}"
        headers = {"Host": site, "Referer": f"http://{site}{target}"}
        if content_type:
            headers["Content-Type"] = content_type
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        line = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=_PAGE_SECONDS)
        try:
            line.request(method, target, body=body or None, headers=headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
            for header in answer.msg.get_all("Set-Cookie", []):
                name, _, value = header.partition(";")[0].partition("=")
                self.cookies[name.strip()] = value.strip()
            return answer.status, answer.getheader("Location", ""), text
        finally:
            line.close()


def _multipart(fields: Mapping[str, str], files: Sequence[File]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, content in files:
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"'
        parts.append(f"--{mark}\r\n{head}\r\nContent-Type: text/plain\r\n\r\n".encode())
        parts.append(content + b"\r\n")
    parts.append(f"--{mark}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={mark}"
