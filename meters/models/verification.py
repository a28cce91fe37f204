"""The register of verifications that the office looks at."""

from __future__ import annotations

from meters.models.points import Installation


class DueVerification(Installation):
    """A meter at its point of which something is to be verified soon, or is overdue.

    Which ones these are says `meters.verification.of_all`.
    """

    class Meta:
        """The same rows under a name of their own."""

        proxy = True
        verbose_name = "срок поверки"
        verbose_name_plural = "сроки поверки"
        default_permissions = ("view",)
