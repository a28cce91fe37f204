"""Points may exchange numbers, registers zones, and a meter's replacement its day in one package.

Numbers and zones: built beside the former index, so that pages go on meanwhile. Days: the table of
installations is closed twice, each time while an index is built, about a second for 150,000 rows;
whoever comes meanwhile waits so long.
"""

from cabinet.deferring import MakeDeferrable
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import migrations, models

DAYS = models.Func(
    models.F("installed_on"), models.F("removed_on"), models.Value("[)"), function="daterange"
)


def one_installation(what, message):
    return ExclusionConstraint(
        name=f"one_installation_of_a_{what}",
        expressions=[(models.F(what), "="), (DAYS, "&&")],
        deferrable=models.Deferrable.IMMEDIATE,
        violation_error_message=message,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("meters", "0011_earlier_rejections_are_noted")]

    operations = [
        MakeDeferrable(
            model_name="meteringpoint",
            constraint=models.UniqueConstraint(
                fields=["contract", "number"],
                name="point_number_in_contract",
                violation_error_message="Точка с таким номером в договоре уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        MakeDeferrable(
            model_name="register",
            constraint=models.UniqueConstraint(
                fields=["meter", "energy", "zone"],
                name="register_once",
                violation_error_message="Такая шкала у прибора уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        MakeDeferrable(
            model_name="installation",
            constraint=one_installation("point", "На точке в эти дни уже стоит прибор."),
        ),
        MakeDeferrable(
            model_name="installation",
            constraint=one_installation("meter", "Этот прибор в эти дни стоит на другой точке."),
        ),
    ]
