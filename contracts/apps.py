"""What clients hold: contracts, and the people who supervise them."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    """What clients hold: contracts, and the people who supervise them."""

    name = "contracts"
    verbose_name = "Договоры и специалисты"
