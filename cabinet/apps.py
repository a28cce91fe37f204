"""The frame and the office's workplace as Django apps."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class CabinetConfig(AppConfig):
    """The frame: its template tags and commands are found through this."""

    name = "cabinet"
    verbose_name = "Каркас"

    def ready(self) -> None:
        """Register the checks of a start."""
        from cabinet import checks  # noqa: F401 — registers itself


class OfficeConfig(admin_apps.AdminConfig):
    """Django's admin app with the office's site as `admin.site`."""

    default = False
    default_site = "cabinet.admin_site.OfficeSite"
