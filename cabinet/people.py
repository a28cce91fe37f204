"""How a person's name is written, for clients' people and the retailer's alike."""

from __future__ import annotations


class Named:
    """Somebody with a family name, a given name and perhaps a patronymic."""

    last_name: str
    first_name: str
    patronymic: str

    @property
    def full_name(self) -> str:
        """«Соколова Наталья Викторовна»; empty when no name is known."""
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))

    @property
    def short_name(self) -> str:
        """«Соколова Н. В.», its parts never torn apart at the end of a line."""
        initials = (f"{name[0]}." for name in (self.first_name, self.patronymic) if name)
        return "\u00a0".join((self.last_name, *initials)) if self.last_name else self.first_name

    @property
    def initials(self) -> str:
        """«НС»: given name, family name."""
        return f"{self.first_name[:1]}{self.last_name[:1]}"
