"""Contracts may exchange numbers in one package, terms of leaves and assignments may move together.

Numbers: built beside the former index, so that pages go on meanwhile. Terms: each table is closed
while its index is built, a second for a hundred thousand rows.
"""

from cabinet.deferring import MakeDeferrable
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import migrations, models

DAYS = models.Func(
    models.F("starts_on"), models.F("ends_on"), models.Value("[]"), function="daterange"
)


def one_holder(owner):
    return ExclusionConstraint(
        name=f"one_holder_of_a_topic_of_a_{owner}",
        expressions=[(models.F(owner), "="), (models.F("topic"), "="), (DAYS, "&&")],
        condition=models.Q(**{f"{owner}__isnull": False}),
        deferrable=models.Deferrable.IMMEDIATE,
        violation_error_message="В эти дни тема уже закреплена за другим специалистом.",
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contracts", "0007_constraints_have_their_words")]

    operations = [
        MakeDeferrable(
            model_name="contract",
            constraint=models.UniqueConstraint(
                fields=["number"],
                name="contract_number_once",
                violation_error_message="Договор с таким номером уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        migrations.AlterField(
            model_name="contract",
            name="number",
            field=models.CharField(max_length=40, verbose_name="номер"),
        ),
        MakeDeferrable(
            model_name="leave",
            constraint=ExclusionConstraint(
                name="one_leave_at_a_time",
                expressions=[(models.F("specialist"), "="), (DAYS, "&&")],
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="На эти дни отсутствие уже записано.",
            ),
        ),
        MakeDeferrable(model_name="assignment", constraint=one_holder("contract")),
        MakeDeferrable(model_name="assignment", constraint=one_holder("branch")),
    ]
