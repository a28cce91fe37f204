"""Gives the messages of earlier versions an addressee, a deadline and their secret addresses."""

import datetime

from django.db import migrations
from django.utils import timezone

from messaging.models import new_token


def fill(apps, schema_editor):
    Message = apps.get_model("messaging", "Message")
    Delivery = apps.get_model("messaging", "Delivery")
    # The branch's common address is no longer a step of the rule.
    Delivery.objects.filter(rule="branch").update(rule="topic")
    for message in Message.objects.select_related("topic").iterator():
        delivery = Delivery.objects.filter(message=message).order_by("-pk").first()
        message.to = delivery.to if delivery else message.topic.email
        message.rule = delivery.rule if delivery else "topic"
        message.specialist_id = delivery.specialist_id if delivery else None
        message.deputy_for_id = delivery.deputy_for_id if delivery else None
        message.deputy_until = delivery.deputy_until if delivery else None
        days = datetime.timedelta(days=message.topic.answer_days)
        message.remind_on = message.due_on = timezone.localdate(message.sent_at) + days
        # They were answered by telephone and by mail, outside the portal: nobody is reminded of
        # them, and those whose time has passed are closed. The client may open them again.
        message.reminded_at = message.escalated_at = timezone.now()
        if message.due_on < timezone.localdate():
            message.state, message.closed_at = "closed", timezone.now()
        message.staff_token, message.client_token = new_token(), new_token()
        message.save()


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_cases")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
