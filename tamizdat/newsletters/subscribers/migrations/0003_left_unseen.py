from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0002_for_supporters'),
    ]

    operations = [
        migrations.AddField(
            model_name='left',
            name='is_shown',
            field=models.BooleanField(default=True),
        ),
    ]
