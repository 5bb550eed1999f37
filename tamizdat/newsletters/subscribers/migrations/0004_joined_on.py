from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0003_left_unseen'),
    ]

    # Empty is true of all rows that are there: they began on the day of their consent.
    operations = [
        migrations.AddField(
            model_name='subscription',
            name='joined_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='left',
            name='joined_on',
            field=models.DateField(null=True),
        ),
    ]
