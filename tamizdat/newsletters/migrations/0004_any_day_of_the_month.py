import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletters", "0003_welcome_series"),
    ]

    operations = [
        migrations.AlterField(
            model_name="newsletter",
            name="month_day",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="For one that goes every month: 1 to 31. A shorter month has it on its "
                "last day.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(31),
                ],
                verbose_name="day of the month",
            ),
        ),
    ]
