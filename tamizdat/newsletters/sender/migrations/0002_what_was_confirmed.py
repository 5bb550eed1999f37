from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sender', '0001_sendings_deliveries'),
    ]

    operations = [
        migrations.AddField(
            model_name='sending',
            name='confirmed',
            field=models.JSONField(default=dict),
        ),
    ]
