"""Triggers that keep the books from being changed (tamizdat.contributions.money.guarding)."""

from django.db import migrations

from tamizdat.contributions.money import guarding


def lay(apps, schema_editor):
    if schema_editor.connection.alias == "people":
        guarding.lay(schema_editor.connection)


def lift(apps, schema_editor):
    if schema_editor.connection.alias == "people":
        guarding.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("money", "0001_contributions_payments_books")]
    # The hint tells the router in which database the tables stand.
    operations = [migrations.RunPython(lay, lift, hints={"model_name": "posting"})]
