from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_second_factor'),
    ]

    operations = [
        migrations.AddField(
            model_name='twopersonrequest',
            name='may_approve',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
