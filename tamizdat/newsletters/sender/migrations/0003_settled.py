"""A delivery's end is written when it is settled; until then it has none."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import F

UNSETTLED = ("ready", "claimed", "deferred")
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


def keep(apps, schema_editor):
    """Let what is not settled stay, and what is uncertain wait for an editor."""
    deliveries = _deliveries(apps, schema_editor)
    deliveries.filter(state__in=UNSETTLED).update(gone_at=None)
    deliveries.filter(state="uncertain").update(gone_at=F("gone_at") + (MONTH - WEEK))


def let_go(apps, schema_editor):
    """Give all an end again, counted from the beginning of their issue."""
    for sending in apps.get_model("sender", "Sending").objects.using(_alias(schema_editor)).all():
        ends = (sending.begun_at or sending.due_at) + WEEK
        mine = _deliveries(apps, schema_editor).filter(sending_id=sending.pk)
        mine.filter(state__in=(*UNSETTLED, "uncertain")).update(gone_at=ends)


def _deliveries(apps, schema_editor):
    return apps.get_model("sender", "Delivery").objects.using(_alias(schema_editor))


def _alias(schema_editor):
    return schema_editor.connection.alias


class Migration(migrations.Migration):
    dependencies = [("sender", "0002_what_was_confirmed")]

    operations = [
        migrations.AddField("delivery", "tried_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField("delivery", "gone_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(keep, let_go, hints={"model_name": "delivery"}),
        migrations.AddIndex(
            "delivery",
            models.Index(
                condition=models.Q(("gone_at__isnull", False)),
                fields=["gone_at"],
                name="deliveries_going",
            ),
        ),
    ]
